import { Group, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import type { Structure } from "../../api/types";
import { preview } from "../../components/calculator";
import { decimalText, moneyText } from "../../components/format";
import { toPercent } from "../../components/percent";

type Props = {
  structure: Structure;
  currency: string;
  /** What is typed to calculate with: value where the price is a percentage. */
  unit: "units" | "seats" | "percent";
  measures: boolean;
};

/** What the price being typed would come to. */
export function Calculator({ structure, currency, unit, measures }: Props) {
  const [units, setUnits] = useState("125");
  const result = preview(structure, units);
  const clamped = structure.tiers?.some(({ minPrice, maxPrice }) => minPrice || maxPrice);
  const percentage = unit === "percent";
  const rate = (text: string) => (percentage ? `${toPercent(text)} %` : decimalText(text));
  return (
    <div className="panel" role="group" aria-label="Calculator">
      <div className="panel-body">
        <Group gap="xs" align="center">
          {measures ? (
            <>
              <Text size="sm" component="label" htmlFor="calculator-units">
                For
              </Text>
              <TextInput
                id="calculator-units"
                w={110}
                size="xs"
                inputMode="decimal"
                styles={{ input: { textAlign: "right" } }}
                value={units}
                aria-label={unit === "seats" ? "Seats to calculate" : "Units to calculate"}
                onChange={(event) => setUnits(event.currentTarget.value)}
                onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
              />
              <Text size="sm">{percentage ? `${currency} of value:` : unit === "seats" ? "seats all through a billing period:" : "units:"}</Text>
            </>
          ) : (
            <Text size="sm">Comes to:</Text>
          )}
          <Text size="sm" fw={650} aria-live="polite" data-testid="calculated">
            {result ? `${moneyText(result.amount, currency)} ${currency}` : "–"}
          </Text>
        </Group>
        {result && result.parts.length > 0 && measures && (
          <Text size="xs" c="dimmed" mt={6} component="div">
            {result.parts.map((part, index) => (
              <div key={index}>
                {decimalText(part.quantity)} × {rate(part.rate)}
                {part.fee && ` + ${decimalText(part.fee)} fee`} = {moneyText(part.amount, currency)}
              </div>
            ))}
          </Text>
        )}
        {clamped && (
          <Text size="xs" c="dimmed" mt={6}>
            The minimum and maximum apply to each event and are not part of this preview.
          </Text>
        )}
      </div>
    </div>
  );
}
