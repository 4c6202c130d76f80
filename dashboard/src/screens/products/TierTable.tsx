import { ActionIcon, Button, Input, Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useEffect, useRef, type KeyboardEvent } from "react";

import { ScrollX } from "../../components/DataTable";
import { decimalText } from "../../components/format";
import { EMPTY_TIER, type PriceValues, type TierValues } from "./priceForm";

type Props = {
  form: UseFormReturnType<PriceValues>;
  /** What a tier's price is for, or that it is a percentage. */
  unit: "unit" | "seat" | "percent";
  /** Each event has a least and a most. */
  clamped?: boolean;
};

/**
 * Tiers as rows. Where a tier begins follows from the row above, so there can be no gaps. Enter
 * moves to the next field, and from the last one to a new row.
 */
export function TierTable({ form, unit, clamped = false }: Props) {
  const { tiers } = form.values.structure;
  const table = useRef<HTMLTableElement>(null);
  const rowsBefore = useRef(tiers.length);

  useEffect(() => {
    // The old last row was open; its bound is asked for first, then the new row.
    if (tiers.length > rowsBefore.current) {
      const row = tiers.length - 1;
      const at = tiers[row - 1]?.upperBound ? row : row - 1;
      table.current?.querySelector<HTMLInputElement>(`[data-tier="${at}"]`)?.focus();
    }
    rowsBefore.current = tiers.length;
  }, [tiers]);

  const add = () => form.insertListItem("structure.tiers", { ...EMPTY_TIER });

  function moveOn(event: KeyboardEvent<HTMLTableElement>) {
    if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    const fields = Array.from(event.currentTarget.querySelectorAll<HTMLInputElement>("input"));
    const next = fields[fields.indexOf(event.target) + 1];
    if (next) next.focus();
    else add();
  }

  const field = (index: number, name: keyof TierValues, label: string) => {
    const path = `structure.tiers.${index}.${name}`;
    // Refusals are shown below the row, so that the columns keep their width.
    const { error, ...props } = form.getInputProps(path);
    return (
      <TextInput
        aria-label={`Tier ${index + 1} ${label}`}
        inputMode="decimal"
        data-tier={name === "upperBound" ? index : undefined}
        error={Boolean(error)}
        styles={{ input: { textAlign: "right" } }}
        placeholder={
          name === "upperBound" && index === tiers.length - 1 ? "open" : name === "fee" ? "0" : undefined
        }
        {...props}
      />
    );
  };

  return (
    <div>
      <Input.Label component="div">Tiers</Input.Label>
      <ScrollX label="Tiers">
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys of its fields */}
        <table ref={table} className="grid-table tier-table" aria-label="Tiers" onKeyDown={moveOn}>
          <thead>
            <tr>
              <th scope="col" className="end">
                Above
              </th>
              <th scope="col" className="end">
                Up to and including
              </th>
              <th scope="col" className="end">
                {unit === "percent" ? "Percent" : `Price per ${unit}`}
              </th>
              <th scope="col" className="end">
                Fee
              </th>
              {clamped && (
                <>
                  <th scope="col" className="end">
                    Min per event
                  </th>
                  <th scope="col" className="end">
                    Max per event
                  </th>
                </>
              )}
              <td />
            </tr>
          </thead>
          {tiers.map((_, index) => (
            <tbody key={index}>
              <tr>
                <td className="end" style={{ verticalAlign: "middle" }}>
                  {index === 0 ? "0" : decimalText(tiers[index - 1]?.upperBound || "?")}
                </td>
                <td>{field(index, "upperBound", "up to")}</td>
                <td>{field(index, "price", unit === "percent" ? "percent" : "price")}</td>
                <td>{field(index, "fee", "fee")}</td>
                {clamped && (
                  <>
                    <td>{field(index, "minPrice", "minimum per event")}</td>
                    <td>{field(index, "maxPrice", "maximum per event")}</td>
                  </>
                )}
                <td>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    mt={4}
                    disabled={tiers.length === 1}
                    aria-label={`Remove tier ${index + 1}`}
                    onClick={() => form.removeListItem("structure.tiers", index)}
                  >
                    <IconX size={16} />
                  </ActionIcon>
                </td>
              </tr>
              <TierProblems errors={form.errors} index={index} columns={clamped ? 7 : 5} />
            </tbody>
          ))}
        </table>
      </ScrollX>
      <Button
        variant="subtle"
        size="compact-sm"
        mt={4}
        leftSection={<IconPlus size={14} />}
        onClick={add}
      >
        Add tier
      </Button>
    </div>
  );
}

type ProblemProps = { errors: Record<string, React.ReactNode>; index: number; columns: number };

function TierProblems({ errors, index, columns }: ProblemProps) {
  const prefix = `structure.tiers.${index}.`;
  const found = Object.entries(errors).filter(([path]) => path.startsWith(prefix));
  if (found.length === 0) return null;
  return (
    <tr>
      <td colSpan={columns}>
        {found.map(([path, message]) => (
          <Text key={path} size="xs" c="var(--mantine-color-error)" role="alert">
            Tier {index + 1}: {message}
          </Text>
        ))}
      </td>
    </tr>
  );
}
