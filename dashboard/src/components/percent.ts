/** Percentages are fractions in the API ("0.05") and percent on screen ("5"). Digits are moved, never computed. */

const DECIMAL = /^-?\d+(\.\d+)?$/;

function shift(text: string, places: number): string {
  const trimmed = text.trim();
  if (!DECIMAL.test(trimmed)) return trimmed;
  const negative = trimmed.startsWith("-");
  const [whole = "0", part = ""] = trimmed.replace("-", "").split(".");
  const point = whole.length + places;
  const digits = whole + part;
  const padded =
    point <= 0
      ? "0".repeat(1 - point) + digits
      : digits.padEnd(point, "0");
  const at = Math.max(point, 1);
  const left = padded.slice(0, at).replace(/^0+(?=\d)/, "");
  const right = padded.slice(at).replace(/0+$/, "");
  const value = right ? `${left}.${right}` : left;
  return negative && value !== "0" ? `-${value}` : value;
}

/** "5" -> "0.05" */
export const toFraction = (percent: string) => shift(percent, -2);

/** "0.05" -> "5" */
export const toPercent = (fraction: string) => shift(fraction, 2);
