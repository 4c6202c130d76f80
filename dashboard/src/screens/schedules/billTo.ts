import type { BillTo } from "../../api/types";

export const BILL_TO: Record<BillTo, string> = {
  SELF: "Itself",
  PARENT: "Its parent",
};

export const BILL_TO_HELP: Record<BillTo, string> = {
  SELF: "The customer gets the invoices.",
  PARENT:
    "Charges keep these prices and become lines on the invoice of the nearest customer above that has a schedule of its own. Where there is none, the customer pays itself.",
};

export const BILL_TO_CHOICES = Object.entries(BILL_TO).map(([value, label]) => ({ value, label }));
