import type { FocusEvent } from "react";

/**
 * Keeps the focus where it is in a dialog or a menu that has just come. Mantine's trap focuses the element that is
 * marked, or else the first, twice: the second time late enough for a key or a click between. So the mark goes along
 * with the focus, and the second time nothing changes.
 */
export function markFocused({ currentTarget, target }: FocusEvent<HTMLElement>) {
  if (!currentTarget.contains(target)) return; // a list that belongs to it, drawn elsewhere
  for (const old of currentTarget.querySelectorAll("[data-autofocus]")) old.removeAttribute("data-autofocus");
  target.setAttribute("data-autofocus", "true");
}
