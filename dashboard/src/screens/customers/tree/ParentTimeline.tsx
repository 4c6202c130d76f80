import { Anchor, Switch, Text, Title } from "@mantine/core";
import { useState } from "react";

import type { ParentLink } from "../../../api/types";
import { dayText, momentText, nextDay, plural } from "../../../components/format";
import { useTree } from "./useExplorer";

const BEGINNING = "1970-01-01";

/** Where a customer stood, the last place first; a day shows the tree as of then. */
export function ParentTimeline({ links }: { links: ParentLink[] }) {
  const [all, setAll] = useState(false);
  const replaced = links.filter(({ supersededAt }) => supersededAt).length;
  const shown = links.filter(({ supersededAt }) => all || !supersededAt).reverse();
  const first = links.find(({ supersededAt }) => !supersededAt)?.effectiveFrom.slice(0, 10);
  return (
    <section aria-label="Where it stood">
      <Title order={3} mb={6}>
        Where it stood
      </Title>
      {links.length === 0 ? (
        <Text size="sm" c="dimmed">
          Always at the top.
        </Text>
      ) : (
        <ol className="timeline">
          {shown.map((link) => (
            <Stay key={link.id} link={link} />
          ))}
          {first && first > BEGINNING && <Before day={first} />}
        </ol>
      )}
      {replaced > 0 && (
        <Switch
          mt="sm"
          size="xs"
          checked={all}
          onChange={(event) => setAll(event.currentTarget.checked)}
          label={`Show what was replaced (${plural(replaced, "entry", "entries")})`}
        />
      )}
    </section>
  );
}

/** No link tells of the time before the first one. */
function Before({ day: end }: { day: string }) {
  const { day, show } = useTree();
  const current = day < end;
  return (
    <li data-current={current || undefined}>
      <Text size="sm" fw={current ? 600 : 450}>
        At the top
      </Text>
      <Text size="xs">
        until{" "}
        <Anchor component="button" type="button" size="xs" onClick={() => show(nextDay(end, -1))}>
          {dayText(end)}
        </Anchor>
      </Text>
    </li>
  );
}

function Stay({ link }: { link: ParentLink }) {
  const tree = useTree();
  const { parentId, parentName, effectiveFrom, effectiveTo, recordedAt, reason, supersededAt } = link;
  const [from, to] = [effectiveFrom.slice(0, 10), effectiveTo?.slice(0, 10)];
  const current = !supersededAt && from <= tree.day && (!to || tree.day < to);
  return (
    <li data-current={current || undefined} data-replaced={supersededAt ? true : undefined}>
      <Text size="sm" fw={current ? 600 : 450}>
        {parentId ? (
          <Anchor component="button" type="button" size="sm" inherit onClick={() => tree.choose(parentId)}>
            {parentName ?? parentId}
          </Anchor>
        ) : (
          "At the top"
        )}
      </Text>
      <Text size="xs">
        {from === BEGINNING ? (
          "always"
        ) : (
          <Anchor component="button" type="button" size="xs" onClick={() => tree.show(from)}>
            {dayText(from)}
          </Anchor>
        )}
        {to ? ` until ${dayText(to)}` : from === BEGINNING ? "" : " on"}
      </Text>
      {reason && <Text size="xs">“{reason}”</Text>}
      <Text size="xs" c="dimmed">
        {supersededAt ? `replaced ${momentText(supersededAt)}` : `recorded ${momentText(recordedAt)}`}
      </Text>
    </li>
  );
}
