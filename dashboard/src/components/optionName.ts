import type { Customer } from "../api/types";
import { parentName } from "./parentName";

/** The name; where several on offer have the same, whose child it is, too. */
export function optionName(item: Customer, all: Customer[]): string {
  const { legalName } = item;
  const alone = all.filter((one) => one.legalName === legalName).length === 1;
  return alone ? legalName : `${legalName} (${parentName(item) ?? "at the top"})`;
}
