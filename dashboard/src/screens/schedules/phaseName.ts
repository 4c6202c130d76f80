import type { Phase } from "../../api/types";

/** What a phase is called, the `index`th of its schedule. */
export const phaseName = ({ name }: Phase, index: number) => name ?? `Phase ${index + 1}`;
