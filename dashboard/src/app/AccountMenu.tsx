import { ActionIcon, Menu } from "@mantine/core";
import { IconLogout, IconUserCircle } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";

import { session, signOut } from "../api/account";
import { useSubmission } from "../api/submission";

export function AccountMenu({ email }: { email: string }) {
  const client = useQueryClient();
  const leaving = useSubmission<null, unknown>(signOut, () => {
    // The shell watches the session, so that entry stays; all else is forgotten.
    client.setQueryData(session.queryKey, null);
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
  });
  return (
    <Menu position="bottom-end" shadow="md" width={230}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Account">
          <IconUserCircle size={20} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{email}</Menu.Label>
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => leaving.mutate(null)}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
