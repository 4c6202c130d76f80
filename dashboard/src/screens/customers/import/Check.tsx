import { Button, Group, Stack, Text } from "@mantine/core";
import { useEffect, useState } from "react";

import { importCustomers, type ImportReport } from "../../../api/imports";
import { useSubmission } from "../../../api/submission";
import { decimalText, plural } from "../../../components/format";
import { Panel } from "../../../components/Panel";
import type { Mapping } from "./columns";
import { Counts } from "./Counts";
import { Unreadable } from "../../../components/csv";
import type { Inspected } from "./file";
import { FileProblem } from "./FileProblem";
import { Refusals } from "./Refusals";
import { useImport, type Checked } from "./state";
import { useStep } from "./Steps";
import { pickRows, rewriteFile } from "./worker";
import { Working, type Work } from "./Working";

const MIB = 1024 * 1024;
/** What the server takes at most. */
const MOST = 64 * MIB;

type Known = { file: File; inspected: Inspected; mapping: Mapping };

/** What the import would do, said by the server, which tries it and takes it back; then the import. */
export function Check({ checked, ...known }: Known & { checked?: Checked }) {
  const [round, setRound] = useState(0);
  const again = () => setRound((old) => old + 1);
  return checked ? (
    <Told known={known} checked={checked} />
  ) : (
    <Panel title="Check">
      <Checking key={round} known={known} onRetry={again} />
    </Panel>
  );
}

function Checking({ known, onRetry }: { known: Known; onRetry: () => void }) {
  const [, keep] = useImport();
  const [work, setWork] = useState<Work>({ what: "Reading the file", part: 0 });
  const [error, setError] = useState<unknown>();
  const { file, inspected, mapping } = known;
  useEffect(() => {
    const stop = new AbortController();
    tried({ file, inspected, mapping }, setWork, stop.signal).then(
      (checked) => keep({ file, inspected, mapping, checked }),
      (problem: unknown) => stop.signal.aborted || setError(problem),
    );
    return () => stop.abort(new Error("The screen was left."));
  }, [file, inspected, mapping, keep]);
  return error ? <FileProblem error={error} onRetry={onRetry} /> : <Working {...work} />;
}

async function tried(
  { file, inspected: { separator, rows }, mapping }: Known,
  tell: (work: Work) => void,
  signal: AbortSignal,
): Promise<Checked> {
  const progress = (part: number) => tell({ what: "Reading the file", part });
  const csv = await rewriteFile(file, separator, mapping, { progress, signal });
  if (csv.size > MOST) {
    throw new Unreadable(
      `With these columns there are ${decimalText(Math.ceil(csv.size / MIB))} MiB to send, and at most ` +
        `${MOST / MIB} are taken. Leave out columns that are not needed.`,
    );
  }
  const sent = sending(tell, `Checking ${plural(rows, "row")} on the server`);
  const report = await importCustomers(csv, { dryRun: true, sent, signal });
  return { csv, report, rows: await refusedRows(file, separator, report, signal) };
}

const sending = (tell: (work: Work) => void, then: string) => (part: number) =>
  tell(part < 1 ? { what: "Sending the file", part } : { what: then });

function refusedRows(
  file: File,
  separator: Inspected["separator"],
  { refused }: ImportReport,
  signal?: AbortSignal,
) {
  const numbers = refused.map(({ row }) => row);
  return numbers.length > 0 ? pickRows(file, separator, numbers, { signal }) : [];
}

function Told({ known, checked }: { known: Known; checked: Checked }) {
  const [, keep] = useImport();
  const [, go] = useStep();
  const [work, setWork] = useState<Work>({ what: "Sending the file", part: 0 });
  const { file, inspected } = known;
  const { csv, report, rows } = checked;
  const sent = sending(setWork, "Writing all of it");
  const submission = useSubmission(
    async (_: null, key): Promise<Checked> => {
      const told = await importCustomers(csv, { dryRun: false, key, sent });
      return { csv, report: told, rows: await refusedRows(file, inspected.separator, told), late: true };
    },
    (done) => keep(done.report.refusedCount > 0 ? { ...known, checked: done } : { ...known, done: done.report }),
  );
  const imports = () =>
    submission.mutate(null, { onSuccess: (done) => done.report.refusedCount === 0 && go("done") });
  const refused = report.refusedCount > 0;
  const nothing = report.created + report.moved === 0;
  return (
    <Stack gap="md">
      <Panel
        title={refused ? "Refused" : "Nothing is refused"}
        actions={
          <Button
            size="xs"
            variant="default"
            disabled={submission.isPending}
            onClick={() => keep(known)}
          >
            Check again
          </Button>
        }
      >
        <Stack gap="md">
          <Counts report={report} />
          {refused ? (
            <Text size="sm">
              {checked.late
                ? "Something has changed since the file was checked, so it was refused."
                : "As long as a row is refused, nothing can be imported."}{" "}
              Correct the file and choose it again.
            </Text>
          ) : nothing ? (
            <Text size="sm">
              There is nothing to import: every customer of the file is there already, and stands where
              the file says.
            </Text>
          ) : (
            <Group gap="md">
              <Button onClick={imports} disabled={submission.isPending}>
                {deeds(report)}
              </Button>
              <Text size="sm" c="dimmed">
                All of it, or nothing if anything is refused meanwhile.
              </Text>
            </Group>
          )}
          {submission.isPending && <Working {...work} />}
          <FileProblem error={submission.error} />
        </Stack>
      </Panel>
      {refused && <Refusals report={report} rows={rows} known={known} />}
    </Stack>
  );
}

function deeds({ created, moved }: ImportReport): string {
  const parts = [
    created > 0 && `create ${plural(created, "customer")}`,
    moved > 0 && `move ${plural(moved, "customer")}`,
  ].filter(Boolean);
  const text = parts.join(" and ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
