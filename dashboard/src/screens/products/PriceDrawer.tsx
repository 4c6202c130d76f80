import { Group, SegmentedControl, Select, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";

import { createPrice } from "../../api/catalogue";
import { useSubmission } from "../../api/submission";
import type { Price } from "../../api/types";
import { CustomersSelect } from "../../components/CustomersSelect";
import { CURRENCIES } from "../../components/format";
import { FormDrawer } from "../../components/FormDrawer";
import { MetricSelect } from "../../components/MetricSelect";
import { done } from "../../components/notify";
import { useServerErrors } from "../../components/useServerErrors";
import { Calculator } from "./Calculator";
import { ParameterFields } from "./ParameterFields";
import { frequenciesOf, isOnDemand, ON_DEMAND_HINTS } from "./frequencies";
import {
  countsSeats,
  isPooled,
  mayBePercentage,
  measuresUsage,
  MODELS,
  NEW_PRICE,
  priceBody,
  priceErrors,
  structureBody,
  TIMINGS,
  type PriceValues,
} from "./priceForm";
import { ProductSelect } from "./ProductSelect";
import { RateFields } from "./RateFields";
import { SeatFields } from "./SeatFields";

const rename = (path: string) =>
  path
    .replace(/^restrictToCustomers\.\d+$/, "restrictToCustomers")
    .replace(/^usageCalculationPeriod\.frequency$/, "calculationFrequency")
    .replace(/^usageCalculationPeriod(\.interval)?$/, "calculationInterval");

/** A one-time frequency is chosen anew with another model, and only usage is billed on demand. */
const fits = (model: PriceValues["structure"]["pricingType"], frequency: PriceValues["billingFrequency"]) =>
  frequency !== "ONE_TIME" && (!isOnDemand(frequency) || measuresUsage(model));

type Props = { productId?: string | null; onClose: () => void };

export function PriceDrawer({ productId, onClose }: Props) {
  const form = useForm<PriceValues>({
    initialValues: { ...NEW_PRICE, productId: productId ?? null },
    validate: priceErrors,
  });
  const submission = useSubmission<PriceValues, Price>(
    (values, key) => createPrice(values.kind, priceBody(values), key),
    (made) => {
      done(`${made.name} added.`);
      onClose();
    },
  );
  const placed = useServerErrors(form, submission.error, rename);
  const { structure, currency, billingFrequency: frequency } = form.values;
  const model = structure.pricingType;
  const percentage = structure.isPricePercentage && mayBePercentage(model);

  /** Usage is known only afterwards, and a one-time price has no rhythm. */
  function choose(value: string | null) {
    if (!value) return;
    form.setFieldValue("structure.pricingType", value as PriceValues["structure"]["pricingType"]);
    if (measuresUsage(value as typeof model)) form.setFieldValue("billingType", "IN_ARREARS");
    if (value === "ONE_TIME") form.setFieldValue("billingFrequency", "ONE_TIME");
    else if (!fits(value as typeof model, form.values.billingFrequency)) {
      form.setFieldValue("billingFrequency", "MONTHLY");
    }
  }

  /** The days of a phase share its tiers. */
  function often(value: string | null) {
    if (!value) return;
    form.setFieldValue("billingFrequency", value as PriceValues["billingFrequency"]);
    if (isOnDemand(value) && structure.usageCalculationMode === "BILLING_PERIOD") {
      form.setFieldValue("structure.usageCalculationMode", "CUMULATIVE");
    }
  }

  return (
    <FormDrawer
      title="New price"
      submitLabel="Add price"
      size={680}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => submission.mutate(values))}
      busy={submission.isPending}
      error={submission.error}
      placed={placed}
    >
      <ProductSelect label="Product" required {...form.getInputProps("productId")} />
      <div>
        <SegmentedControl
          fullWidth
          aria-label="Kind of price"
          data={[
            { value: "list-prices", label: "List price" },
            { value: "prices", label: "Negotiated price" },
          ]}
          {...form.getInputProps("kind")}
        />
        <Text size="xs" c="dimmed" mt={4}>
          {form.values.kind === "list-prices"
            ? "In the catalogue, for any schedule to use."
            : "For the schedules of particular customers."}
        </Text>
      </div>
      <Group grow align="flex-start">
        <TextInput label="Price name" required data-autofocus {...form.getInputProps("name")} />
        <Select
          label="Currency"
          required
          searchable
          allowDeselect={false}
          data={CURRENCIES}
          {...form.getInputProps("currency")}
        />
      </Group>
      <Select
        label="Pricing model"
        required
        allowDeselect={false}
        data={MODELS}
        description={MODELS.find(({ value }) => value === model)?.hint}
        value={model}
        onChange={choose}
        error={form.errors["structure.pricingType"]}
      />
      <Group grow align="flex-start">
        <Select
          label="Billing frequency"
          required
          allowDeselect={false}
          disabled={model === "ONE_TIME"}
          data={frequenciesOf(measuresUsage(model))}
          description={ON_DEMAND_HINTS[frequency]}
          inputWrapperOrder={["label", "input", "description", "error"]}
          {...form.getInputProps("billingFrequency")}
          onChange={often}
        />
        <Select
          label="Billed"
          required
          allowDeselect={false}
          disabled={measuresUsage(model)}
          data={TIMINGS}
          {...form.getInputProps("billingType")}
        />
      </Group>
      {measuresUsage(model) && (
        <MetricSelect
          label="Usage metric"
          required
          {...form.getInputProps("structure.usageMetricId")}
          onChange={(id) => {
            form.setFieldValue("structure.usageMetricId", id);
            form.setFieldValue("parameters", {});
          }}
        />
      )}
      {measuresUsage(model) && <ParameterFields form={form} />}
      {countsSeats(model) ? <SeatFields form={form} /> : <RateFields form={form} percentage={percentage} />}
      {isPooled(model) && (
        <CustomersSelect
          label="Only for customers"
          description="Pools these and everyone below them apart from the rest. For schedules with roll-up billing."
          {...form.getInputProps("restrictToCustomers")}
        />
      )}
      <Calculator
        structure={structureBody(form.values)}
        currency={currency}
        unit={countsSeats(model) ? "seats" : percentage ? "percent" : "units"}
        measures={isPooled(model)}
      />
    </FormDrawer>
  );
}
