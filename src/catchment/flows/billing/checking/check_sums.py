"""Whether invoices add up in themselves as they are stored, without which none is issued."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from catchment.core.control import Difference, faults
from catchment.core.values.errors import Conflict
from catchment.flows.billing.late.late_usage import stale
from catchment.store.invoices import invoice_figures
from catchment.store.invoices.invoice_figures import ReadInvoice


class OutOfBalance(Conflict):
    """Something on the invoice does not add up, so it cannot be issued."""

    code = "out_of_balance"

    @classmethod
    def by(cls, found: Difference) -> OutOfBalance:
        """The refusal of an invoice with that difference."""
        return cls(
            f"On invoice {found.invoice_id} of customer {found.customer}, {found.part} {found.id}:"
            f" {found.figure} is {found.found}, and its parts come to {found.expected}."
            " Recalculate the draft."
        )


def check_sums(tx: Connection, workspace_id: str, invoice_id: str) -> None:
    """Raises OutOfBalance."""
    for found in faults_of(tx, workspace_id, [invoice_id]):
        raise OutOfBalance.by(found)


def faults_of(
    tx: Connection, workspace_id: str, invoice_ids: Sequence[str]
) -> Iterator[Difference]:
    """Whatever does not add up on some invoices; the first of an invoice first.

    Of a draft that is what it adjusts, too, where other lines are in force by now.
    """
    for one in invoice_figures.read(tx, workspace_id, invoice_ids):
        yield from faults_in(one)
        for id in sorted(stale(tx, workspace_id, one.adjusting)):
            what = "lines that it adjusts", "those in force", "others"
            yield Difference("line", id, *what, one.customer, one.schedule_id, one.id)


def faults_in(one: ReadInvoice) -> Iterator[Difference]:
    """Whatever does not add up on an invoice; one that cannot be read does not."""
    if one.figures is not None:
        yield from faults(one.figures)
    else:
        whose = (one.customer, one.schedule_id, one.id)
        yield Difference("invoice", one.id, "contents", "readable", one.problem or "", *whose)
