"""Measuring issued lines anew: the events, the tree and the metrics that counted then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.adjustments import Adjusting
from catchment.core.breakdown import Basis, Measured
from catchment.core.consolidation import Part
from catchment.core.metering import Member, Usage, UsageQuery
from catchment.core.period import Span
from catchment.core.pools import Pool, below
from catchment.core.pricing import bounds, needs_values
from catchment.core.schedules import Charge, Schedule
from catchment.flows.billing.agreements import Agreements
from catchment.flows.billing.seat_usage import of_seats, seats
from catchment.flows.billing.users import Asked, users
from catchment.store.families import aliases
from catchment.store.invoices.evidence import Counted, Evidence
from catchment.store.invoices.invoice_parts import Contents, LineItem
from catchment.store.invoices.invoices import Invoice
from catchment.usage import UsageStore


@dataclass(frozen=True, slots=True)
class LineAgain:
    """A charge to be made again, with what is kept of how it was made."""

    part: Part
    charge: Charge
    stored: LineItem
    kept: Evidence
    adjusting: Adjusting | None = None


@dataclass(slots=True)
class Plan:
    """An invoice to be made again."""

    invoice: Invoice
    schedule: Schedule
    agreed: Agreements
    stored: Contents
    kept: Mapping[str, Evidence]
    lines: list[LineAgain] = field(default_factory=list)
    answers: dict[int, Measured] = field(default_factory=dict)  # by place in ``lines``


def measure(tx: Connection, usage: UsageStore, workspace_id: str, plans: Sequence[Plan]) -> None:
    """Measure all lines of ``plans`` anew, those together that read up to the same event."""
    asked: dict[tuple[bool, int, datetime, int], list[tuple[Plan, int, Counted]]] = {}
    for plan in plans:
        for place, line in enumerate(plan.lines):
            counted = line.kept.counted
            if counted is None:
                plan.answers[place] = Measured(line.charge)
            else:
                kind = of_seats(counted.metric)
                key = kind, counted.last_seq, counted.known_at, id(plan.agreed)
                asked.setdefault(key, []).append((plan, place, counted))
    for (kind, last_seq, known_at, _), questions in asked.items():
        agreed = _among_users(tx, usage, questions, last_seq)
        pools = [_pool(agreed, *question) for question in questions]
        everyone = {member.customer for pool in pools for member in pool.members}
        known = aliases.of_customers(tx, workspace_id, everyone, known_at)
        names = {who: (who, *(alias.value for alias in known.get(who, ()))) for who in everyone}
        queries = [
            _query(plan.lines[place], counted, pool, names)
            for (plan, place, counted), pool in zip(questions, pools, strict=True)
        ]
        if kind:
            found = _seats(tx, workspace_id, questions, queries, last_seq)
        else:
            found = usage.reading(workspace_id, queries, last_seq).answers
        for (plan, place, counted), pool, used in zip(questions, pools, found, strict=True):
            plan.answers[place] = _measured(agreed, plan, place, counted, pool, used, names)


def _seats(
    tx: Connection,
    workspace_id: str,
    questions: Sequence[tuple[Plan, int, Counted]],
    queries: Sequence[UsageQuery],
    last_place: int,
) -> Sequence[Usage]:
    return [
        seats(
            tx,
            workspace_id,
            query,
            plan.lines[place].charge.service,
            plan.agreed.zone,
            payer=plan.lines[place].part.schedule.customer,
            part=plan.lines[place].charge.part,
            up_to=last_place,
        )
        for (plan, place, _), query in zip(questions, queries, strict=True)
    ]


def _among_users(
    tx: Connection,
    usage: UsageStore,
    questions: Sequence[tuple[Plan, int, Counted]],
    last_seq: int,
) -> Agreements:
    asked = [
        Asked(plan.lines[place].part.schedule, counted.metric, _span(plan, place))
        for plan, place, counted in questions
    ]
    plan, _, _ = questions[0]
    return users(tx, usage, plan.agreed, asked, last_seq).agreed


def _span(plan: Plan, place: int) -> Span:
    return plan.lines[place].charge.service.span(plan.agreed.zone)


def _pool(agreed: Agreements, plan: Plan, place: int, counted: Counted) -> Pool:
    line = plan.lines[place]
    scope = line.charge.item.scope
    return agreed.pool(line.part.schedule, counted.metric.id, _span(plan, place), scope)


def _query(
    line: LineAgain, counted: Counted, pool: Pool, names: Mapping[str, tuple[str, ...]]
) -> UsageQuery:
    price = line.charge.item.price
    return UsageQuery(
        counted.metric,
        tuple(Member(m.customer, names[m.customer], m.spans) for m in pool.members),
        needs_values(price),
        bounds(price) if line.part.schedule.roll_up else (),
    )


def _measured(
    agreed: Agreements,
    plan: Plan,
    place: int,
    counted: Counted,
    pool: Pool,
    used: Usage,
    names: Mapping[str, tuple[str, ...]],
) -> Measured:
    found = tuple(member for member in pool.members if member.customer in used.members)
    part, charge = plan.lines[place].part, plan.lines[place].charge
    above = agreed.links_above(part)
    basis = Basis(
        _span(plan, place),
        {member.customer: names[member.customer] for member in found},
        {member.customer: above + agreed.links(part.schedule, member) for member in found},
        counted.last_seq,
        counted.known_at,
        part.schedule.exclusions,
    )
    return Measured(charge, used, Pool(below(part.path, found), ()), basis)
