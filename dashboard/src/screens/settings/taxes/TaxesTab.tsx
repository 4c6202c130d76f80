import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { merchant } from "../../../api/account";
import { TaxIdsPanel } from "../../../components/TaxIdsPanel";
import { TaxCategoriesPanel } from "./TaxCategoriesPanel";
import { TaxRatesPanel } from "./TaxRatesPanel";

/** What is taxed, where, and under which tax ids the seller is known. */
export function TaxesTab() {
  const seller = useQuery(merchant);
  return (
    <Stack gap="md">
      <TaxRatesPanel />
      <TaxCategoriesPanel />
      {seller.data && (
        <TaxIdsPanel
          title="Your tax ids"
          owner={{ kind: "merchant", id: seller.data.id }}
          country={seller.data.address.country}
        />
      )}
    </Stack>
  );
}
