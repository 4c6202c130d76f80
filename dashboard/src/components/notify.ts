import { notifications } from "@mantine/notifications";

/** Says that something was done; it goes away by itself. */
export const done = (message: string) =>
  notifications.show({ message, autoClose: 3000, withBorder: true });
