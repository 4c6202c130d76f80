import { ActionIcon, AppShell, Burger, Group, Kbd, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { Link, Navigate, Outlet, useLocation } from "react-router";

import { session } from "../api/account";
import { ProblemAlert } from "../components/Problem";
import { useParam } from "../components/useFilters";
import { AccountMenu } from "./AccountMenu";
import { AddNew } from "./AddNew";
import { ColourSwitch } from "./ColourSwitch";
import { Mark } from "./Mark";
import { openSearch, Search } from "./Search";
import { Sidebar } from "./Sidebar";

const NewDrawer = lazy(() => import("./NewDrawer"));

/** What surrounds every screen; whoever is not signed in is sent to do so first. */
export function Shell() {
  const who = useQuery(session);
  const location = useLocation();
  const [opened, menu] = useDisclosure(false);
  const [adding] = useParam("new");
  const { close } = menu;
  useEffect(close, [location.pathname, close]);

  if (who.isPending) return null;
  if (who.error) {
    return (
      <div style={{ maxWidth: 520, margin: "15vh auto", padding: 16 }}>
        <ProblemAlert error={who.error} onRetry={() => void who.refetch()} />
      </div>
    );
  }
  if (!who.data) {
    const next = location.pathname + location.search;
    return <Navigate to={`/sign-in?next=${encodeURIComponent(next)}`} replace />;
  }
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 216, breakpoint: "sm", collapsed: { mobile: !opened } }}
      padding={{ base: "sm", sm: "lg" }}
      transitionDuration={0}
    >
      <a href="#main" className="skip-link">
        Skip to content
      </a>
      <AppShell.Header>
        <Group h="100%" px={{ base: "sm", sm: "md" }} justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={menu.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={opened ? "Close navigation" : "Open navigation"}
            />
            <UnstyledButton component={Link} to="/customers" aria-label="Catchment, start">
              <Mark />
            </UnstyledButton>
            <Text size="sm" c="dimmed" visibleFrom="md" truncate maw={220}>
              {who.data.workspaceName}
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <UnstyledButton onClick={openSearch} className="search-button" visibleFrom="sm">
              <IconSearch size={15} aria-hidden />
              <span>Search</span>
              <Kbd size="xs">Ctrl K</Kbd>
            </UnstyledButton>
            <ActionIcon
              hiddenFrom="sm"
              variant="subtle"
              color="gray"
              size="lg"
              onClick={openSearch}
              aria-label="Search"
            >
              <IconSearch size={18} />
            </ActionIcon>
            <AddNew />
            <ColourSwitch />
            <AccountMenu email={who.data.user.email} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label="Main">
        <Sidebar />
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} style={{ outline: "none" }}>
        <div style={{ maxWidth: 1480, margin: "0 auto" }}>
          <Outlet />
        </div>
      </AppShell.Main>
      <Search />
      {adding && (
        <Suspense>
          <NewDrawer kind={adding} />
        </Suspense>
      )}
    </AppShell>
  );
}
