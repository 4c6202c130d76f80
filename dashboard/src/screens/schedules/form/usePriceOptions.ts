import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { catalogue, priceList } from "../../../api/catalogue";
import type { Price } from "../../../api/types";
import { cadenceText, rateText } from "../../products/priceText";

/**
 * What can be chosen, as "API · Calls (3 tiers USD, monthly, in arrears)": the catalogue, and the
 * negotiated prices whose name is being typed. Copies of list prices belong to their own schedules.
 */
export function usePriceOptions(extra: Price[]) {
  const [typed, setTyped] = useState("");
  const [name] = useDebouncedValue(typed.trim(), 200);
  const whole = useQuery(catalogue);
  const prices = useQuery({
    ...priceList("prices", { name, limit: 100 }),
    placeholderData: keepPreviousData,
  });
  const products = new Map((whole.data?.products ?? []).map(({ id, name: of }) => [id, of]));
  const text = (price: Price) =>
    `${products.get(price.productId) ?? "Product"} · ${price.name} (${rateText(price)} ${price.currency}, ${cadenceText(price).toLowerCase()})`;
  const option = (kind: "list" | "price") => (price: Price) => ({
    value: `${kind}:${price.id}`,
    label: text(price),
  });
  const [seen, setSeen] = useState(new Map<string, Price>());
  const fresh = (prices.data?.items ?? []).filter(({ id, listPriceId }) => !listPriceId && !seen.has(id));
  // Once offered, a price stays, so that one that was picked keeps its name.
  if (fresh.length) setSeen(new Map([...seen, ...fresh.map((price) => [price.id, price] as const)]));
  const own = new Map([...extra.map((price) => [price.id, price] as const), ...seen]);
  const listed = whole.data?.listPrices ?? [];
  const known = new Map<string, Price>([
    ...listed.map((price) => [`list:${price.id}`, price] as const),
    ...Array.from(own.values(), (price) => [`price:${price.id}`, price] as const),
  ]);
  return {
    setTyped,
    /** The price that a key stands for, once it has been read. */
    priceOf: (key: string) => known.get(key),
    data: [
      { group: "List prices", items: listed.map(option("list")) },
      { group: "Negotiated prices", items: Array.from(own.values(), option("price")) },
    ],
  };
}
