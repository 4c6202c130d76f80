import {
  IconActivity,
  IconArmchair,
  IconBox,
  IconCalendarRepeat,
  IconFileInvoice,
  IconListCheck,
  IconSettings,
  IconUsers,
  type Icon,
} from "@tabler/icons-react";

export type PageLink = { title: string; to: string; icon: Icon; group?: string };

/** The screens, in the order of the sidebar. */
export const PAGES: PageLink[] = [
  { title: "Customers", to: "/customers", icon: IconUsers },
  { title: "Products", to: "/products", icon: IconBox },
  { title: "Usage", to: "/usage", icon: IconActivity },
  { title: "Seats", to: "/seats", icon: IconArmchair },
  { title: "Schedules", to: "/billing/schedules", icon: IconCalendarRepeat, group: "Billing" },
  { title: "Invoices", to: "/billing/invoices", icon: IconFileInvoice, group: "Billing" },
  { title: "Billing runs", to: "/billing/runs", icon: IconListCheck, group: "Billing" },
  { title: "Settings", to: "/settings", icon: IconSettings },
];
