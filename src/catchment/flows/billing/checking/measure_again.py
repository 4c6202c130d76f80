"""Measure what made the lines of issued invoices once more, as it was known then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from catchment.core.due.pools import Pool, below
from catchment.core.invoices.adjustments import Adjusting
from catchment.core.invoices.consolidation import Part
from catchment.core.shares.breakdown import Basis, Measured
from catchment.core.terms.pricing import bounds, needs_values
from catchment.core.terms.schedules import Charge, ChargeId, Schedule
from catchment.core.usage.metering import Member, Metric, Usage, UsageQuery
from catchment.core.values.period import Span
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.counting import Asking, count
from catchment.flows.billing.agreed.onward import Naming, Pools, onward, pools_of
from catchment.flows.billing.agreed.seat_usage import of_seats
from catchment.flows.billing.agreed.users import Asked, users
from catchment.flows.billing.drafting.answers import Answer
from catchment.store.families import aliases
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.evidence import Evidence
from catchment.store.invoices.rows.invoice_parts import Contents, LineItem
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


class _Read(NamedTuple):
    """Up to which usage event, seat event and instant everything was read."""

    last_seq: int
    last_seat: int
    known_at: datetime


class _Question(NamedTuple):
    """A charge to be measured for a line of a plan: it is the line's, or beside it."""

    plan: Plan
    line: Line
    charge: Charge
    metric: Metric
    read: _Read

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
    asked: dict[tuple[_Read, int], list[_Question]] = {}
    for plan in plans:
        for line in plan.lines:
            for one in _questions(plan, line):
                asked.setdefault((one.read, id(plan.agreed)), []).append(one)
    measured: dict[tuple[int, ChargeId], Measured] = {}
    for (read, _), wanted in asked.items():
        alike = _alike(wanted)
        questions = [one for one, *_ in alike]
        agreed = _among_users(tx, usage, questions, read.last_seq)
        pools = [_pools(agreed, one) for one in questions]
        everyone = {m.customer for both in pools for pool in both for m in pool.members}
        naming = Naming(aliases.names_of(tx, workspace_id, everyone, read.known_at))
        asking = [_asking(one, both, naming) for one, both in zip(questions, pools, strict=True)]
        last_seq, last_seat, _ = read
        answers = count(
            tx, usage, workspace_id, agreed.zone, asking, last_seq=last_seq, last_seat=last_seat
        ).answers
        for same, both, ask, used in zip(alike, pools, asking, answers, strict=True):
            before = tuple(m for m in ask.onward.before if m.customer in used.members_reached)
            answer = _answer(agreed, same[0], both.now, used, naming, before)
            for one in same:
                measured[id(one.line), one.charge.billed_as] = answer.measured(one.charge)
    for plan in plans:
        for place, line in enumerate(plan.lines):
            own, *beside = (
                measured.get((id(line), one.billed_as), Measured(one))
                for one in (line.charge, *line.charge.beside)
            )
            plan.answers[place] = replace(own, charge=line.charge, beside=tuple(beside))


def _questions(plan: Plan, line: Line) -> Iterator[_Question]:
    """What is to be measured for a line, as it was: all of it by one reading."""
    read = _read(line)
    if read is None:
        return
    for charge in {one.billed_as: one for one in (*line.charge.beside, line.charge)}.values():
        if charge.item.metric is not None:
            yield _Question(plan, line, charge, charge.item.metric, read)


def _read(line: Line) -> _Read | None:
    """What was read for a line. One that only takes back others read nothing of its own."""
    counted, stored = line.kept.counted, line.stored
    last_seq, last_seat, known_at = stored.last_seq, stored.last_seat, stored.known_at
    if counted is not None:
        known_at = counted.known_at
        if of_seats(counted.how.metric):
            last_seat = counted.last_seq
        else:
            last_seq = counted.last_seq
    return None if known_at is None else _Read(last_seq or 0, last_seat or 0, known_at)


def _alike(questions: Sequence[_Question]) -> list[list[_Question]]:
    """The questions, those of the events of one day together: they are measured at once."""
    found: dict[object, list[_Question]] = {}
    for place, one in enumerate(questions):
        charge = one.charge
        key: object = place
        if charge.event is not None:
            whose = one.line.part.schedule.id, one.metric, charge.item.scope
            key = *whose, charge.service, charge.before
        found.setdefault(key, []).append(one)
    return list(found.values())


def _among_users(
    tx: Connection, usage: UsageStore, questions: Sequence[_Question], last_seq: int
) -> Agreements:
    asked = [Asked(one.line.part.schedule, one.metric, one.reads) for one in questions]
    return users(tx, usage, questions[0].plan.agreed, asked, last_seq).agreed


def _pools(agreed: Agreements, one: _Question) -> Pools:
    charged = one.charge.service, one.charge.before
    return pools_of(agreed, one.line.part.schedule, one.metric.id, charged, one.charge.item.scope)


def _asking(one: _Question, pools: Pools, naming: Naming) -> Asking:
    charge, schedule = one.charge, one.line.part.schedule
    edges = bounds(charge.item.price) if schedule.roll_up else ()
    of_events = charge.event is not None
    query = UsageQuery(one.metric, (), needs_values(charge.item.price), edges, of_events)
    return Asking(onward(query, pools, naming), charge.service, schedule.customer, charge.part)


def _answer(
    agreed: Agreements,
    one: _Question,
    pool: Pool,
    used: Usage,
    naming: Naming,
    before: tuple[Member, ...],
) -> Answer:
    found = tuple(member for member in pool.members if member.customer in used.members)
    part = one.line.part
    above = agreed.links_above(part)
    basis = Basis(
        one.span,
        {m.customer: naming.aliases(m.customer) for m in found},
        {member.customer: above + agreed.links(part.schedule, member) for member in found},
        one.read.last_seq,
        one.read.known_at,
        part.schedule.exclusions,
        before,
        one.read.last_seat,
    )
    return Answer(used, Pool(below(part.path, found), ()), basis, agreed.zone)
