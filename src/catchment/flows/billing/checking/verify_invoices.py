"""Recompute finalised invoices from events, prices and the tree of their time, and compare.

The rules of billing run again on what is stored as fact: events up to the place that was read then,
links and aliases as they were known then, schedules and prices (which the guards keep from changing
under an issued invoice), and metrics by the definition kept with the line, because they may change.
A figure that was changed by hand differs from what comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

from msgspec import structs
from sqlalchemy import Connection

from catchment.core.due.charging import charges
from catchment.core.due.daily import Use, only
from catchment.core.invoices.consolidation import Part
from catchment.core.invoices.invoicing import Adjustment, adjustment, draft, joined
from catchment.core.shares.breakdown import Measured
from catchment.core.terms.schedules import BillTo, Charge, Schedule
from catchment.core.terms.taxes import Taxation
from catchment.core.values.ids import NewId
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.agreements import Agreements, History
from catchment.flows.billing.agreed.metrics_then import as_billed
from catchment.flows.billing.checking.check_sums import faults_of
from catchment.flows.billing.checking.compare_invoices import (
    Difference,
    first_difference,
    mispriced,
)
from catchment.flows.billing.checking.measure_again import Line, Plan, measure_again
from catchment.flows.billing.checking.verify_sale import sale_differs
from catchment.flows.billing.drafting.draft_contents import contents_of
from catchment.flows.billing.late.adjusted_again import adjusted_again
from catchment.flows.credits.credit_lines import without_credits
from catchment.flows.credits.paid_again import paid_again
from catchment.flows.credits.project_credits import with_totals
from catchment.flows.taxes.taxed_again import taxed_again
from catchment.store.access import Workspace
from catchment.store.families import customers
from catchment.store.invoices import already_billed, invoice_contents, invoices
from catchment.store.invoices.already_billed import Billed
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows import evidence
from catchment.store.invoices.rows.evidence import Evidence, EvidenceUnreadable, Kept
from catchment.store.invoices.rows.invoice_parts import Contents, LineItem
from catchment.store.usage import kept_usage, usage_lines
from catchment.usage import UsageStore

INVOICES_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Verdict:
    """What recomputing an invoice came to: the first difference, or None where all is equal.

    Where its events were dropped it is not ``recomputed``: what is stored was held against itself.
    """

    invoice: Invoice
    difference: Difference | None
    recomputed: bool = True


class _Different(Exception):
    """What is stored differs in a way that leaves nothing to recompute."""

    def __init__(self, *what: str) -> None:
        super().__init__(*what)
        self.difference = Difference(*what)


def verify_invoices(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    number: str | None = None,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Iterator[Verdict]:
    """A verdict on every finalised invoice that is in force, or on the one called ``number``.

    By number. ``tx`` is only read from.
    """
    found = invoices.finalised(tx, workspace.id, number)
    history = agreements.history(tx, workspace)
    progress(0, len(found))
    for start in range(0, len(found), INVOICES_AT_ONCE):
        part = found[start : start + INVOICES_AT_ONCE]
        yield from _verdicts(tx, usage, history, part)
        progress(start + len(part), len(found))


def _verdicts(
    tx: Connection, usage: UsageStore, history: History, part: Sequence[Invoice]
) -> Iterator[Verdict]:
    workspace_id = history.workspace.id
    these = [invoice.id for invoice in part]
    bodies = evidence.bodies(tx, workspace_id, these)
    ids = {invoice.schedule_id for invoice in part if invoice.schedule_id is not None}
    standing = already_billed.charges_on(tx, these)
    ids.update(schedule_id for schedule_id, *_ in standing if schedule_id is not None)
    billed = already_billed.of(tx, workspace_id, ids)
    planned: list[Plan | Difference | None] = []
    for invoice in part:
        try:
            if invoice.schedule_id is None:
                planned.append(_sale(tx, invoice, bodies))
            else:
                planned.append(_planned(tx, history, invoice, bodies, billed))
        except _Different as refused:
            planned.append(refused.difference)
    kept = kept_usage.first_day(tx, workspace_id)
    gone = set() if kept is None else usage_lines.needs_before(tx, these, kept)
    measure_again(
        tx,
        usage,
        workspace_id,
        [one for one in planned if isinstance(one, Plan) and one.invoice.id not in gone],
    )
    sound = [
        invoice.id
        for invoice, one in zip(part, planned, strict=True)
        if not isinstance(one, Difference)
    ]
    wrong = {one.invoice_id: one for one in reversed(list(faults_of(tx, workspace_id, sound)))}
    for invoice, one in zip(part, planned, strict=True):
        judge = _mispriced if invoice.id in gone else partial(_judged, tx)
        found = judge(one) if isinstance(one, Plan) else one
        if found is None and invoice.id in wrong:
            sums = wrong[invoice.id]
            found = Difference(sums.part, sums.id, sums.figure, sums.found, sums.expected)
        yield Verdict(invoice, found, invoice.id not in gone)


def _sale(tx: Connection, invoice: Invoice, bodies: Mapping[str, Kept]) -> Difference | None:
    """Where an invoice that sells a grant differs. Raises _Different."""
    stored, kept = _stored(tx, invoice, bodies)
    return sale_differs(tx, invoice, replace(stored, evidence=kept), _new_ids())


def _planned(
    tx: Connection,
    history: History,
    invoice: Invoice,
    bodies: Mapping[str, Kept],
    billed: Billed,
) -> Plan:
    """How to make the invoice again. Raises _Different where what is stored cannot say that."""
    stored, kept = _stored(tx, invoice, bodies)
    if invoice.schedule_id is None or invoice.due_on is None:
        raise _Different("invoice", invoice.id, "billingScheduleId", "nothing", "a schedule")
    known_at = max((k.counted.known_at for k in kept.values() if k.counted), default=None)
    versions = {
        line.schedule_id: kept[line.id].terms.version for line in stored.lines if line.schedule_id
    }
    agreed = history.as_known(known_at, invoice.calculated_at, versions)
    schedule = agreed.schedules[invoice.schedule_id]
    plan = Plan(invoice, schedule, agreed, stored, kept)
    charged = without_credits(stored).lines
    lines = {_key_of(line): line for line in charged if line.deducted is None}
    for part in _parts(tx, agreed, invoice, stored) if lines else ():
        complete = part.schedule is schedule and schedule.bill_to is BillTo.SELF
        for charge in part.charges:
            if charge.billed_as in lines:
                line = lines.pop(charge.billed_as)
                plan.lines.append(_again(part, charge, line, kept[line.id]))
            elif complete and _is_missed(charge, billed):
                raise _Different("line", charge.item.name, "line", "nothing", "due")
    for line in lines.values():
        raise _Different("line", line.id, "line", line.title, "nothing")
    plan.lines += _adjusting(tx, agreed, invoice, stored, kept)
    beside = as_billed(tx, invoice.workspace_id, [line.charge for line in plan.lines])
    plan.lines = [
        replace(line, charge=replace(line.charge, beside=charge.beside))
        for line, charge in zip(plan.lines, beside, strict=True)
    ]
    return plan


def _adjusting(
    tx: Connection,
    agreed: Agreements,
    invoice: Invoice,
    stored: Contents,
    kept: Mapping[str, Evidence],
) -> Iterator[Line]:
    """What adjusts earlier invoices."""
    late = [line for line in stored.lines if line.deducted is not None]
    agreed = _among_invoiced(tx, agreed, invoice, late)
    for line in late:
        found = adjusted_again(tx, agreed, invoice, line)
        if found is None:
            raise _Different("line", line.id, "line", line.title, "nothing")
        again = _again(
            Part(found.schedule, found.path, (found.charge,)), found.charge, line, kept[line.id]
        )
        yield replace(again, adjusting=replace(found, charge=again.charge))


def _parts(
    tx: Connection, agreed: Agreements, invoice: Invoice, stored: Contents
) -> Iterator[Part]:
    """What the schedules on an invoice charge on its day, and how it came to who is invoiced."""
    assert invoice.due_on is not None, invoice
    lines = [line for line in without_credits(stored).lines if line.deducted is None]
    ids = dict.fromkeys([invoice.schedule_id, *(line.schedule_id for line in lines)])
    known = [agreed.schedules[id] for id in ids if id and id in agreed.schedules]
    agreed = _among_invoiced(tx, agreed, invoice, lines)
    uses = {Use(line.service.start, line.part): None for line in lines if line.service}
    for schedule in known:
        found = tuple(
            charge
            for charge in charges(schedule, invoice.due_on, agreed.zone, only(*uses))
            if charge.due_on == invoice.due_on
        )
        path = agreed.way(invoice.customer_id, schedule.customer, invoice.due_on)
        if path is None:
            names = invoice.customer_id, schedule.customer
            raise _Different("invoice", invoice.id, "customerId", *names)
        yield Part(schedule, path, found)


def _among_invoiced(
    tx: Connection, agreed: Agreements, invoice: Invoice, lines: Sequence[LineItem]
) -> Agreements:
    """With the tree above everyone whose lines somebody else pays for."""
    ids = {invoice.schedule_id, *(line.schedule_id for line in lines)}
    known = [agreed.schedules[id] for id in ids if id and id in agreed.schedules]
    others = {one.customer for one in known} - {invoice.customer_id}
    if not others:
        return agreed
    return replace(agreed, known_at=agreed.known_at or invoice.calculated_at).among(tx, others)


def _stored(
    tx: Connection, invoice: Invoice, bodies: Mapping[str, Kept]
) -> tuple[Contents, dict[str, Evidence]]:
    """What stands on the invoice, with the evidence of each line."""
    try:
        stored = invoice_contents.of(tx, invoice.workspace_id, invoice.id)
    except (ArithmeticError, LookupError, ValueError, TypeError, AssertionError) as error:
        problem = f"unreadable ({type(error).__name__})"
        raise _Different("invoice", invoice.id, "contents", problem, "readable") from error
    kept = {}
    for line in stored.lines:
        try:
            kept[line.id] = evidence.read(bodies[line.id])
        except (KeyError, EvidenceUnreadable) as error:
            raise _Different("line", line.id, "evidence", "unreadable", "readable") from error
    return stored, kept


def _is_missed(charge: Charge, billed: Billed) -> bool:
    """Whether no invoice has a charge that is due whatever is used."""
    return charge.billed_as not in billed.charges and not charge.item.on_demand


def _key_of(line: LineItem) -> tuple[str | None, str | None, object, str]:
    start = line.service.start if line.service else None
    return line.schedule_id, line.price_id, start, line.part


def _again(part: Part, charge: Charge, stored: LineItem, kept: Evidence) -> Line:
    """The charge with its metric as of then."""
    metric, counted = charge.item.metric, kept.counted
    if metric is None:
        return Line(part, charge, stored, kept)
    if counted is None:
        raise _Different("line", charge.item.name, "evidence", "nothing counted", "usage")
    item = replace(charge.item, metric=counted.how.metric, metric_name=counted.how.metric_name)
    return Line(part, replace(charge, item=item), stored, kept)


def _mispriced(plan: Plan) -> Difference | None:
    """Where a stored line is not what its price makes of its quantity."""
    found = (mispriced(line.charge, line.stored, line.kept) for line in plan.lines)
    return next((one for one in found if one is not None), None)


def _judged(tx: Connection, plan: Plan) -> Difference | None:
    """Where the invoice as it is stored differs from the one made again."""
    invoice, stored = plan.invoice, plan.stored
    printed = {id: name for group in stored.usage for id, name in group.path}
    if not plan.lines:
        return None
    measured: dict[str, list[Measured]] = {}
    late = list(_adjusted(plan))
    charged = [(place, line) for place, line in enumerate(plan.lines) if line.adjusting is None]
    for place, line in charged:
        measured.setdefault(line.part.schedule.id, []).append(plan.answers[place])
    parts = {line.part.schedule.id: line.part for _, line in charged}
    guests = [
        joined(part.schedule, part.path, measured[id]) for id, part in parts.items() if part.joined
    ]
    own = [one for id, part in parts.items() if not part.joined for one in measured[id]]
    wanted = {who for part in parts.values() for who in part.path}
    wanted.update(
        who for of in measured.values() for one in of for m in one.pool.members for who in m.path
    )
    wanted.update(who for one in late for path in one.paths.values() for who in path)
    wanted.update(who for one in late for who in one.adjusting.path)
    names = printed | customers.names(tx, invoice.workspace_id, wanted - printed.keys())
    taxed = taxed_again(tx, invoice, stored.lines)

    def taxing(_schedule: Schedule, charge: Charge) -> Taxation:
        return taxed[charge.billed_as]

    again = draft(plan.schedule, own, names, guests, late, on=invoice.due_on, taxing=taxing)
    new_id = _new_ids()
    contents = contents_of(again, invoice.id, new_id, stored)
    contents = paid_again(tx, invoice, contents, stored.lines, new_id)
    made = structs.replace(
        invoice,
        customer_id=again.customer,
        currency=again.currency,
        undecided_taxes=again.undecided,
        billing_period=again.billing_period,
        accounting_date=again.accounting_date,
        notes=again.notes,
    )
    made = with_totals(made, contents)
    return first_difference(invoice, replace(stored, evidence=plan.kept), made, contents)


def _new_ids() -> NewId:
    """Ids that are no stored part's."""
    numbers = count(1)
    return lambda: f"new {next(numbers)}"


def _adjusted(plan: Plan) -> Iterator[Adjustment]:
    """The adjustments made again; one that comes to nothing is missed when all are compared."""
    for place, line in enumerate(plan.lines):
        if line.adjusting is not None:
            made = adjustment(line.adjusting, plan.answers[place])
            if made is not None:
                yield made
