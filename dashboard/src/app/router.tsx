import { createBrowserRouter, Navigate, type RouteObject } from "react-router";

import { RouteProblem } from "./RouteProblem";
import { Shell } from "./Shell";

/** A screen, loaded when it is first gone to. */
function screen(path: string, load: () => Promise<{ default: React.ComponentType }>): RouteObject {
  return { path, lazy: async () => ({ Component: (await load()).default }) };
}

export const router = createBrowserRouter([
  {
    path: "/sign-in",
    lazy: async () => ({ Component: (await import("../screens/session/SignIn")).default }),
    HydrateFallback: () => null,
  },
  {
    path: "/",
    element: <Shell />,
    HydrateFallback: () => null,
    children: [
      {
        errorElement: <RouteProblem />,
        children: [
          { index: true, element: <Navigate to="/customers" replace /> },
          screen("customers", () => import("../screens/customers/CustomersScreen")),
          screen("customers/import", () => import("../screens/customers/import/ImportScreen")),
          screen("customers/:id", () => import("../screens/customers/CustomerScreen")),
          screen("customers/:id/statements/:invoiceId", () =>
            import("../screens/statements/StatementScreen"),
          ),
          screen("products", () => import("../screens/products/ProductsScreen")),
          screen("products/:id", () => import("../screens/products/ProductScreen")),
          { path: "usage", element: <Navigate to="/usage/events" replace /> },
          screen("usage/backfill", () => import("../screens/usage/backfill/BackfillScreen")),
          screen("usage/:tab", () => import("../screens/usage/UsageScreen")),
          { path: "seats", element: <Navigate to="/seats/balances" replace /> },
          screen("seats/:tab", () => import("../screens/seats/SeatsScreen")),
          { path: "billing", element: <Navigate to="/billing/schedules" replace /> },
          screen("billing/schedules", () => import("../screens/schedules/SchedulesScreen")),
          screen("billing/schedules/new", () => import("../screens/schedules/NewScheduleScreen")),
          screen("billing/schedules/:id", () => import("../screens/schedules/ScheduleScreen")),
          screen("billing/schedules/:id/edit", () => import("../screens/schedules/EditScheduleScreen")),
          screen("billing/invoices", () => import("../screens/invoices/InvoicesScreen")),
          screen("billing/invoices/:id", () => import("../screens/invoices/InvoiceScreen")),
          screen("billing/runs", () => import("../screens/runs/RunsScreen")),
          screen("billing/runs/:id", () => import("../screens/runs/RunScreen")),
          screen("settings", () => import("../screens/settings/SettingsScreen")),
          screen("settings/:tab", () => import("../screens/settings/SettingsScreen")),
          { path: "*", element: <RouteProblem /> },
        ],
      },
    ],
  },
]);
