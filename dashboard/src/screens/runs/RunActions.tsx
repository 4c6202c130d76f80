import { useNavigate } from "react-router";

import { cancelRun, retryRun, type BillingRunReport } from "../../api/runs";
import { ConfirmButton } from "../../components/ConfirmButton";
import { plural } from "../../components/format";

/** What can be done with a run in its present state. */
export function RunActions({ run }: { run: BillingRunReport }) {
  const navigate = useNavigate();
  const open = (made: BillingRunReport) => void navigate(`/billing/runs/${made.id}`);
  const parked = run.failures.filter((one) => one.invoiceId).length;
  if (run.status === "RUNNING") {
    return (
      <ConfirmButton
        label="Cancel run"
        title="Cancel this billing run?"
        dismissLabel="Go on"
        doneText="Billing run cancelled."
        danger
        act={(key) => cancelRun(run.id, key)}
      >
        It drafts and issues nothing more. What it has drafted by now stays, and the next run drafts the rest.
      </ConfirmButton>
    );
  }
  if (run.failures.length === 0) return null;
  return (
    <>
      {parked > 0 && (
        <ConfirmButton
          label="Accept and issue"
          title={`Issue ${plural(parked, "invoice")} that ${parked === 1 ? "is" : "are"} out of bounds?`}
          doneText="Billing run started."
          act={(key) => retryRun(run.id, true, key)}
          onDone={open}
        >
          A new run bills once more what failed in this one. It issues what issues itself, whatever the bounds
          say.
        </ConfirmButton>
      )}
      <ConfirmButton
        label="Retry failures"
        title="Bill once more what failed?"
        confirmLabel="Retry"
        doneText="Billing run started."
        act={(key) => retryRun(run.id, false, key)}
        onDone={open}
        button={{ variant: "filled" }}
      >
        A new run looks only at the {plural(run.failureCount, "failure")} of this one, up to the same day.
      </ConfirmButton>
    </>
  );
}
