import { NavLink, Text } from "@mantine/core";
import { Fragment } from "react";
import { Link, useLocation } from "react-router";

import { PAGES } from "./pages";

export function Sidebar() {
  const { pathname } = useLocation();
  return (
    <>
      {PAGES.map(({ title, to, icon: Icon, group }, index) => {
        const active = pathname === to || pathname.startsWith(`${to}/`);
        const first = group !== undefined && PAGES[index - 1]?.group !== group;
        const last = PAGES[index - 1]?.group !== undefined && group === undefined;
        return (
          <Fragment key={to}>
            {first && (
              <Text size="xs" c="dimmed" fw={500} px={10} pt={14} pb={4}>
                {group}
              </Text>
            )}
            <NavLink
              component={Link}
              to={to}
              label={title}
              active={active}
              aria-current={active ? "page" : undefined}
              leftSection={<Icon size={17} stroke={1.6} aria-hidden />}
              mt={last ? 14 : 2}
              className="nav-link"
            />
          </Fragment>
        );
      })}
    </>
  );
}
