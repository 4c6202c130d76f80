import type { Alias, BillingPreference, Customer, CustomerRequest, TaxStatus } from "../../api/types";
import {
  addressBody,
  addressErrors,
  addressValues,
  type AddressValues,
} from "../../components/AddressFields";
import { mapOf, pairsOf, type Pair } from "../../components/KeyValues";

export type ContactValues = { name: string; email: string; billingPreference: BillingPreference };

/** The drawer's fields; named as on the wire, so that refusals find them. The first contact is the primary one. */
export type CustomerValues = {
  legalName: string;
  address: AddressValues;
  contacts: ContactValues[];
  taxStatus: TaxStatus;
  customerAliases: string[];
  label: string;
  url: string;
  customProperties: Pair[];
  parentId: string | null;
};

export const TAX_STATUSES = [
  { value: "TAXED", label: "Taxed" },
  { value: "TAX_EXEMPT", label: "Tax exempt" },
  { value: "REVERSE_CHARGED", label: "Reverse charged" },
];

export const BILLING_PREFERENCES = [
  { value: "STANDARD", label: "Gets invoices" },
  { value: "NONE", label: "No billing mail" },
];

export function customerValues(customer?: Customer, aliases: Alias[] = []): CustomerValues {
  const contacts = (customer?.contacts ?? [])
    .filter(({ archivedAt }) => !archivedAt)
    .map(({ name, email, billingPreference }) => ({ name, email, billingPreference }))
    .sort((a, b) => Number(b.billingPreference === "PRIMARY") - Number(a.billingPreference === "PRIMARY"));
  return {
    legalName: customer?.legalName ?? "",
    address: addressValues(customer?.address),
    contacts: contacts.length ? contacts : [{ name: "", email: "", billingPreference: "PRIMARY" }],
    taxStatus: customer?.taxStatus ?? "TAXED",
    customerAliases: ownAliases(aliases, customer?.id),
    label: customer?.label ?? "",
    url: customer?.url ?? "",
    customProperties: pairsOf(customer?.customProperties),
    parentId: customer?.parentId ?? null,
  };
}

/** A customer's id is always an alias of it; it is not listed among those one can change. */
export const ownAliases = (aliases: Alias[], id: string | undefined) =>
  aliases.map(({ value }) => value).filter((value) => value !== id);

export function customerErrors(values: CustomerValues): Record<string, string> {
  const errors = addressErrors(values.address);
  if (!values.legalName.trim()) errors.legalName = "Give the company name";
  values.contacts.forEach(({ name, email }, index) => {
    if (!name.trim()) errors[`contacts.${index}.name`] = "Give a name";
    if (!/^\S+@\S+$/.test(email.trim())) errors[`contacts.${index}.email`] = "Give an e-mail address";
  });
  return errors;
}

/** What is sent; on an update the parent is named only when it changes. */
export function customerBody(values: CustomerValues, before?: Customer): CustomerRequest {
  const parentChanged = values.parentId !== (before?.parentId ?? null);
  return {
    legalName: values.legalName.trim(),
    address: addressBody(values.address),
    taxStatus: values.taxStatus,
    contacts: values.contacts.map((contact) => ({
      ...contact,
      name: contact.name.trim(),
      email: contact.email.trim(),
    })),
    url: values.url.trim() || undefined,
    label: values.label.trim() || undefined,
    customerAliases: values.customerAliases,
    customProperties: mapOf(values.customProperties),
    // Not shown in the drawer; an update replaces them, so they go back as they came.
    integrationIds: before?.integrationIds?.map(({ service, id }) => ({ service, id })),
    status: before?.status,
    parentId: parentChanged ? values.parentId : undefined,
  };
}
