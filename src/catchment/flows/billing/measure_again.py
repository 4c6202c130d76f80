"""Measure what made the lines of issued invoices once more, as it was known then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from catchment.core.adjustments import Adjusting
from catchment.core.breakdown import Basis, Measured
from catchment.core.consolidation import Part
from catchment.core.metering import Member, Metric, Usage, UsageQuery
from catchment.core.period import Span
from catchment.core.pools import Pool, below
from catchment.core.pricing import bounds, needs_values
from catchment.core.schedules import Charge, ChargeId, Schedule
from catchment.flows.billing.agreements import Agreements
from catchment.flows.billing.onward import Pools, onward, pools_of, read_onward
from catchment.flows.billing.users import Asked, users
from catchment.store.families import aliases
from catchment.store.invoices.evidence import Evidence
from catchment.store.invoices.invoice_parts import Contents, LineItem
from catchment.store.invoices.invoices import Invoice
from catchment.usage import UsageStore


@dataclass(frozen=True, slots=True)
class Line:
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
    lines: list[Line] = field(default_factory=list)
    answers: dict[int, Measured] = field(default_factory=dict)  # by place in ``lines``


class _Question(NamedTuple):
    """A charge to be measured for a line of a plan: it is the line's, or beside it."""

    plan: Plan
    line: Line
    charge: Charge
    metric: Metric
    last_seq: int
    known_at: datetime

    @property
    def span(self) -> Span:
        return self.charge.service.span(self.plan.agreed.zone)

    @property
    def reads(self) -> Span:
        return self.charge.read.span(self.plan.agreed.zone)


def measure_again(
    tx: Connection, usage: UsageStore, workspace_id: str, plans: Sequence[Plan]
) -> None:
    """Measure all lines of ``plans`` anew, those together that read up to the same event."""
    asked: dict[tuple[int, datetime, int], list[_Question]] = {}
    for plan in plans:
        for line in plan.lines:
            for one in _questions(plan, line):
                key = one.last_seq, one.known_at, id(plan.agreed)
                asked.setdefault(key, []).append(one)
    measured: dict[tuple[int, ChargeId], Measured] = {}
    for (last_seq, known_at, _), questions in asked.items():
        agreed = _among_users(tx, usage, questions, last_seq)
        pools = [_pools(agreed, one) for one in questions]
        everyone = {m.customer for both in pools for pool in both for m in pool.members}
        known = aliases.of_customers(tx, workspace_id, everyone, known_at)
        names = {who: tuple(alias.value for alias in found) for who, found in known.items()}
        queries = [
            onward(_query(one), both, names) for one, both in zip(questions, pools, strict=True)
        ]
        answers = read_onward(usage, workspace_id, queries, last_seq).answers
        for one, both, query, used in zip(questions, pools, queries, answers, strict=True):
            before = tuple(m for m in query.before if m.customer in used.members_reached)
            made = _measured(agreed, one, both.now, used, names, before)
            measured[id(one.line), one.charge.billed_as] = made
    for plan in plans:
        for place, line in enumerate(plan.lines):
            own, *beside = (
                measured.get((id(line), one.billed_as), Measured(one))
                for one in (line.charge, *line.charge.beside)
            )
            plan.answers[place] = replace(own, charge=line.charge, beside=tuple(beside))


def _questions(plan: Plan, line: Line) -> Iterator[_Question]:
    """What is to be measured for a line, as it was: all of it by one reading."""
    counted = line.kept.counted
    last_seq = line.stored.last_seq if counted is None else counted.last_seq
    known_at = line.stored.known_at if counted is None else counted.known_at
    if last_seq is None or known_at is None:
        return
    for charge in {one.billed_as: one for one in (*line.charge.beside, line.charge)}.values():
        if charge.item.metric is not None:
            yield _Question(plan, line, charge, charge.item.metric, last_seq, known_at)


def _among_users(
    tx: Connection, usage: UsageStore, questions: Sequence[_Question], last_seq: int
) -> Agreements:
    asked = [Asked(one.line.part.schedule, one.metric, one.reads) for one in questions]
    return users(tx, usage, questions[0].plan.agreed, asked, last_seq).agreed


def _pools(agreed: Agreements, one: _Question) -> Pools:
    charged = one.charge.service, one.charge.before
    return pools_of(agreed, one.line.part.schedule, one.metric.id, charged, one.charge.item.scope)


def _query(one: _Question) -> UsageQuery:
    """Of nobody yet."""
    price = one.charge.item.price
    edges = bounds(price) if one.line.part.schedule.roll_up else ()
    return UsageQuery(one.metric, (), needs_values(price), edges)


def _measured(
    agreed: Agreements,
    one: _Question,
    pool: Pool,
    used: Usage,
    names: Mapping[str, tuple[str, ...]],
    before: tuple[Member, ...],
) -> Measured:
    found = tuple(member for member in pool.members if member.customer in used.members)
    part = one.line.part
    above = agreed.links_above(part)
    basis = Basis(
        one.span,
        {m.customer: (m.customer, *names.get(m.customer, ())) for m in found},
        {member.customer: above + agreed.links(part.schedule, member) for member in found},
        one.last_seq,
        one.known_at,
        part.schedule.exclusions,
        before,
    )
    return Measured(one.charge, used, Pool(below(part.path, found), ()), basis)
