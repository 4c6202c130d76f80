import type { Customer } from "./types";

/** The parent's name, when the customer came with its organizations; else its id; null at the top. */
export function parentName(customer: Customer): string | null {
  if (!customer.parentId) return null;
  const own = customer.organizations?.find(({ owner }) => owner.id === customer.parentId);
  return own?.owner.name ?? customer.parentId;
}
