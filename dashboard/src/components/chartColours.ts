/** Colours that a chart draws with; the style sheet's variables do not reach into it. */
export const CHART_COLOURS = {
  light: { bar: "#21758d", text: "#56616d", line: "#e1e6ea", ground: "#ffffff", strong: "#17212b" },
  dark: { bar: "#3d8da4", text: "#9aa7b2", line: "#27323b", ground: "#1a2229", strong: "#e3e9ee" },
};

/** Branches beside each other; white text reads on all of them. */
export const BRANCH_COLOURS = [
  "#0f5f76",
  "#45528c",
  "#3f6b3c",
  "#7a5a1e",
  "#6d4a6b",
  "#8a4538",
  "#1f6f62",
  "#46586a",
];

/** What stands beside the branches: the customer itself, and the rest together. */
export const ASIDE_COLOURS = {
  light: { tile: "#dde4e9", text: "#17212b" },
  dark: { tile: "#33404a", text: "#e3e9ee" },
};

/** A shade of a colour such as "#0f5f76", towards black. */
export function darker(colour: string, by = 0.28): string {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) * (1 - by));
  return `#${parts.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}
