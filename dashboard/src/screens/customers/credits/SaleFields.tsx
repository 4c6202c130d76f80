import { Group, Select, type SelectProps, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";

import { taxRates } from "../../../api/taxes";
import { CURRENCIES } from "../../../components/format";
import { percentText } from "../../../components/taxText";
import type { GrantValues } from "./grantForm";

export const CurrencySelect = (props: SelectProps) => (
  <Select label="Currency" required searchable allowDeselect={false} {...props} data={CURRENCIES} />
);

type Props = {
  form: UseFormReturnType<GrantValues>;
  /** Whether nothing else has said the currency. */
  ownCurrency: boolean;
};

/** For how much a grant is sold, and how that is taxed. */
export function SaleFields({ form, ownCurrency }: Props) {
  const rates = useQuery(taxRates);
  const offered = rates.data?.filter(({ isArchived }) => !isArchived) ?? [];
  return (
    <>
      <Group grow align="flex-start">
        <TextInput label="Sold for" required inputMode="decimal" {...form.getInputProps("costOfCredit")} />
        {ownCurrency && <CurrencySelect {...form.getInputProps("currency")} />}
      </Group>
      {offered.length > 0 && (
        <Select
          label="Tax rate"
          placeholder="That of all products, where the customer is"
          clearable
          searchable
          data={offered.map(({ id, name, amount }) => ({
            value: id,
            label: `${name}, ${percentText(amount)}`,
          }))}
          {...form.getInputProps("taxRateId")}
        />
      )}
    </>
  );
}
