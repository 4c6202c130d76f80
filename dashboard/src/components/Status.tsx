import { words } from "./format";

type Tone = "good" | "bad" | "warn" | "accent" | "hollow" | "quiet";

const TONES: Record<string, Tone> = {
  ACTIVE: "good",
  PAID: "good",
  SENT: "good",
  FINAL: "good",
  BALANCED: "good",
  UNBALANCED: "bad",
  RUNNING: "accent",
  PENDING: "accent",
  IN_PROGRESS: "accent",
  PARTIALLY_PAID: "accent",
  DRAFT: "hollow",
  FAILED: "bad",
  SUSPENDED: "warn",
  UNCOLLECTIBLE: "warn",
  UNPAID: "warn",
};

const NAMES: Record<string, string> = {
  PENDING: "Upcoming",
  IN_PROGRESS: "Upcoming",
  FINAL: "Finalized",
  UNBALANCED: "Out of balance",
};

export const statusName = (value: string) => NAMES[value] ?? words(value);

/** A state as a word, with a dot for the eye that scans a column. */
export function Status({ value }: { value: string }) {
  return (
    <span className="status" data-tone={TONES[value] ?? "quiet"}>
      {statusName(value)}
    </span>
  );
}
