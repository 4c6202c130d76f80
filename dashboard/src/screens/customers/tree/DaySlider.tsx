import { ActionIcon, Tooltip } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useMemo, useState, type KeyboardEvent, type PointerEvent } from "react";

import { dayText, monthText, nextDay } from "../../../components/format";
import "./days.css";
import { dayNumber, dayScale, neighbours, ticks } from "./dayScale";

type Props = {
  /** Days on which something moves, in order. */
  marks: readonly string[];
  today: string;
  value: string;
  onChange: (day: string) => void;
};

/** How near (of the whole width) the pointer must come to a mark to be drawn to it. */
const NEAR = 0.008;
const TICK_WIDTH = 76;

/** A day, chosen by pointer or keyboard, with the days that are worth stopping at. */
export function DaySlider({ marks, today, value, onChange }: Props) {
  const [pulled, setPulled] = useState<string | null>(null);
  const { ref, width } = useElementSize();
  const scale = useMemo(() => dayScale(marks, today, value), [marks, today, value]);
  const stops = useMemo(() => [...new Set([...marks, today])].sort(), [marks, today]);
  const day = pulled ?? value;
  const [before, after] = neighbours(stops, day);

  function dayAt({ clientX, currentTarget }: PointerEvent<HTMLDivElement>): string {
    const box = currentTarget.getBoundingClientRect();
    const place = Math.min(1, Math.max(0, (clientX - box.left) / box.width));
    const near = stops.find((stop) => Math.abs(scale.place(stop) - place) < NEAR);
    return near ?? scale.day(place);
  }

  function onKeyDown(event: KeyboardEvent) {
    const goal = keyed(event.key, day, event.shiftKey ? [before, after] : undefined, scale);
    if (goal === undefined) return;
    event.preventDefault();
    onChange(goal < scale.first ? scale.first : goal > scale.last ? scale.last : goal);
  }

  const pointer = {
    onPointerDown(event: PointerEvent<HTMLDivElement>) {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      setPulled(dayAt(event));
    },
    onPointerMove(event: PointerEvent<HTMLDivElement>) {
      if (pulled !== null) setPulled(dayAt(event));
    },
    onPointerUp() {
      if (pulled !== null) onChange(pulled);
      setPulled(null);
    },
    onPointerCancel: () => setPulled(null),
  };

  return (
    <div className="day-slider">
      <Jump name="Previous move" to={before} onGo={onChange} />
      <div className="day-track" ref={ref} {...pointer}>
        <div className="day-rail" />
        {marks.map((mark) => (
          <span key={mark} className="day-mark" style={at(scale.place(mark))} title={`Moves on ${dayText(mark)}`} />
        ))}
        <span className="day-today" style={at(scale.place(today))} title="Today" />
        {ticks(scale, TICK_WIDTH / (width || 1)).map((tick) => (
          <span key={tick} className="day-tick" style={at(scale.place(tick))}>
            {tick.endsWith("-01-01") ? tick.slice(0, 4) : monthText(`${tick}T00:00:00Z`)}
          </span>
        ))}
        <div
          className="day-thumb"
          style={at(scale.place(day))}
          role="slider"
          tabIndex={0}
          aria-label="Tree as of"
          aria-valuemin={dayNumber(scale.first)}
          aria-valuemax={dayNumber(scale.last)}
          aria-valuenow={dayNumber(day)}
          aria-valuetext={dayText(day)}
          onKeyDown={onKeyDown}
        >
          {pulled !== null && <span className="day-bubble">{dayText(pulled)}</span>}
        </div>
      </div>
      <Jump name="Next move" to={after} onGo={onChange} />
    </div>
  );
}

const at = (place: number) => ({ left: `${place * 100}%` });

type JumpProps = { name: string; to: string | undefined; onGo: (day: string) => void };

function Jump({ name, to, onGo }: JumpProps) {
  const Icon = name.startsWith("Next") ? IconChevronRight : IconChevronLeft;
  return (
    <Tooltip label={to ? `${name}: ${dayText(to)}` : "No more moves"}>
      <ActionIcon variant="default" aria-label={name} disabled={!to} onClick={() => to && onGo(to)}>
        <Icon size={16} />
      </ActionIcon>
    </Tooltip>
  );
}

type Ends = { first: string; last: string };

/** Where a key leads: arrows by days (with Shift to the next move), pages by months. */
function keyed(key: string, day: string, jumps: [string?, string?] | undefined, { first, last }: Ends) {
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return jumps ? jumps[0] : nextDay(day, -1);
    case "ArrowRight":
    case "ArrowUp":
      return jumps ? jumps[1] : nextDay(day, 1);
    case "PageDown":
      return nextDay(day, -30);
    case "PageUp":
      return nextDay(day, 30);
    case "Home":
      return first;
    case "End":
      return last;
    default:
      return undefined;
  }
}
