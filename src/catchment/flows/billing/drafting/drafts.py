"""From charges that are due to drafts: who is measured together, how much, what it costs.

Nothing is written here. Pools are asked for in batches, each measured in one pass over the events,
and only those members are kept that used something: a family of a million passes through, one pool
at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import Generic, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection

from catchment.core.due.pools import Pool, below
from catchment.core.invoices.consolidation import Due, Key, Part
from catchment.core.invoices.invoicing import (
    Adjustment,
    Draft,
    adjustment,
)
from catchment.core.shares.breakdown import Measured
from catchment.core.terms.pricing import SeatPart, bounds, needs_values
from catchment.core.terms.schedules import Charge, Scope
from catchment.core.usage.metering import Metric, UsageQuery
from catchment.core.values.period import Period, days_text
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.counting import Asking, count
from catchment.flows.billing.agreed.onward import Naming, Onward, Pools, pools_of
from catchment.flows.billing.agreed.seat_usage import of_seats
from catchment.flows.billing.agreed.users import Asked, users
from catchment.flows.billing.drafting.answers import Answer
from catchment.flows.billing.drafting.bases import Bases, Read
from catchment.flows.billing.drafting.price_dues import (
    Facts,
    Failures,
    MeasuredDue,
    MeasuredPart,
    as_it_is,
    attempt,
    facts_for,
    price,
)
from catchment.store import stamps
from catchment.store.chunks import batches
from catchment.store.families import aliases
from catchment.store.seats import seat_events
from catchment.store.usage import kept_usage
from catchment.store.usage.kept_usage import UsageDropped
from catchment.usage import UsageStore

_T = TypeVar("_T")

_MEMBERS_AT_ONCE = 200_000


class _Key(msgspec.Struct, frozen=True, gc=False):
    """Who shares all of this asks for the same usage, with the same ``before`` it. ``part`` is of
    seats; the events of a day are one question.
    """

    schedule_id: str
    metric_id: str
    service: Period
    scope: Scope
    before: Period | None
    part: SeatPart

    @property
    def start(self) -> date:
        return (self.before or self.service).start


Answers = Mapping[_Key, Answer]
"""What was measured for charges."""

_Known = dict[int, Measured]
"""By identity of their charges, which the invoice keeps."""


@dataclass(slots=True)
class _Question:
    key: _Key
    part: Part
    metric: Metric
    want_values: bool = False
    want_events: bool = False
    bounds: tuple[Decimal, ...] = ()  # in order

    @property
    def reads(self) -> Period:
        """The days whose usage matters."""
        service = self.key.service
        return service if self.key.before is None else Period(self.key.start, service.end)


def drafted(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    dues: Sequence[Due],
    failures: Failures | None = None,
    last_seq: int | None = None,
    answers: Answers | None = None,
) -> list[tuple[Due, Draft]]:
    """A draft for each of ``dues`` that can be drafted; ``failures`` says why others cannot.

    Without a place to report failures the first one is raised, but for those of schedules that join
    another's invoice: then that goes without them. Events count up to the place ``last_seq``, or
    all there are. What has been measured for them, among others, are ``answers``; without it is
    measured now. ``tx`` is only read from.
    """
    failed: Failures = {} if failures is None else failures
    if answers is None:
        answers = answers_to(tx, usage, agreed, dues, failures, failed, last_seq, explained=True)
    return drafted_from_answers(tx, agreed, dues, answers, failures, failed, as_it_is).made


class Drafted(NamedTuple, Generic[_T]):
    """Drafts, finished, and what they say of customers besides their usage."""

    made: list[tuple[Due, _T]]
    facts: Facts


def drafted_from_answers(
    tx: Connection,
    agreed: Agreements,
    dues: Sequence[Due],
    answers: Answers,
    failures: Failures | None,
    failed: Failures,
    finish: Callable[[Due, Draft], _T],
) -> Drafted[_T]:
    """A draft of each of ``dues`` that can be drafted, whose usage is among ``answers``, as it is
    left by ``finish``.
    """
    found = _answered(dues, answers, failed)
    late = {due.key: _adjustments(due, answers, failed) for due, _ in found}
    known = facts_for(tx, agreed.workspace.id, found, late)
    return Drafted(price(known, found, late, failures, failed, finish), known)


def measured(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    dues: Sequence[Due],
    *,
    stepped: bool = False,
) -> list[MeasuredDue]:
    """What each of ``dues`` bills; the usage says nothing of what evidence is made of, and only
    where it is ``stepped`` who used what in which step of a price: either takes longer.
    """
    failed: Failures = {}
    answers = answers_to(
        tx, usage, agreed, dues, None, failed, None, stepped=stepped, explained=False
    )
    return _answered(dues, answers, failed)


def adjustments(
    tx: Connection, usage: UsageStore, agreed: Agreements, dues: Iterable[Due]
) -> dict[Key, list[Adjustment]]:
    """What each of ``dues`` adjusts of earlier invoices, by what is known now."""
    late = [replace(due, parts=(), day=due.on) for due in dues if due.adjusting]
    if not late:
        return {}
    failed: Failures = {}
    answers = answers_to(tx, usage, agreed, late, None, failed, None, explained=True)
    return {due.key: _adjustments(due, answers, failed) for due in late}


def _answered(dues: Iterable[Due], answers: Answers, failed: Failures) -> list[MeasuredDue]:
    return [
        (
            due,
            tuple(
                MeasuredPart(
                    part, tuple(_measured(charge, answers, known) for charge in part.charges)
                )
                for part in due.parts
                if part.schedule.id not in failed
            ),
        )
        for due in dues
        for known in [_Known()]
        if due.schedule.id not in failed
    ]


def _adjustments(due: Due, answers: Answers, failed: Failures) -> list[Adjustment]:
    """What the invoice adjusts, as far as it comes to anything and could be measured."""
    found: list[Adjustment] = []
    for one in due.adjusting:
        if one.schedule.id not in failed:
            make = partial(adjustment, one, _measured(one.charge, answers, {}))
            made = attempt(one.schedule, failed, make)
            found += [] if made is None else [made]
    return found


def answers_to(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    dues: Sequence[Due],
    failures: Failures | None,
    failed: Failures,
    last_seq: int | None,
    *,
    explained: bool,
    stepped: bool = True,
) -> Answers:
    """The usage behind every charge that has any, with the pool's members that used something.

    Members are seen from who pays. Failures of parts that join are told to ``failed``. What is
    ``stepped`` comes with who used what in which step of its price, as sharing by Method.MARGINAL
    asks; what is ``explained`` with evidence.
    """
    answers: dict[_Key, Answer] = {}
    workspace_id = agreed.workspace.id
    known_at = stamps.known_at(tx, workspace_id) if explained else None
    last_seat = seat_events.last_place(tx, workspace_id)
    questions = _questions(dues, stepped=stepped)
    asked = [Asked(one.part.schedule, one.metric, agreed.span(one.reads)) for one in questions]
    agreed, last_seq = users(tx, usage, agreed, asked, last_seq)
    since = kept_usage.first_day(tx, workspace_id)
    pools_asked = _pools(agreed, questions, since, failures, failed)
    for batch in batches(pools_asked, _weight, _MEMBERS_AT_ONCE):
        pools_of_all = {id(pool): pool for _, pools in batch for pool in pools}  # many share one
        everyone = {m.customer for pool in pools_of_all.values() for m in pool.members}
        naming = Naming(aliases.names_of(tx, workspace_id, everyone))
        bases = Bases(agreed, naming)
        asking = [_asking(question, pools, naming) for question, pools in batch]
        made = count(
            tx, usage, workspace_id, agreed.zone, asking, last_seq=last_seq, last_seat=last_seat
        )
        last_seq = made.last_seq
        read = None if known_at is None else Read(known_at, last_seq, last_seat)
        for (question, pools), one, used in zip(batch, asking, made.answers, strict=True):
            found = tuple([m for m in pools.now.members if m.customer in used.members])
            if len(found) == len(pools.now.members):
                found = pools.now.members  # mostly, and then the same for many questions
            before = one.onward.before
            if before:
                before = tuple([m for m in before if m.customer in used.members_reached])
            basis = None
            if read is not None:
                basis = bases.of(
                    question.part, question.key.service, pools.now, found, before, read
                )
            members = below(question.part.path, found)
            answers[question.key] = Answer(used, Pool(members, ()), basis, agreed.zone)
    return answers


def _questions(dues: Iterable[Due], *, stepped: bool) -> Collection[_Question]:
    questions: dict[_Key, _Question] = {}
    edges: dict[int, tuple[Decimal, ...]] = {}  # of prices, by identity: contracts share them
    for due in dues:
        late = (Part(one.schedule, one.path, (one.charge,)) for one in due.adjusting)
        for part in (*due.parts, *late):
            # One that stands beside others is the same there.
            charges = {id(one): one for asked in part.charges for one in (asked, *asked.beside)}
            for charge in charges.values():
                price, metric = charge.item.price, charge.item.metric
                if metric is None:
                    continue
                key = _key(charge, metric)
                question = questions.get(key)
                if question is None:
                    question = questions[key] = _Question(key, part, metric)
                question.want_values |= needs_values(price)
                question.want_events |= charge.event is not None
                if stepped and part.schedule.roll_up:
                    # Whose share it is depends on who came first.
                    own, known = edges.get(id(price)), question.bounds
                    if own is None:
                        own = edges[id(price)] = bounds(price)
                    if own != known:
                        question.bounds = tuple(sorted({*own, *known})) if known else own
    return questions.values()


def _pools(
    agreed: Agreements,
    questions: Iterable[_Question],
    since: date | None,
    failures: Failures | None,
    failed: Failures,
) -> Iterator[tuple[_Question, Pools]]:
    """Whom to measure for each question; a failure is one about usage of before ``since``.

    Nothing is measured for a part where one of its questions fails.
    """
    for _, some in groupby(questions, key=lambda question: id(question.part)):
        of_part = list(some)
        part = of_part[0].part
        make = partial(_of_part, agreed, of_part, since)
        pools = attempt(part.schedule, failed if part.joined else failures, make)
        if pools is not None:
            yield from zip(of_part, pools, strict=True)


def _of_part(agreed: Agreements, questions: Iterable[_Question], since: date | None) -> list[Pools]:
    """Raises UsageDropped."""
    found: list[Pools] = []
    for question in questions:
        key = question.key
        if since is not None and key.start < since and not of_seats(question.metric):
            raise UsageDropped.before(since, f"what is charged for {days_text(key.service)}")
        charged = key.service, key.before
        schedule = question.part.schedule
        found.append(pools_of(agreed, schedule, key.metric_id, charged, key.scope))
    return found


def _weight(asked: tuple[_Question, Pools]) -> int:
    now, before = asked[1]
    return len(now.members) + len(before.members) + 1


def _asking(question: _Question, pools: Pools, naming: Naming) -> Asking:
    query = UsageQuery(
        question.metric,
        naming.members(pools.now),
        question.want_values,
        question.bounds,
        question.want_events,
    )
    key, payer = question.key, question.part.schedule.customer
    return Asking(Onward(query, naming.members(pools.before)), key.service, payer, key.part)


def _measured(charge: Charge, answers: Answers, known: _Known) -> Measured:
    """The charge with its usage; one that stands beside others of an invoice is the same there."""
    found = known.get(id(charge))
    if found is None:
        metric = charge.item.metric
        beside = tuple([_measured(one, answers, known) for one in charge.beside])
        if metric is None:
            found = Measured(charge, beside=beside)
        else:
            found = answers[_key(charge, metric)].measured(charge, beside)
        known[id(charge)] = found
    return found


def _key(charge: Charge, metric: Metric) -> _Key:
    return _Key(
        charge.schedule_id,
        metric.id,
        charge.service,
        charge.item.scope,
        charge.before,
        charge.part if isinstance(charge.part, SeatPart) else SeatPart.ALL,
    )
