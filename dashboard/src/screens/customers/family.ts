import type { Customer } from "../../api/types";

/** A customer in the tree, with the part of its children that is known. */
export type Branch = { customer: Customer; branches: Branch[] };

/**
 * The smallest tree that shows every match below its ancestors. `lines` holds, per match, its
 * ancestors from the root on and then the match itself.
 */
export function matchingTree(lines: Customer[][]): Branch[] {
  const top: Branch[] = [];
  for (const line of lines) {
    let level = top;
    for (const customer of line) {
      let branch = level.find((candidate) => candidate.customer.id === customer.id);
      if (!branch) {
        branch = { customer, branches: [] };
        level.push(branch);
      }
      level = branch.branches;
    }
  }
  return top;
}
