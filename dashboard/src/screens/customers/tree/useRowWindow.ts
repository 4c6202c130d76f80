import { useEffect, useRef, useState, type UIEvent } from "react";

export const ROW_HEIGHT = 34;

/** Browsers end elements at about 17 million pixels; beyond this the list moves faster than the bar. */
const MOST_PIXELS = 12_000_000;
const OVERSCAN = 8;
const SETTLED_AFTER = 120;

type Extent = { top: number; height: number };

/**
 * The part of a list of rows of one height that is on screen, however long the list is.
 *
 * `seen` are the rows to draw, `read` those worth reading: while the bar is pulled far, none on the
 * way are.
 */
export function useRowWindow(count: number) {
  const [box, setBox] = useState<HTMLElement | null>(null);
  const [now, setNow] = useState<Extent>({ top: 0, height: 600 });
  const [rest, setRest] = useState<Extent>(now);
  const settling = useRef<number | undefined>(undefined);

  useEffect(() => {
    if (!box) return;
    const observer = new ResizeObserver(() => {
      const extent = { top: box.scrollTop, height: box.clientHeight };
      setNow(extent);
      setRest(extent);
    });
    observer.observe(box);
    return () => observer.disconnect();
  }, [box]);

  function onScroll(event: UIEvent<HTMLElement>) {
    const { scrollTop: top, clientHeight: height } = event.currentTarget;
    window.clearTimeout(settling.current);
    setNow({ top, height });
    if (Math.abs(top - rest.top) < 3 * height) setRest({ top, height });
    else settling.current = window.setTimeout(() => setRest({ top, height }), SETTLED_AFTER);
  }

  const full = count * ROW_HEIGHT;
  const drawn = Math.min(full, MOST_PIXELS);
  /** How many pixels the rows move for one of the bar. */
  const pace = (height: number) => (drawn < full ? (full - height) / (drawn - height) : 1);
  const range = ({ top, height }: Extent, more: number) => {
    const y = top * pace(height);
    const first = Math.max(0, Math.floor(y / ROW_HEIGHT) - more);
    return { first, end: Math.min(count, Math.ceil((y + height) / ROW_HEIGHT) + more) };
  };
  const shift = now.top - now.top * pace(now.height);

  /** Brings a row on screen: by the shortest way, or into the middle unless it is there. */
  function show(at: number, middle = false) {
    if (!box) return;
    const height = box.clientHeight;
    const y = box.scrollTop * pace(height);
    const nearest = Math.min(Math.max(y, (at + 1) * ROW_HEIGHT - height), at * ROW_HEIGHT);
    const goal = middle ? (at + 0.5) * ROW_HEIGHT - height / 2 : nearest;
    if (nearest !== y) box.scrollTo({ top: goal / pace(height) });
  }

  return {
    box,
    scrolled: { ref: setBox, onScroll },
    height: drawn,
    topOf: (at: number) => at * ROW_HEIGHT + shift,
    perScreen: Math.max(1, Math.floor(now.height / ROW_HEIGHT) - 1),
    seen: range(now, OVERSCAN),
    read: range(rest, 4 * OVERSCAN),
    show,
  };
}
