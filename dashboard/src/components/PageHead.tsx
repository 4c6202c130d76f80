import { Anchor, Breadcrumbs, Group, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Link } from "react-router";

export type Crumb = { title: string; to: string };
type Props = { title: string; crumbs?: Crumb[]; status?: ReactNode; actions?: ReactNode };

export function PageHead({ title, crumbs = [], status, actions }: Props) {
  useDocumentTitle(`${title} · Catchment`);
  return (
    <div>
      {crumbs.length > 0 && (
        <nav aria-label="Breadcrumbs">
          <Breadcrumbs separator="/" mb={4} style={{ flexWrap: "wrap" }}>
            {crumbs.map((crumb) => (
              <Anchor key={crumb.to} component={Link} to={crumb.to} size="sm">
                {crumb.title}
              </Anchor>
            ))}
          </Breadcrumbs>
        </nav>
      )}
      <Group justify="space-between" align="center" gap="sm">
        <Group gap="md">
          <Title order={1}>{title}</Title>
          {status}
        </Group>
        {actions && (
          <Group gap="xs" className="no-print">
            {actions}
          </Group>
        )}
      </Group>
    </div>
  );
}
