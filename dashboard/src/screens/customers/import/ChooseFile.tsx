import { Button, Group, Select, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";

import { ScrollX } from "../../../components/DataTable";
import { DropZone } from "../../../components/DropZone";
import { decimalText, plural } from "../../../components/format";
import { Panel } from "../../../components/Panel";
import { columnNames, guess } from "./columns";
import type { Separator } from "../../../components/csv";
import type { Inspected } from "./file";
import { FileProblem } from "./FileProblem";
import { useImport } from "./state";
import { useStep } from "./Steps";
import { inspectFile } from "./worker";
import { Working, type Work } from "./Working";

type Props = { file?: File; inspected?: Inspected };

/** A file from the disk; it is read here and goes nowhere yet. */
export function ChooseFile({ file, inspected }: Props) {
  const [, keep] = useImport();
  const [work, setWork] = useState<Work>();
  const [error, setError] = useState<unknown>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  async function read(chosen: File, separator?: Separator) {
    running.current?.abort();
    const stop = new AbortController();
    running.current = stop;
    const progress = (part: number) => setWork({ what: `Reading ${chosen.name}`, part });
    setError(undefined);
    progress(0);
    keep({ file: chosen });
    try {
      const found = await inspectFile(chosen, separator, { progress, signal: stop.signal });
      keep({ file: chosen, inspected: found, mapping: guess(found.header) });
    } catch (problem) {
      if (!stop.signal.aborted) setError(problem);
    }
    if (!stop.signal.aborted) setWork(undefined);
  }

  return (
    <Stack gap="md">
      <Panel title="A CSV file">
        <Stack gap="md">
          <DropZone accept=".csv,.tsv,.txt,text/csv" onFile={(chosen) => void read(chosen)}>
            UTF-8 text with the names of its columns in the first row, separated by commas, semicolons
            or tabs; up to 1,000,000 rows. One row says whose child a customer is, and from when.
          </DropZone>
          {work && <Working {...work} />}
          <FileProblem error={error} />
        </Stack>
      </Panel>
      {file && inspected && (
        <Preview
          file={file}
          inspected={inspected}
          onSeparator={(separator) => void read(file, separator)}
        />
      )}
    </Stack>
  );
}

const SEPARATOR_NAMES = [
  { value: ",", label: "Comma" },
  { value: ";", label: "Semicolon" },
  { value: "\t", label: "Tab" },
];

type PreviewProps = { file: File; inspected: Inspected; onSeparator: (to: Separator) => void };

function Preview({ file, inspected, onSeparator }: PreviewProps) {
  const [, go] = useStep();
  const { header, rows, first, separator } = inspected;
  const names = columnNames(header);
  return (
    <Panel
      title={file.name}
      flush
      actions={
        <Button size="xs" onClick={() => go("columns")}>
          Continue
        </Button>
      }
    >
      <Group px={{ base: "sm", sm: "md" }} py="sm" gap="lg" align="flex-end">
        <Select
          label="Separator"
          w={140}
          allowDeselect={false}
          data={SEPARATOR_NAMES}
          value={separator}
          onChange={(value) => value && onSeparator(value as Separator)}
        />
        <Text size="sm" pb={7}>
          {plural(rows, "row")}, {plural(header.length, "column")}
          {rows > first.length && `; the first ${decimalText(first.length)} are shown`}
        </Text>
      </Group>
      <ScrollX label="Rows of the file">
        <table className="grid-table file-table" aria-label="Rows of the file">
          <thead>
            <tr>
              <th scope="col" className="end">
                Row
              </th>
              {names.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {first.map(({ number, cells }) => (
              <tr key={number}>
                <td className="end row-number">{decimalText(number)}</td>
                {header.map((_, at) => (
                  <td key={names[at]} className="file-cell">
                    {cells[at]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
    </Panel>
  );
}
