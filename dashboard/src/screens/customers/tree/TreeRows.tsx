import { Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";

import { ProblemAlert } from "../../../components/Problem";
import { readRows, rowAt, rowKey, rowOfKey, type Level } from "./levels";
import type { Branch } from "./matchingTree";
import { TreeRow } from "./TreeRow";
import { useTree } from "./useExplorer";
import { useHeldTree, useReading, type Rows } from "./useLevels";
import { useRowWindow } from "./useRowWindow";
import { useTreeKeys } from "./useTreeKeys";

type Props = {
  label: string;
  /** What a search found, instead of all there is. */
  branches?: Branch[];
  /** Which of them are matches. */
  hits?: ReadonlySet<string>;
  busy?: boolean;
};

/** The tree, however large: only the rows on screen are drawn, and read as they come there. */
export function TreeRows({ label, branches, hits, busy = false }: Props) {
  const tree = useTree();
  const navigate = useNavigate();
  const [view, setView] = useState(tree.view);
  /** The row that was visited last; it is drawn wherever it is, so that the focus stays on it. */
  const [active, setActive] = useState("");
  const [goal, setGoal] = useState<Goal | null>(null);
  const coming = useHeldTree(tree.view, tree.isOpen, branches);
  const shown = useHeldTree(view, tree.isOpen, branches);
  const top = view === tree.view ? coming : shown;
  const rows = useRowWindow(top.rows);
  const { error, retry } = useReading(coming, tree.view, tree.way, within(coming, rows.read));
  if (view !== tree.view && (error || isRead(coming, within(coming, rows.seen)))) {
    // The tree of another day takes the place of this one when it is there.
    setView(tree.view);
  }

  const go = (at: number) => {
    setActive(rowKey(rowAt(top, at)));
    setGoal({ at });
  };
  useFocus(goal, rows);
  useReveal(top, go, rows);
  const onKeyDown = useTreeKeys(top, {
    go,
    open: tree.open,
    choose: tree.choose,
    onEnter: (id) => void navigate(`/customers/${id}`),
    onMenu: askBelow,
    perScreen: rows.perScreen,
  });

  const focused = rowOfKey(top, active)?.at ?? 0;
  const drawn = new Set([focused]);
  for (let at = rows.seen.first; at < rows.seen.end; at++) drawn.add(at);
  return (
    <>
      {error && <ProblemAlert error={error} onRetry={retry} />}
      {top.rows === 0 && (
        <Text size="sm" c="dimmed" py="xs" px="sm">
          Nobody is here
        </Text>
      )}
      <div className="tree" {...rows.scrolled}>
        {/* eslint-disable-next-line jsx-a11y/interactive-supports-focus -- its rows have the focus */}
        <div
          role="tree"
          aria-label={label}
          aria-busy={busy || view !== tree.view}
          className="tree-rows"
          style={{ height: rows.height }}
          onKeyDown={onKeyDown}
        >
          {[...drawn]
            .filter((at) => at < top.rows)
            .sort((one, other) => one - other)
            .map((at) => {
              const row = rowAt(top, at);
              const key = rowKey(row);
              return (
                <TreeRow
                  key={key}
                  row={row}
                  top={rows.topOf(at)}
                  match={row.customer && hits?.has(row.customer.id)}
                  tabStop={at === focused}
                  onVisit={() => setActive(key)}
                />
              );
            })}
        </div>
      </div>
    </>
  );
}

type Goal = { at: number };
type Window = ReturnType<typeof useRowWindow>;

/** Moves the focus to a row that was not drawn before, and brings it on screen. */
function useFocus(goal: Goal | null, { box, show }: Window) {
  const reached = useRef<Goal | null>(null);
  useEffect(() => {
    if (!goal || !box || reached.current === goal) return;
    reached.current = goal;
    box.querySelector<HTMLElement>(`[data-at="${goal.at}"]`)?.focus({ preventScroll: true });
    show(goal.at);
    box.scrollIntoView({ block: "nearest" });
  });
}

/** Brings the chosen customer on screen once its place is known, on every day that is shown. */
function useReveal(top: Level, go: (at: number) => void, { box, show }: Window) {
  const { chosen, view } = useTree();
  const revealed = useRef("");
  const wanted = chosen ? JSON.stringify([chosen, view]) : "";
  useEffect(() => {
    if (!wanted || !box || revealed.current === wanted) return;
    const row = [...readRows(top)].find(({ customer }) => customer?.id === chosen);
    if (!row) return;
    revealed.current = wanted;
    // After a move the row that had the focus is gone, and this one stands for it.
    if (document.activeElement === document.body) go(row.at);
    show(row.at, true);
  });
}

/** Asks for the menu of a row where the pointer would have. */
function askBelow(element: HTMLElement) {
  const { left, bottom } = element.getBoundingClientRect();
  const place = { clientX: left + 40, clientY: bottom };
  element.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true, ...place }));
}

/** As many rows, from where there are any. */
function within(top: Level, { first, end }: Rows): Rows {
  const from = Math.max(0, Math.min(first, top.rows - (end - first)));
  return { first: from, end: Math.min(top.rows, from + end - first) };
}

function isRead(top: Level, { first, end }: Rows): boolean {
  for (let at = first; at < end; at++) if (!rowAt(top, at).customer) return false;
  return true;
}
