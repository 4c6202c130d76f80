import { Button } from "@mantine/core";
import { useNavigate } from "react-router";

import { actOnInvoice, deleteInvoice, pdfAddress } from "../../api/invoices";
import { useSubmission } from "../../api/submission";
import type { Invoice } from "../../api/types";
import { ConfirmButton } from "../../components/ConfirmButton";
import { moneyText } from "../../components/format";
import { done } from "../../components/notify";
import { ProblemAlert } from "../../components/Problem";

/** What can be done with an invoice in its present state. */
export function InvoiceActions({ invoice }: { invoice: Invoice }) {
  const navigate = useNavigate();
  const draft = invoice.status === "DRAFT";
  const recalculating = useSubmission<null, Invoice>(
    (_, key) => actOnInvoice(invoice.id, "recalculate", key),
    () => done("Invoice recalculated."),
  );
  const name = invoice.invoiceNumber ?? "this draft";
  const total = `${moneyText(invoice.grossTotal, invoice.currency)} ${invoice.currency}`;
  return (
    <>
      <Button component="a" variant="default" href={pdfAddress(invoice)} download={fileName(invoice)}>
        Download
      </Button>
      {draft && (
        <Button
          variant="default"
          loading={recalculating.isPending}
          onClick={() => recalculating.mutate(null)}
        >
          Recalculate
        </Button>
      )}
      {invoice.status !== "VOIDED" && (
        <ConfirmButton
          label="Void"
          title={`Void ${name}?`}
          doneText="Invoice voided."
          danger
          act={(key) => actOnInvoice(invoice.id, "void", key)}
        >
          It stays in the list, marked as voided. What it billed can then be drafted anew.
        </ConfirmButton>
      )}
      {draft && (
        <ConfirmButton
          label="Delete draft"
          title="Delete this draft?"
          doneText="Draft deleted."
          danger
          act={() => deleteInvoice(invoice.id)}
          onDone={() => void navigate("/billing/invoices", { replace: true })}
        >
          The draft disappears. The next billing run makes a new one for the same period.
        </ConfirmButton>
      )}
      {draft && (
        <ConfirmButton
          label="Finalize"
          title="Finalize this invoice?"
          doneText="Invoice finalized."
          act={(key) => actOnInvoice(invoice.id, "finalize", key)}
          button={{ variant: "filled" }}
        >
          It gets its number and can no longer be changed. {invoice.customerLegalCompanyName} owes {total}.
        </ConfirmButton>
      )}
      {recalculating.error && (
        <div style={{ flexBasis: "100%" }}>
          <ProblemAlert error={recalculating.error} />
        </div>
      )}
    </>
  );
}

const fileName = ({ invoiceNumber, id }: Invoice) => `invoice-${invoiceNumber ?? `draft-${id}`}.pdf`;
