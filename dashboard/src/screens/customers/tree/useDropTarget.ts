import { useRef, type DragEvent } from "react";

const OPENS_AFTER = 700;

type Target = {
  allows: (element: HTMLElement) => boolean;
  onDrop: () => void;
  /** After the pointer has rested on it for a moment. */
  onRest?: () => void;
};

/** What makes an element take a dragged customer; `data-drop` marks it while it would. */
export function useDropTarget({ allows, onDrop, onRest }: Target) {
  const rest = useRef<number | undefined>(undefined);

  function leave(element: HTMLElement) {
    window.clearTimeout(rest.current);
    delete element.dataset.drop;
  }

  function over(event: DragEvent<HTMLElement>) {
    const element = event.currentTarget;
    if (!allows(element)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    if (element.dataset.drop) return;
    element.dataset.drop = "here";
    rest.current = window.setTimeout(() => onRest?.(), OPENS_AFTER);
  }

  return {
    onDragEnter: over,
    onDragOver: over,
    onDragLeave(event: DragEvent<HTMLElement>) {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) leave(event.currentTarget);
    },
    onDrop(event: DragEvent<HTMLElement>) {
      event.preventDefault();
      leave(event.currentTarget);
      onDrop();
    },
  };
}
