import type { LineItem, LineItemGroup } from "../../api/types";

export type GroupOfLines = { group: LineItemGroup | null; lines: LineItem[] };

const byIndex = (a: { index: number }, b: { index: number }) => a.index - b.index;

/** Lines below their group, both in their order; lines without a group come last. */
export function groupLines(groups: LineItemGroup[], lines: LineItem[]): GroupOfLines[] {
  const ordered = [...lines].sort(byIndex);
  const known = new Set(groups.map(({ id }) => id));
  const loose = ordered.filter(({ groupId }) => !groupId || !known.has(groupId));
  return [
    ...[...groups].sort(byIndex).map((group) => ({
      group,
      lines: ordered.filter(({ groupId }) => groupId === group.id),
    })),
    ...(loose.length ? [{ group: null, lines: loose }] : []),
  ];
}
