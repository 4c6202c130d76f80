"""What a schedule would bill over months to come, were so much used in each. Nothing is written.

The invoices are found and drafted by the code that bills. Up to today counts what was used, and
from tomorrow on what is supposed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from msgspec import structs
from sqlalchemy import Connection

from catchment.core.due.charging import charges
from catchment.core.due.daily import NEVER_USED, DaysUsed, Use, either, only
from catchment.core.invoices.consolidation import Due
from catchment.core.shares.breakdown import Measured
from catchment.core.terms.schedules import Charge, ChargeId, Schedule, UsageKey
from catchment.core.usage.forecasting import Stretch, added, as_many, joined
from catchment.core.usage.metering import GROWING, NO_USAGE, Usage
from catchment.core.values.errors import Invalid
from catchment.core.values.money import quotient
from catchment.core.values.period import NO_END, ONE_DAY, Period, day_after, months_after
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.days_used import days_used
from catchment.flows.billing.agreed.seat_usage import of_seats
from catchment.flows.billing.drafting.draft_contents import contents_of
from catchment.flows.billing.drafting.draft_heads import head, payers
from catchment.flows.billing.drafting.drafts import adjustments, measured
from catchment.flows.billing.drafting.price_dues import MeasuredDue, MeasuredPart, drafted_from
from catchment.flows.billing.late.settlements import last_to_come
from catchment.flows.billing.place_charges import planned
from catchment.flows.billing.previews.invoices_before import with_others
from catchment.flows.billing.previews.next_invoice import NOBODYS, NothingToBill, nobodys
from catchment.flows.billing.previews.suppose_usage import Given, Supposed, supposed, used_by
from catchment.flows.billing.run_billing import unbilled
from catchment.flows.credits.preview_credits import preview_credits
from catchment.store.access import Workspace
from catchment.store.credits.ledger import PaidBy
from catchment.store.invoices import already_billed
from catchment.store.invoices.adjustments import invoices_of
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import Contents
from catchment.usage import UsageStore

MOST_MONTHS = 36
MOST_LINES = 20_000
_MONTHS = 12  # unless asked to go further
_DAYS_OF_A_MONTH = 30


@dataclass(frozen=True, slots=True)
class Simulated:
    """An invoice that may come, its lines, and who pays some of it; its ids are nobody's."""

    invoice: Invoice
    contents: Contents
    paid: tuple[PaidBy, ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """The invoices due up to ``until`` that are not there, in their order, and on what usage.

    ``adjusted`` has the invoice of each line that they adjust: its id and number.
    """

    today: date
    until: date
    usage: tuple[Supposed, ...]
    invoices: tuple[Simulated, ...]
    adjusted: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)


def simulate_schedule(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    schedule_id: str,
    *,
    until: date | None,
    given: Mapping[str, Given],
    now: datetime,
) -> Simulation:
    """The invoices of a schedule that no billing run has drafted yet and that fall due ``until`` a
    day; without one in the next twelve months, of one that is still to begin in its first twelve.

    A draft of a schedule is looked at as if it were started; of one that bills its parent they are
    the invoices of who pays. ``given`` says how much is used, by price or metric; for all else it
    is as last month. Raises NotFound, NothingToBill, Invalid, UsageDropped.
    """
    around = agreements.of_invoices(tx, workspace, [schedule_id])
    schedule = around.schedule(schedule_id)
    zone = ZoneInfo(workspace.timezone)
    today = now.astimezone(zone).date()
    until = _until(max(today, schedule.start), until)
    if not schedule.bills:
        raise NothingToBill.of(schedule)
    billed = already_billed.of(tx, workspace.id, [schedule_id])
    looking = partial(_with_coming, tx, usage, today)
    used_days = looking(around, [schedule], Period(schedule.start, day_after(until)))
    wanted = unbilled(schedule, charges(schedule, until, zone, used_days), billed)
    if wanted:
        agreed, found = planned(tx, *with_others(tx, around, wanted, looking), looking, usage)
        keys = {charge.billed_as for charge in wanted}
        dues = [due for due in found if any(one.billed_as in keys for one in due.charges)]
    else:
        _refuse_names(given)
        last = last_to_come(tx, usage, around, schedule_id, today)
        agreed, dues = around, [due for due in last if due.on <= until]
    _check_size(dues)
    monthly = supposed(tx, usage, agreed, dues, given, today)
    used = _used(tx, usage, agreed, dues, today)
    measured_dues = [_as_supposed(due, used, monthly, today) for due in dues]
    late = adjustments(tx, usage, agreed, dues)
    made = drafted_from(tx, agreed, measured_dues, late)
    known = payers(tx, workspace.id, (draft.customer for _, draft in made))
    unpaid = []
    for number, (due, draft) in enumerate(made, 1):
        id = f"{NOBODYS}-{number}"
        invoice = head(workspace.id, id, due, draft, known[draft.customer], now=now)
        unpaid.append((invoice, contents_of(draft, id, nobodys(id), explained=False)))
    of_credits = nobodys(f"{NOBODYS}-credit")
    paid = preview_credits(tx, workspace, dues, unpaid, now=now, new_id=of_credits)
    simulated = [Simulated(invoice, _uncounted(whole), by) for invoice, whole, by in paid]
    deducted = (of.line.deducted for own in late.values() for of in own)
    taken = {id for one in deducted if one is not None for id in one.line_ids}
    adjusted = invoices_of(tx, workspace.id, taken)
    return Simulation(today, until, tuple(monthly.values()), tuple(simulated), adjusted)


def _with_coming(
    tx: Connection,
    usage: UsageStore,
    today: date,
    agreed: Agreements,
    schedules_asked: Sequence[Schedule],
    days: Period,
) -> DaysUsed:
    """What was used until today, and all days that come: of events to come nothing is known."""
    past = days.intersect(Period(date.min, today + ONE_DAY))
    known = days_used(tx, usage, agreed, schedules_asked, past) if past else NEVER_USED
    coming = days.intersect(Period(today + ONE_DAY, NO_END))
    if coming is None:
        return known
    to_come = [Use(coming.start + n * ONE_DAY) for n in range(coming.days)]
    return either(known, only(*to_come))


def _until(begin: date, until: date | None) -> date:
    """Raises Invalid."""
    last = months_after(begin, begin.day, MOST_MONTHS)
    if until is None:
        return months_after(begin, begin.day, _MONTHS)
    if not begin < until <= last:
        message = f"The day must lie after {begin} and not after {last}, in {MOST_MONTHS} months."
        raise Invalid.field("/until", message)
    return until


def _refuse_names(given: Mapping[str, Given]) -> None:
    """Raises Invalid: nothing is priced, whatever is named."""
    for name in given:
        raise Invalid.field(f"/usage/{name}", "Nothing falls due until then that prices usage.")


def _check_size(dues: Sequence[Due]) -> None:
    """Raises Invalid."""
    lines = sum(len(due.charges) for due in dues)
    if lines > MOST_LINES:
        message = f"That would be {lines:,} lines; ask for fewer months. {MOST_LINES:,} fit."
        raise Invalid.field("/until", message)


def _used(
    tx: Connection, usage: UsageStore, agreed: Agreements, dues: Sequence[Due], today: date
) -> dict[ChargeId, Usage]:
    """What has been used of charges whose days have begun, and all seats."""
    begun = [due for due in dues if any(_is_known(one, today) for one in due.charges)]
    found = measured(tx, usage, agreed, begun) if begun else []
    return {
        one.charge.billed_as: one.usage
        for _, parts in found
        for part in parts
        for of in part.measured
        for one in (of, *of.beside)
    }


def _is_known(charge: Charge, today: date) -> bool:
    """Whether something of what it prices is there by now."""
    metrics = ((one, one.item.metric) for one in (charge, *charge.beside))
    return any(m and (one.read.start <= today or of_seats(m)) for one, m in metrics)


def _as_supposed(
    due: Due,
    used: Mapping[ChargeId, Usage],
    monthly: Mapping[UsageKey, Supposed],
    today: date,
) -> MeasuredDue:
    """What an invoice bills by the usage supposed: that of nobody in particular."""

    def of(charge: Charge) -> Measured:
        metric = charge.item.metric
        beside = tuple(of(one) for one in charge.beside)
        if metric is None:
            return Measured(charge, beside=beside)
        so_far = used.get(charge.billed_as, NO_USAGE)
        by = monthly.get(used_by(charge, metric))
        if by is None:
            return Measured(charge, so_far, beside=beside)
        return Measured(charge, _usage(charge, so_far, by, today), beside=beside)

    parts = tuple(
        MeasuredPart(
            replace(part, schedule=_alone(part.schedule)),
            tuple(one for charge in part.charges for one in [of(charge)] if _is_charged(one)),
        )
        for part in due.parts
    )
    return replace(due, schedule=_alone(due.schedule), parts=tuple(p.part for p in parts)), parts


def _is_charged(one: Measured) -> bool:
    """Whether there is a charge at all: on demand, only where something is used."""
    charge = one.charge
    return not charge.item.on_demand or charge.event is not None or bool(one.usage.pooled)


def _alone(schedule: Schedule) -> Schedule:
    """A schedule whose usage is nobody's share."""
    return replace(schedule, roll_up=False)


def _usage(charge: Charge, used: Usage, by: Supposed, today: date) -> Usage:
    """What is used in all: so far, and from tomorrow on."""
    pooled, coming = _pooled(charge.service, used.pooled, by, today)
    reached = used.reached
    if charge.before is not None:
        reached, _ = _pooled(charge.before, used.reached, by, today)
    times = _times(coming, by)
    values = added(used.values, as_many(by.last_month.values, times)) if times else used.values
    return replace(NO_USAGE, pooled=pooled, values=values, reached=reached)


def _pooled(
    days: Period, used: Decimal, by: Supposed, today: date
) -> tuple[Decimal, tuple[Stretch, ...]]:
    """What is used in ``days``, and what of it is still to come, month by month."""
    aggregation = by.metric.aggregation
    past = days.intersect(Period(date.min, today + ONE_DAY))
    rest = days.intersect(Period(today + ONE_DAY, NO_END))
    coming = by.monthly.within(aggregation, rest) if rest else ()
    so_far = (Stretch(used, past.days),) if past else ()
    return joined(aggregation, (*so_far, *coming)), coming


def _times(coming: Sequence[Stretch], by: Supposed) -> Decimal:
    """How often last month's events come again."""
    if not by.last_month.values or not coming:
        return Decimal(0)
    if by.metric.aggregation in GROWING and by.last_month.pooled:
        return quotient(joined(by.metric.aggregation, coming), by.last_month.pooled)
    return quotient(Decimal(sum(one.days for one in coming)), _DAYS_OF_A_MONTH)


def _uncounted(contents: Contents) -> Contents:
    """Of the events to come nothing is known."""
    lines = (
        line if line.deducted else structs.replace(line, event_count=None)
        for line in contents.lines
    )
    return replace(contents, lines=tuple(lines))
