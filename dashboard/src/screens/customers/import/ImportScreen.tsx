import { Stack } from "@mantine/core";

import { PageHead } from "../../../components/PageHead";
import { Check } from "./Check";
import { ChooseFile } from "./ChooseFile";
import { missing } from "./columns";
import { Imported } from "./Imported";
import { MapColumns } from "./MapColumns";
import { useImport, type Import } from "./state";
import { Steps, useStep, type Step } from "./Steps";

/** Families from a CSV file: choose it, say what its columns are, see what would happen, do it. */
export default function ImportScreen() {
  const [shown] = useImport();
  const [wanted] = useStep();
  const reached = reachable(shown);
  const step = reached.includes(wanted) ? wanted : "file";
  return (
    <Stack gap="md">
      <PageHead title="Import customers" crumbs={[{ title: "Customers", to: "/customers" }]} />
      <Steps step={step} reached={reached} />
      <Content step={step} shown={shown} />
    </Stack>
  );
}

function Content({ step, shown }: { step: Step; shown: Import }) {
  const { file, inspected, mapping, done } = shown;
  if (step === "done" && done) return <Imported report={done} />;
  if (file && inspected && mapping) {
    const known = { file, inspected, mapping };
    if (step === "columns") return <MapColumns {...known} />;
    if (step === "check") return <Check {...known} checked={shown.checked} />;
  }
  return <ChooseFile file={file} inspected={inspected} />;
}

/** The steps that can be gone to, by what is known. */
function reachable({ inspected, mapping, done }: Import): Step[] {
  const steps: Step[] = ["file"];
  if (inspected && mapping) {
    steps.push("columns");
    if (missing(mapping).length === 0) steps.push("check");
  }
  if (done) steps.push("done");
  return steps;
}
