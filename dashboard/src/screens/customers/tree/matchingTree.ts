import type { FoundCustomer, PlacedCustomer } from "../../../api/types";

/** A customer in the tree, with the part of its children that is known. */
export type Branch = { customer: PlacedCustomer; branches: Branch[] };

/** The smallest tree that shows every match below its ancestors. */
export function matchingTree(matches: FoundCustomer[]): Branch[] {
  const top: Branch[] = [];
  for (const match of matches) {
    let level = top;
    for (const customer of [...match.ancestors, match]) {
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
