"""Which charges that are billed for good may cost something else by now.

Looked for from what came late, not from what was billed: from names to customers, from there up the
tree to the schedules that can have measured them, and only their lines are read. Besides, a charge
is looked at whose lines in force do not know of each other, because one of them was voided, one
that was agreed anew, and one that depends on another which was adjusted before it could be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from catchment.core.due.charging import charges
from catchment.core.due.daily import Use, only
from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.adjustments import (
    ORIGINAL,
    Adjusting,
    BilledLine,
    agreed_anew,
    up_to_date,
)
from catchment.core.invoices.consolidation import Due
from catchment.core.invoices.lines import Line, adjustment
from catchment.core.shares.breakdown import Measured
from catchment.core.terms.schedules import Charge, ChargeId, Schedule, part_of
from catchment.core.usage.metering import Aggregation
from catchment.core.values.period import Span
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.metrics_then import as_billed
from catchment.flows.billing.agreed.seat_usage import late_seats
from catchment.flows.billing.drafting.drafts import drafted
from catchment.flows.billing.late.adjusted_again import charges_called, dropped_charge
from catchment.store.families import aliases
from catchment.store.invoices import adjustments, lines_behind
from catchment.store.invoices.adjustments import IssuedLine, Stretch
from catchment.store.schedules import changed_charges, schedules
from catchment.store.usage import kept_usage
from catchment.usage import MeasuredTo, UsageStore

_Lines = Mapping[ChargeId, list[IssuedLine]]


def late(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    last_seq: int | None = None,
    *,
    hosts: Collection[str] | None = None,
    renewed: Collection[str] | None = (),
) -> list[Adjusting]:
    """Charges on issued invoices of the schedules ``hosts`` (None: of all) to be measured again,
    by what is known up to the place ``last_seq`` (None: by now), the oldest service first.

    A charge that a draft adjusts already is left to it, unless the draft is one of those
    ``renewed`` (None: of all there are). Whether a schedule wants to be adjusted is not asked.
    """
    workspace = agreed.workspace.id
    touched = _touched(tx, usage, agreed, last_seq, hosts)
    found: dict[ChargeId, list[IssuedLine]] = {}
    if touched:
        everyone = {who for own in touched.values() for who in own}
        agreed = agreed.among(tx, everyone)
        reach = {stretch: agreed.forest.linked_above(own) for stretch, own in touched.items()}
        whose = set().union(*reach.values())
        within = adjustments.lines_within(tx, workspace, whose, {s.service for s in touched})
        for charge, lines in within.items():
            issued = [one for one in lines if one.issued]
            measured = adjustments.measured_by(issued) if issued else None
            if measured in reach and issued[0].customer in reach[measured]:
                found[charge] = lines
    known = adjustments.lines_of(
        tx, workspace, adjustments.adjusted(tx, workspace, hosts) - found.keys()
    )
    found |= {charge: lines for charge, lines in known.items() if not _consistent(lines)}
    changed = changed_charges.of(tx, workspace, hosts)
    found |= _issued(adjustments.lines_of(tx, workspace, changed - found.keys()))
    beside = (_beside(tx, agreed, found) | _behind(tx, agreed, hosts)) - found.keys()
    found |= _issued(adjustments.lines_of(tx, workspace, beside))
    free = {charge: lines for charge, lines in found.items() if not _is_open(lines, renewed)}
    if hosts is not None:
        free = {charge: lines for charge, lines in free.items() if _host(lines) in hosts}
    return _adjusting(tx, agreed, free, changed)


def adjustment_lines(
    tx: Connection, usage: UsageStore, agreed: Agreements, found: Iterable[Adjusting], on: date
) -> dict[ChargeId, Line]:
    """The line that each of these adjustments would be on an invoice of the day ``on``, by charge.

    Those that come to nothing are left out.
    """
    dues = [Due(one.schedule, (), ordinal, (one,), day=on) for ordinal, one in enumerate(found)]
    return {
        line.billed_as: line for _, made in drafted(tx, usage, agreed, dues) for line in made.lines
    }


def standing(
    tx: Connection, agreed: Agreements, wanted: Collection[ChargeId]
) -> dict[ChargeId, tuple[set[str], bool]]:
    """The lines on issued invoices of some charges, and whether a draft adjusts them."""
    found = adjustments.lines_of(tx, agreed.workspace.id, wanted)
    return {
        charge: ({one.standing.id for one in lines if one.issued}, _is_open(lines))
        for charge, lines in found.items()
    }


def stale(tx: Connection, workspace_id: str, line_ids: Collection[str]) -> set[str]:
    """Those of some adjustments that are on drafts and deduct other lines than are in force now."""
    if not line_ids:
        return set()
    found = adjustments.lines_called(tx, workspace_id, line_ids)
    drafts = [one for one in found if not one.issued]
    now = adjustments.lines_of(tx, workspace_id, {one.charge for one in drafts})
    return {
        one.standing.id
        for one in drafts
        for issued in [[line.standing for line in now[one.charge] if line.issued]]
        if not up_to_date([*issued, one.standing])
    }


def _touched(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    last_seq: int | None,
    hosts: Collection[str] | None,
) -> dict[Stretch, set[CustomerId]]:
    """Whose usage something came late for, by what had been measured."""
    workspace = agreed.workspace.id
    since = kept_usage.since(tx, workspace)
    stretches = [
        one
        for one in adjustments.stretches(tx, workspace, hosts)
        if since is None
        or agreed.span(one.reads).start >= since
        or one.aggregation is Aggregation.SEATS
    ]
    if not stretches:
        return {}
    of_events = [
        place for place, one in enumerate(stretches) if one.aggregation is not Aggregation.SEATS
    ]
    measured = [
        MeasuredTo(
            one.event_type,
            Span(one.aggregation.reads_from(span.start), span.end),
            one.last_seq,
            one.known_at,
        )
        for one in (stretches[place] for place in of_events)
        for span in [agreed.span(one.reads)]
    ]
    renamed = adjustments.renamed(tx, workspace, min(one.known_at for one in stretches))
    found = set(late_seats(tx, workspace, stretches, renamed, agreed.zone))
    if measured:
        late_events = usage.late(workspace, measured, renamed, last_seq)
        found |= {(of_events[place], name) for place, name in late_events}
    if not found:
        return {}
    owners = aliases.owners(tx, workspace, {name for _, name in found})
    before = adjustments.owners_before(tx, workspace, {name for name, _ in renamed})
    touched: defaultdict[Stretch, set[CustomerId]] = defaultdict(set)
    for place, name in found:
        if name in owners:
            touched[stretches[place]].add(owners[name])
        touched[stretches[place]].update(before.get(name, ()))
    return {stretch: own for stretch, own in touched.items() if own}


def _beside(tx: Connection, agreed: Agreements, found: _Lines) -> set[ChargeId]:
    """The charges that discounts and minimums make of the charges ``found``, among others."""
    until: dict[str, date] = {}
    uses = {Use(start, part_of(part)) for _, _, start, part in found}
    for (schedule_id, *_), lines in found.items():
        due_on = max(one.due_on for one in lines)
        until[schedule_id] = max(due_on, until.get(schedule_id, due_on))
    known = _schedules(tx, agreed, until)
    return {
        charge.billed_as
        for id, due_on in until.items()
        for charge in charges(known[id], due_on, agreed.zone, only(*uses))
        if any(one.billed_as in found for one in charge.beside)
    }


def _behind(tx: Connection, agreed: Agreements, hosts: Collection[str] | None) -> set[ChargeId]:
    """The discounts and minimums that do not know yet what charges on another's invoice came to."""
    workspace = agreed.workspace.id
    known = lines_behind.behind(tx, workspace, hosts)
    again = adjustments.lines_of(tx, workspace, known.keys())
    return _beside(tx, agreed, again) & set().union(*known.values())


def _schedules(tx: Connection, agreed: Agreements, ids: Iterable[str]) -> Mapping[str, Schedule]:
    """The schedules agreed, and those ``ids`` that are not among them."""
    missing = set(ids) - agreed.schedules.keys()
    found = schedules.some(tx, agreed.workspace.id, missing)
    return {**agreed.schedules, **{one.id: one for one in found}}


def _consistent(lines: Iterable[IssuedLine]) -> bool:
    """Whether the last line of a charge that was issued knew all the others."""
    issued = [one.standing for one in lines if one.issued]
    return not issued or up_to_date(issued)


def _issued(found: _Lines) -> dict[ChargeId, list[IssuedLine]]:
    """Those of some charges that have an issued line."""
    return {charge: own for charge, own in found.items() if any(one.issued for one in own)}


def _is_open(lines: Iterable[IssuedLine], renewed: Collection[str] | None = ()) -> bool:
    """Whether nothing is billed for good, or a draft other than ``renewed`` adjusts it."""
    return all(not one.issued for one in lines) or any(
        not one.issued and renewed is not None and one.invoice_id not in renewed for one in lines
    )


def _host(lines: Iterable[IssuedLine]) -> str:
    return next(one.host_id for one in lines if one.issued)


def _adjusting(
    tx: Connection, agreed: Agreements, found: _Lines, changed: Collection[ChargeId]
) -> list[Adjusting]:
    if not found:
        return []
    workspace = agreed.workspace.id
    issued = {charge: [one for one in own if one.issued] for charge, own in found.items()}
    agreed = agreed.among(tx, {own[0].customer for own in issued.values()})
    lines = [one for own in issued.values() for one in own]
    billed = adjustments.with_shares(tx, workspace, lines)
    known = _schedules(tx, agreed, {schedule for schedule, *_ in issued})
    charged = _charged(agreed, known, lines)
    made = [
        one
        for id, own in issued.items()
        for one in [_one(tx, agreed, known[id[0]], charged.get(id), own, billed)]
        if one is not None
    ]
    measured = as_billed(tx, workspace, [one.charge for one in made])
    made = [replace(one, charge=charge) for one, charge in zip(made, measured, strict=True)]
    return sorted(
        (one for one in agreed_anew(made, changed) if not _is_settled(one)),
        key=lambda one: (one.charge.service, one.schedule.id, one.charge.item.id),
    )


def _is_settled(one: Adjusting) -> bool:
    """Whether it comes to nothing, as far as that is known without measuring anything."""
    measured = [Measured(charge) for charge in one.charge.beside]
    if any(charge.item.metric for charge in (one.charge, *one.charge.beside)):
        return False
    return adjustment(one, Measured(one.charge, beside=tuple(measured))) is None


def _one(
    tx: Connection,
    agreed: Agreements,
    schedule: Schedule,
    charge: Charge | None,
    lines: list[IssuedLine],
    billed: Mapping[str, BilledLine],
) -> Adjusting | None:
    """The charge as it is agreed, or where it is not, was before it was dropped.

    None where it never was, or the tree has no way to who paid: guards keep both from happening to
    what is invoiced.
    """
    first, last = lines[0], lines[-1]
    dropped = charge is None
    if charge is None:
        until = max(one.due_on for one in lines)
        charge = dropped_charge(tx, agreed, schedule, first.charge, until)
    if charge is None:
        return None
    path: tuple[CustomerId, ...] | None = (schedule.customer,)
    if first.payer != schedule.customer:
        path = agreed.way(first.payer, schedule.customer, charge.due_on)
    if path is None:
        return None
    return Adjusting(
        schedule,
        charge,
        path,
        first.host_id,
        last.standing.number + 1,
        tuple(billed[one.standing.id] for one in lines),
        reverses=first.standing.number != ORIGINAL,
        dropped=dropped,
    )


def _charged(
    agreed: Agreements, known: Mapping[str, Schedule], lines: Iterable[IssuedLine]
) -> dict[ChargeId, Charge]:
    """What these lines were billed for, as it is agreed now; what is dropped is left out."""
    of_schedules: defaultdict[str, list[IssuedLine]] = defaultdict(list)
    for line in lines:
        of_schedules[line.charge[0]].append(line)
    found: dict[ChargeId, Charge] = {}
    for id, own in of_schedules.items():
        until = max(line.due_on for line in own)
        found |= charges_called(agreed, known[id], {line.charge for line in own}, until)
    return found
