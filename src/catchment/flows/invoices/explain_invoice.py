"""Why an invoice has its totals: its lines, each rounded once, and the steps to the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Connection

from catchment.core.invoices.settling import StepKind
from catchment.core.terms.taxes import NOT_TAXED, TaxSum, by_rate
from catchment.core.values.errors import FigureDiffers
from catchment.core.values.money import Money, Taxed, exact_sum, money_text, total
from catchment.flows.invoices.finalize_invoice import one_invoice
from catchment.store.invoices import invoice_contents
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows import evidence
from catchment.store.invoices.rows.evidence import Evidence
from catchment.store.invoices.rows.invoice_parts import LineItem, LineItemGroup


class Step(StrEnum):
    """What is added on the way from nothing to the total, in this order."""

    CHARGES = "CHARGES"
    DISCOUNTS = "DISCOUNTS"
    MINIMUMS = "MINIMUMS"
    CREDITS = "CREDITS"
    TAX = "TAX"


@dataclass(frozen=True, slots=True)
class Summand:
    """A line of the invoice, with its price as of the calculation."""

    line: LineItem
    price_name: str

    @property
    def exact(self) -> Decimal:
        """The line before it was rounded; an adjustment, before its whole charge was."""
        return self.line.exact


@dataclass(frozen=True, slots=True)
class InvoiceExplanation:
    """An invoice with all that adds up to its totals.

    ``tree_known_at`` is when the tree and the aliases that were used were last changed; None where
    nothing was measured.
    """

    invoice: Invoice
    groups: tuple[tuple[LineItemGroup, tuple[Summand, ...]], ...]
    tree_known_at: datetime | None

    @property
    def taxes(self) -> list[TaxSum]:
        """Net and tax by rate."""
        lines = (one.line for _, own in self.groups for one in own)
        return by_rate((line.taxation or NOT_TAXED, line.net, line.tax) for line in lines)

    @property
    def steps(self) -> tuple[tuple[Step, Money], ...]:
        """What the total is made of. Steps that the invoice does not have are left out."""
        nothing = self.invoice.net - self.invoice.net
        taken = sum(self._settled(StepKind.DISCOUNT), nothing)
        added = sum(self._settled(StepKind.MINIMUM), nothing)
        paid = sum(self._settled(StepKind.CREDIT), nothing)
        steps = (
            (Step.DISCOUNTS, taken),
            (Step.MINIMUMS, added),
            (Step.CREDITS, paid),
            (Step.TAX, self.invoice.tax),
        )
        there = (one for one in steps if one[1].minor)
        return ((Step.CHARGES, self.invoice.net - taken - added - paid), *there)

    def _settled(self, kind: StepKind) -> Iterator[Money]:
        """What steps of a kind come to; within adjustments they are not told apart."""
        for _, own in self.groups:
            for line in (one.line for one in own):
                if line.settles is kind:
                    yield line.net
                elif line.settles is None and line.deducted is None:
                    yield from (step.amount for step in line.steps if step.kind is kind)

    @property
    def exact(self) -> Decimal:
        """What the lines add up to before they are rounded."""
        return exact_sum(one.exact for _, own in self.groups for one in own)


def explain_invoice(tx: Connection, workspace_id: str, invoice_id: str) -> InvoiceExplanation:
    """Why the invoice has its totals. Raises NotFound, FigureDiffers."""
    invoice = one_invoice(tx, workspace_id, invoice_id)
    lines = invoice_contents.lines(tx, workspace_id, invoice_id)
    bodies = evidence.bodies(tx, workspace_id, [invoice_id])
    kept = {line.id: evidence.read(bodies[line.id]) for line in lines}
    groups = tuple(
        (
            group,
            tuple(
                Summand(line, kept[line.id].terms.price_name)
                for line in lines
                if line.group_id == group.id
            ),
        )
        for group in invoice_contents.groups(tx, workspace_id, invoice_id)
    )
    for group, own in groups:
        _check(f"group {group.id}", group, [one.line for one in own])
    _check(f"invoice {invoice.id}", invoice, [group for group, _ in groups])
    return InvoiceExplanation(invoice, groups, _known_at(kept.values()))


def _check(name: str, whole: Taxed, parts: Sequence[Taxed]) -> None:
    for figure, stored, found in (
        ("net total", whole.net, [part.net for part in parts]),
        ("total tax", whole.tax, [part.tax for part in parts]),
    ):
        added = total(found, stored.currency)
        if added != stored:
            says, right = money_text(stored), money_text(added)
            raise FigureDiffers(f"The {figure} of {name} is {says}; its parts add up to {right}.")


def _known_at(kept: Iterable[Evidence]) -> datetime | None:
    return max((one.counted.known_at for one in kept if one.counted), default=None)
