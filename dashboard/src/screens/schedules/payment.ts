/** By whom a schedule is to be paid, in words. */

import type { PaymentChoice } from "../../api/schedules";
import type { Schedule } from "../../api/types";

export const PROVIDERS: { value: PaymentChoice["paymentProvider"]; label: string }[] = [
  { value: "", label: "As set for the customer" },
  { value: "STRIPE", label: "Stripe" },
  { value: "GOCARDLESS", label: "GoCardless" },
  { value: "NONE", label: "None, paid by other means" },
];

export const paymentValues = ({ paymentProvider, autoCharge }: Schedule): PaymentChoice => ({
  paymentProvider: paymentProvider ?? "",
  autoCharge: autoCharge ?? false,
});

/** "Stripe, charged automatically" */
export function paymentText(schedule: Schedule): string {
  const { paymentProvider, autoCharge } = paymentValues(schedule);
  const name = PROVIDERS.find(({ value }) => value === paymentProvider)?.label ?? paymentProvider;
  return autoCharge ? `${name}, charged automatically` : name;
}
