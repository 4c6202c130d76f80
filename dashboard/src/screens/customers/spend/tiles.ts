import type { Amounts, SpendBranch } from "../../../api/types";
import { plural } from "../../../components/format";

/** A part of a branch: the customer itself, a child, or the children that are not shown. */
export type Tile = {
  key: string;
  name: string;
  amounts: Amounts;
  kind: "own" | "child" | "others";
  /** Whose part it is, where it is one customer's. */
  customer?: string;
  /** The child, where it is one. */
  branch?: SpendBranch;
};

/** The parts of a child that are worth drawing within it: none where most of it would be the rest. */
export function partsWithin(child: SpendBranch): Tile[] {
  const { children, netTotal, others } = child;
  const mostly = others && 2 * Number(others.netTotal) > Number(netTotal);
  return children.length === 0 || mostly ? [] : tiles(child);
}

/** The parts that make a branch up: the children by size, then what is left. */
export function tiles(branch: SpendBranch): Tile[] {
  const found: Tile[] = branch.children.map((child) => ({
    key: child.customerId,
    name: child.name,
    amounts: child,
    kind: "child",
    customer: child.customerId,
    branch: child,
  }));
  const { own, others } = branch;
  if (others) {
    const count = others.customerCount;
    const name = found.length > 0 ? plural(count, "other") : plural(count, "child", "children");
    found.push({ key: "others", name, amounts: others, kind: "others" });
  }
  if (found.length === 0 || Number(own.netTotal) !== 0) {
    const name = `${branch.name} itself`;
    found.push({ key: "own", name, amounts: own, kind: "own", customer: branch.customerId });
  }
  return found;
}
