import { useRef, type FocusEvent, type KeyboardEvent } from "react";

/** Sent to an item to open (true) or close (false) it. */
export const OPEN_EVENT = "tree:open";

const ITEM = '[role="treeitem"]';

type Deeds = {
  /** Enter. */
  onEnter: (id: string) => void;
  /** The menu key, or Shift and F10. */
  onMenu: (row: HTMLElement) => void;
};

/**
 * The keyboard of a tree (WAI-ARIA practices): arrows, Home, End, Enter, Space to choose, the menu
 * key, the first letters of a name, and * for all at one level. Works on what is on screen, so that
 * levels may come later.
 */
export function useTreeKeys({ onEnter, onMenu }: Deeds) {
  const typed = useRef({ text: "", at: 0 });

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    const tree = event.currentTarget;
    const here = (event.target as HTMLElement).closest<HTMLElement>(ITEM);
    if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = Array.from(tree.querySelectorAll<HTMLElement>(ITEM));
    const at = items.indexOf(here);
    const expanded = here.getAttribute("aria-expanded");
    const above = itemAbove(here);
    switch (event.key) {
      case "ArrowDown":
        items[at + 1]?.focus();
        break;
      case "ArrowUp":
        items[at - 1]?.focus();
        break;
      case "ArrowRight":
        if (expanded === "false") open(here, true);
        else if (expanded === "true") items[at + 1]?.focus();
        break;
      case "ArrowLeft":
        if (expanded === "true") open(here, false);
        else above?.focus();
        break;
      case "Home":
        items[0]?.focus();
        break;
      case "End":
        items.at(-1)?.focus();
        break;
      case "Enter":
        if (here.dataset.id) onEnter(here.dataset.id);
        else here.click();
        break;
      case " ":
        here.click();
        break;
      case "F10":
      case "ContextMenu":
        if (!here.dataset.id || (event.key === "F10" && !event.shiftKey)) return;
        onMenu(here);
        break;
      case "*":
        for (const item of items) {
          const sibling = item.closest("ul") === here.closest("ul");
          if (sibling && item.getAttribute("aria-expanded") === "false") open(item, true);
        }
        break;
      default:
        if (event.key.length !== 1 || !typeAhead(event.key, items, at)) return;
    }
    event.preventDefault();
  }

  function typeAhead(key: string, items: HTMLElement[], at: number): boolean {
    const now = performance.now();
    const text = (now - typed.current.at < 700 ? typed.current.text : "") + key.toLowerCase();
    typed.current = { text, at: now };
    const from = text.length === 1 ? at + 1 : at;
    const order = [...items.slice(from), ...items.slice(0, from)];
    const match = order.find((item) => item.dataset.name?.toLowerCase().startsWith(text));
    match?.focus();
    return match !== undefined;
  }

  /** Tab comes back to the item that was visited last. */
  function onFocus(event: FocusEvent<HTMLElement>) {
    const here = (event.target as HTMLElement).closest<HTMLElement>(ITEM);
    if (!here) return;
    for (const item of event.currentTarget.querySelectorAll<HTMLElement>(ITEM)) item.tabIndex = -1;
    here.tabIndex = 0;
  }

  return { onKeyDown, onFocus };
}

/** The item whose group this one is in. */
const itemAbove = (item: HTMLElement) =>
  item.closest('[role="group"]')?.previousElementSibling as HTMLElement | null | undefined;

const open = (item: HTMLElement, value: boolean) =>
  item.dispatchEvent(new CustomEvent(OPEN_EVENT, { detail: value }));
