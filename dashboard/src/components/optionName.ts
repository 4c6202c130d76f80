import type { Candidate } from "../api/customers";

/** The name; where several on offer have the same, whose child it is, too. */
export function optionName({ name, parentName }: Candidate, all: Candidate[]): string {
  const alone = all.filter((one) => one.name === name).length === 1;
  return alone ? name : `${name} (${parentName ?? "at the top"})`;
}
