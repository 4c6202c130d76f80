import type { Merchant } from "../../api/types";
import {
  addressBody,
  addressErrors,
  addressValues,
  type AddressValues,
} from "../../components/AddressFields";

export type SellerValues = {
  legalCompanyName: string;
  email: string;
  phoneNumber: string;
  address: AddressValues;
  taxId: string;
  invoiceNumberPrefix: string;
  defaultDueDateDays: string;
  logoUrl: string;
  primaryColour: string;
};

export function sellerValues(merchant: Merchant): SellerValues {
  return {
    legalCompanyName: merchant.legalCompanyName,
    email: merchant.email,
    phoneNumber: merchant.phoneNumber ?? "",
    address: addressValues(merchant.address),
    taxId: merchant.taxId ?? "",
    invoiceNumberPrefix: merchant.invoiceNumberPrefix,
    defaultDueDateDays: String(merchant.defaultDueDateDays),
    logoUrl: merchant.logoUrl ?? "",
    primaryColour: merchant.primaryColour ?? "",
  };
}

export function sellerErrors(values: SellerValues): Record<string, string> {
  const errors = addressErrors(values.address);
  if (!values.legalCompanyName.trim()) errors.legalCompanyName = "Give the company's legal name";
  if (!/^\S+@\S+$/.test(values.email.trim())) errors.email = "Give an e-mail address";
  if (!values.invoiceNumberPrefix.trim()) errors.invoiceNumberPrefix = "Give a prefix, such as INV";
  if (!/^\d+$/.test(values.defaultDueDateDays)) errors.defaultDueDateDays = "A whole number of days";
  if (values.primaryColour && !/^#[0-9a-f]{6}$/i.test(values.primaryColour)) {
    errors.primaryColour = "A colour such as #0f5f76";
  }
  return errors;
}

/** What this form does not show goes back as it was; null takes away what was emptied. */
export function sellerBody(values: SellerValues, before: Merchant): Omit<Merchant, "id"> {
  const { id, lastInvoiceNumber, lastCreditNoteNumber, ...rest } = before;
  return {
    ...rest,
    legalCompanyName: values.legalCompanyName.trim(),
    email: values.email.trim(),
    phoneNumber: values.phoneNumber.trim() || null,
    address: addressBody(values.address),
    taxId: values.taxId.trim() || null,
    invoiceNumberPrefix: values.invoiceNumberPrefix.trim(),
    defaultDueDateDays: Number(values.defaultDueDateDays),
    logoUrl: values.logoUrl || null,
    primaryColour: values.primaryColour || null,
  };
}
