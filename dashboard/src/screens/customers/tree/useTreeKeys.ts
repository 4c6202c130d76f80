import { useRef, type KeyboardEvent } from "react";

import { parentRow, readRows, rowAt, type Level, type Row } from "./levels";

type Deeds = {
  /** Moves the focus to a row. */
  go: (at: number) => void;
  open: (id: string, value: boolean) => void;
  choose: (id: string) => void;
  /** Enter. */
  onEnter: (id: string) => void;
  /** The menu key, or Shift and F10. */
  onMenu: (element: HTMLElement) => void;
  /** How many rows PageUp and PageDown go. */
  perScreen: number;
};

/**
 * The keyboard of a tree (WAI-ARIA practices): arrows, Home, End, pages, Enter, Space to choose, the
 * menu key, the first letters of a name that is read, and * for all at one level that are read.
 */
export function useTreeKeys(top: Level, { go, open, choose, onEnter, onMenu, perScreen }: Deeds) {
  const typed = useRef({ text: "", at: 0 });

  return function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    const element = (event.target as HTMLElement).closest<HTMLElement>("[data-at]");
    if (!element || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = rowAt(top, Number(element.dataset.at));
    const { at, expanded, customer } = here;
    const last = top.rows - 1;
    const leads: Record<string, number | undefined> = {
      ArrowDown: Math.min(at + 1, last),
      ArrowUp: Math.max(at - 1, 0),
      PageDown: Math.min(at + perScreen, last),
      PageUp: Math.max(at - perScreen, 0),
      Home: 0,
      End: last,
      ArrowRight: expanded ? at + 1 : undefined,
      ArrowLeft: expanded ? undefined : parentRow(here.level)?.at,
    };
    const goal = leads[event.key];
    if (goal !== undefined) go(goal);
    else if (!act(event, here, element) && !(customer && isLetter(event.key) && typeAhead(event.key, here))) return;
    event.preventDefault();
  };

  function act({ key, shiftKey }: KeyboardEvent, { customer, expanded, level }: Row, element: HTMLElement): boolean {
    if (!customer) return key === " ";
    if (key === "ArrowRight" || key === "ArrowLeft") {
      if (expanded === (key === "ArrowLeft")) open(customer.id, key === "ArrowRight");
    } else if (key === "Enter") onEnter(customer.id);
    else if (key === " ") choose(customer.id);
    else if (key === "ContextMenu" || (key === "F10" && shiftKey)) onMenu(element);
    else if (key === "*") {
      for (const row of readRows(top)) {
        if (row.level === level && row.expanded === false && row.customer) open(row.customer.id, true);
      }
    } else return false;
    return true;
  }

  function typeAhead(key: string, { at }: Row): boolean {
    const now = performance.now();
    const text = (now - typed.current.at < 700 ? typed.current.text : "") + key.toLowerCase();
    typed.current = { text, at: now };
    const matches = [...readRows(top)].filter(({ customer }) => customer?.name.toLowerCase().startsWith(text));
    const from = text.length === 1 ? at + 1 : at;
    const match = matches.find((row) => row.at >= from) ?? matches[0];
    if (match) go(match.at);
    return match !== undefined;
  }
}

const isLetter = (key: string) => key.length === 1;
