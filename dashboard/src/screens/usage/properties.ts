import type { Pair } from "../../components/KeyValues";

/** {"region": "eu", "tokens": 12} -> "region=eu tokens=12" */
export const propertiesText = (properties: Record<string, unknown>): string =>
  Object.entries(properties)
    .map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(" ");

/**
 * What was typed, as event properties: true and false are truth values; all else stays the text it
 * is, which keeps every digit, and numbers are summed from text just as well.
 */
export function propertiesOf(pairs: Pair[]): Record<string, unknown> {
  const named = pairs.filter(({ key }) => key.trim());
  return Object.fromEntries(
    named.map(({ key, value }) => [key.trim(), value === "true" ? true : value === "false" ? false : value]),
  );
}
