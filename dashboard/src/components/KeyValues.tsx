import { TextInput } from "@mantine/core";

import { RowsFieldset } from "./RowsFieldset";

export type Pair = { key: string; value: string };

type Props = {
  legend: string;
  hint?: string;
  pairs: Pair[];
  onChange: (pairs: Pair[]) => void;
};

/** Named values, a row each. */
export function KeyValues({ legend, hint, pairs, onChange }: Props) {
  const change = (index: number, part: Partial<Pair>) =>
    onChange(pairs.map((pair, at) => (at === index ? { ...pair, ...part } : pair)));
  return (
    <RowsFieldset
      legend={legend}
      hint={hint}
      what="property"
      count={pairs.length}
      onAdd={() => onChange([...pairs, { key: "", value: "" }])}
      onRemove={(index) => onChange(pairs.filter((_, at) => at !== index))}
    >
      {(index) => (
        <>
          <TextInput
            aria-label={`Property ${index + 1} name`}
            placeholder="name"
            flex={1}
            value={pairs[index]!.key}
            onChange={(event) => change(index, { key: event.currentTarget.value })}
          />
          <TextInput
            aria-label={`Property ${index + 1} value`}
            placeholder="value"
            flex={1}
            value={pairs[index]!.value}
            onChange={(event) => change(index, { value: event.currentTarget.value })}
          />
        </>
      )}
    </RowsFieldset>
  );
}

export const pairsOf = (map: Record<string, string> = {}): Pair[] =>
  Object.entries(map).map(([key, value]) => ({ key, value }));

export const mapOf = (pairs: Pair[]): Record<string, string> =>
  Object.fromEntries(pairs.filter(({ key }) => key.trim()).map(({ key, value }) => [key.trim(), value]));
