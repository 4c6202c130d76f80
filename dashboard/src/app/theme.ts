import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

import { markFocused } from "./markFocused";

/** Deep teal, the one accent colour. */
const tide: MantineColorsTuple = [
  "#eef6f8",
  "#d8eaef",
  "#b0d4de",
  "#86bccc",
  "#62a6ba",
  "#3d8da4",
  "#21758d",
  "#0f5f76",
  "#0b4d61",
  "#083c4d",
];

/** Greys that lean towards the accent, for the dark scheme. */
const dark: MantineColorsTuple = [
  "#e3e9ee",
  "#c3ccd4",
  "#9aa7b2",
  "#7d8b97",
  "#33404a",
  "#27323b",
  "#1d262d",
  "#151d23",
  "#10171c",
  "#0a0f12",
];

const fontFamily =
  'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", sans-serif';
const monospace = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace';

const input = { defaultProps: { size: "sm" } };
// Reachable by keyboard, which it is not by default.
const clearButton = { "aria-label": "Clear selection", "aria-hidden": false, tabIndex: 0 };
// A dialog's heading is no banner of the page.
const dialogParts = { header: { role: "none" } };
// The mark of a required field is drawn in CSS, so that labels read the same to every tool.
const wrapper = { defaultProps: { withAsterisk: false } };

export const theme = createTheme({
  primaryColor: "tide",
  primaryShade: { light: 7, dark: 6 },
  colors: { tide, dark },
  fontFamily,
  fontFamilyMonospace: monospace,
  defaultRadius: 6,
  cursorType: "pointer",
  respectReducedMotion: true,
  fontSizes: { xs: "0.75rem", sm: "0.8438rem", md: "0.9375rem", lg: "1.0625rem", xl: "1.25rem" },
  headings: {
    fontFamily,
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.375rem", lineHeight: "1.3" },
      h2: { fontSize: "0.9375rem", lineHeight: "1.4" },
      h3: { fontSize: "0.875rem", lineHeight: "1.4" },
    },
  },
  components: {
    InputWrapper: wrapper,
    TextInput: input,
    Select: {
      defaultProps: { size: "sm", comboboxProps: { shadow: "md" }, clearButtonProps: clearButton },
    },
    MultiSelect: { defaultProps: { size: "sm", clearButtonProps: clearButton } },
    Textarea: input,
    NumberInput: input,
    PasswordInput: input,
    TagsInput: input,
    Button: { defaultProps: { size: "sm" } },
    Switch: { defaultProps: { size: "sm" } },
    Checkbox: { defaultProps: { size: "sm" } },
    // Inside the banner the menus belong to, not at the end of the page.
    Menu: { defaultProps: { withinPortal: false, withInitialFocusPlaceholder: false } },
    MenuDropdown: { defaultProps: { onFocusCapture: markFocused } },
    Drawer: {
      defaultProps: {
        position: "right",
        size: 560,
        attributes: dialogParts,
        closeButtonProps: { "aria-label": "Close" },
        overlayProps: { backgroundOpacity: 0.35 },
        onFocusCapture: markFocused,
      },
    },
    Modal: {
      defaultProps: {
        centered: true,
        attributes: dialogParts,
        closeButtonProps: { "aria-label": "Close" },
        overlayProps: { backgroundOpacity: 0.35 },
        onFocusCapture: markFocused,
      },
    },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
  },
});

/** Text colours that reach 4.5 : 1 on their grounds, which the defaults do not. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#56616d",
    "--mantine-color-placeholder": "#6b7682",
    "--mantine-color-error": "#b42318",
    "--mantine-color-text": "#17212b",
    "--mantine-color-anchor": "#0f5f76",
    "--app-ground": "#f6f8f9",
    "--app-surface": "#ffffff",
    "--app-line": "#e1e6ea",
    "--app-hover": "#f2f6f8",
    "--app-chosen": "#e3f0f4",
    "--app-good": "#1a7f4b",
    "--app-warn": "#a15c00",
    "--app-quiet": "#6b7682",
    "--app-accent": "#0f5f76",
  },
  dark: {
    "--mantine-color-body": "#151d23",
    "--mantine-color-dimmed": "#9aa7b2",
    "--mantine-color-placeholder": "#8793a0",
    "--mantine-color-error": "#ff9a8f",
    "--mantine-color-text": "#e3e9ee",
    "--mantine-color-anchor": "#7cc3d6",
    "--mantine-color-default": "#1a2229",
    "--mantine-color-default-hover": "#222c34",
    "--mantine-color-default-border": "#33404a",
    "--app-ground": "#0e1418",
    "--app-surface": "#151d23",
    "--app-line": "#27323b",
    "--app-hover": "#1b252c",
    "--app-chosen": "#16333d",
    "--app-good": "#58c08a",
    "--app-warn": "#e2a34a",
    "--app-quiet": "#8793a0",
    "--app-accent": "#7cc3d6",
  },
});
