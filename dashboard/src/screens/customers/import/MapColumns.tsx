import { Button, Group, Select, Text } from "@mantine/core";
import { useState } from "react";

import { Panel } from "../../../components/Panel";
import { columnNames, ignored, missing, TARGETS, type Mapping, type Target } from "./columns";
import type { Inspected } from "./file";
import { useImport } from "./state";
import { useStep } from "./Steps";

type Props = { file: File; inspected: Inspected; mapping: Mapping };

/** Which column of the file says what. */
export function MapColumns({ file, inspected, mapping }: Props) {
  const [, keep] = useImport();
  const [, go] = useStep();
  const [tried, setTried] = useState(false);
  const lacking = missing(mapping);
  const left = ignored(inspected.header, mapping);
  const check = () => (lacking.length > 0 ? setTried(true) : go("check"));
  return (
    <Panel
      title={`Columns of ${file.name}`}
      flush
      actions={
        <Button size="xs" onClick={check}>
          Check the file
        </Button>
      }
    >
      <table className="grid-table map-table" aria-label="Columns">
        <thead>
          <tr>
            <th scope="col">Imported as</th>
            <th scope="col">Column of the file</th>
            <th scope="col" className="wide-only">
              Values
            </th>
          </tr>
        </thead>
        <tbody>
          {TARGETS.map((target) => (
            <TargetRow
              key={target.name}
              target={target}
              inspected={inspected}
              place={mapping[target.name]}
              lacking={tried && lacking.includes(target)}
              onChange={(place) =>
                keep({ file, inspected, mapping: { ...mapping, [target.name]: place } })
              }
            />
          ))}
        </tbody>
      </table>
      <Group px={{ base: "sm", sm: "md" }} py="sm" style={{ borderTop: "1px solid var(--app-line)" }}>
        <Text size="sm" c="dimmed" data-testid="ignored">
          {left.length > 0 ? `Not imported: ${left.join(", ")}.` : "Every column is imported."} Of customers
          there are already, only the place in the tree is read.
        </Text>
      </Group>
    </Panel>
  );
}

type RowProps = {
  target: Target;
  inspected: Inspected;
  place: number | undefined;
  lacking: boolean;
  onChange: (place: number | undefined) => void;
};

function TargetRow({ target, inspected, place, lacking, onChange }: RowProps) {
  const names = columnNames(inspected.header);
  const samples = place === undefined ? undefined : (inspected.samples[place] ?? []);
  const values = samples && (samples.length > 0 ? samples.join(" · ") : "no values");
  return (
    <tr>
      <td>
        {target.title}
        {target.needed && <span className="needed"> required</span>}
        <span className="line-note">{target.hint}</span>
      </td>
      <td>
        <Select
          aria-label={target.title}
          aria-required={target.needed}
          placeholder="Not imported"
          clearable
          searchable
          nothingFoundMessage="There is no such column"
          data={names.map((label, at) => ({ value: String(at), label }))}
          value={place === undefined ? null : String(place)}
          onChange={(value) => onChange(value === null ? undefined : Number(value))}
          error={lacking && "Say which column this is"}
        />
        {values && <span className="line-note narrow-only">{values}</span>}
      </td>
      <td className="wide-only file-cell">{values}</td>
    </tr>
  );
}
