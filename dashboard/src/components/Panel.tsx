import { Group, Title } from "@mantine/core";
import { useId, type ReactNode } from "react";

type Props = { title?: string; actions?: ReactNode; children: ReactNode; flush?: boolean };

/** A titled part of a page; `flush` lets a table reach its edges. */
export function Panel({ title, actions, children, flush }: Props) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={title ? id : undefined}>
      {title && (
        <header>
          <Title order={2} id={id}>
            {title}
          </Title>
          {actions && <Group gap="xs">{actions}</Group>}
        </header>
      )}
      <div className={flush ? undefined : "panel-body"}>{children}</div>
    </section>
  );
}
