"""From charges that are due to drafts: who is measured together, how much, what it costs.

Nothing is written here. Pools are asked for in batches, each measured in one pass over the events,
and only those members are kept that used something: a family of a million passes through, one pool
at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from catchment.core.breakdown import Basis, Measured, named
from catchment.core.control import Failure
from catchment.core.invoicing import Draft, draft
from catchment.core.metering import Member, Metric, Usage, UsageQuery
from catchment.core.period import Period
from catchment.core.pools import Pool
from catchment.core.pricing import bounds, needs_values
from catchment.core.schedules import Charge, Schedule, Scope
from catchment.flows.agreements import Agreements
from catchment.flows.users import Asked, users
from catchment.store import aliases, customers, stamps
from catchment.usage import UsageStore

_MEMBERS_AT_ONCE = 200_000
_T = TypeVar("_T")
_Key = tuple[str, str, Period, Scope]
"""Schedule, metric, service and scope: who shares all of these asks for the same usage."""

_Answer = tuple[Usage, Pool, Basis]


@dataclass(frozen=True, slots=True)
class Due:
    """What one invoice bills: the charges of ``schedule`` that fall due on one day."""

    schedule: Schedule
    charges: tuple[Charge, ...]

    @property
    def on(self) -> date:
        return self.charges[0].due_on


Failures = dict[str, Failure]
"""By schedule: one that failed is not asked again."""


@dataclass(slots=True)
class _Question:
    key: _Key
    schedule: Schedule
    metric: Metric
    want_values: bool = False
    bounds: set[Decimal] = field(default_factory=set)


def by_day(schedule: Schedule, charges: Iterable[Charge]) -> list[Due]:
    """The charges, given in order of their due days, one invoice for each day."""
    days = groupby(charges, key=lambda charge: charge.due_on)
    return [Due(schedule, tuple(found)) for _, found in days]


def drafted(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    dues: Sequence[Due],
    failures: Failures | None = None,
    last_seq: int | None = None,
) -> list[tuple[Due, Draft]]:
    """A draft for each of ``dues`` that can be drafted; ``failures`` says why others cannot.

    Without a place to report failures the first one is raised. Events count up to the place
    ``last_seq``, or all there are. ``tx`` is only read from.
    """
    answers = _answers(tx, usage, agreed, dues, failures, last_seq)
    measured = [
        (due, [_measured(charge, answers) for charge in due.charges])
        for due in dues
        if not failures or due.schedule.id not in failures
    ]
    wanted = {who for due, found in measured if due.schedule.roll_up for who in named(found)}
    names = customers.names(tx, agreed.workspace.id, wanted)
    drafts = [
        (due, attempt(due.schedule, failures, partial(draft, due.schedule, found, names)))
        for due, found in measured
    ]
    return [
        (due, made)
        for due, made in drafts
        if made is not None and (not failures or due.schedule.id not in failures)
    ]


def attempt(schedule: Schedule, failures: Failures | None, make: Callable[[], _T]) -> _T | None:
    """What ``make`` returns; None where it fails, which is then reported under the customer.

    A database that is away is nobody's in particular: that stops the run.
    """
    if failures is None:
        return make()
    try:
        return make()
    except DBAPIError:
        raise
    except Exception as error:  # noqa: BLE001 -- one bad schedule bills nobody less
        reason = f"{type(error).__name__}: {error}"
        failures.setdefault(schedule.id, Failure(schedule.customer, schedule.id, reason))
        return None


def _answers(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    dues: Sequence[Due],
    failures: Failures | None,
    last_seq: int | None,
) -> dict[_Key, _Answer]:
    """The usage behind every charge that has any, with the pool's members that used something."""
    answers: dict[_Key, _Answer] = {}
    known_at = stamps.known_at(tx, agreed.workspace.id)
    questions = _questions(dues)
    asked = [Asked(one.schedule, one.metric, one.key[2].span(agreed.zone)) for one in questions]
    agreed, last_seq = users(tx, usage, agreed, asked)
    for batch in _batches(_pools(agreed, questions, failures)):
        everyone = {member.customer for _, pool in batch for member in pool.members}
        known = aliases.of_customers(tx, agreed.workspace.id, everyone)
        names = {who: tuple(alias.value for alias in found) for who, found in known.items()}
        queries = [_query(question, pool, names) for question, pool in batch]
        reading = usage.reading(agreed.workspace.id, queries, last_seq)
        for (question, pool), used in zip(batch, reading.answers, strict=True):
            members = tuple(m for m in pool.members if m.customer in used.members)
            _, _, service, _ = question.key
            basis = Basis(
                service.span(agreed.zone),
                {m.customer: (m.customer, *names.get(m.customer, ())) for m in members},
                {m.customer: agreed.links(question.schedule, m) for m in members},
                reading.last_seq,
                known_at,
                question.schedule.exclusions,
            )
            answers[question.key] = used, Pool(members, ()), basis
    return answers


def _questions(dues: Iterable[Due]) -> Collection[_Question]:
    questions: dict[_Key, _Question] = {}
    for due in dues:
        for charge in due.charges:
            metric = charge.item.metric
            if metric is not None:
                key = _key(charge, metric)
                question = questions.setdefault(key, _Question(key, due.schedule, metric))
                question.want_values |= needs_values(charge.item.price)
                if due.schedule.roll_up:  # whose share it is depends on who came first
                    question.bounds |= set(bounds(charge.item.price))
    return questions.values()


def _pools(
    agreed: Agreements, questions: Iterable[_Question], failures: Failures | None
) -> Iterator[tuple[_Question, Pool]]:
    for question in questions:
        schedule, (_, metric_id, service, scope) = question.schedule, question.key
        span = service.span(agreed.zone)
        pool = attempt(schedule, failures, partial(agreed.pool, schedule, metric_id, span, scope))
        if pool is not None:
            yield question, pool


def _batches(
    asked: Iterable[tuple[_Question, Pool]],
) -> Iterator[list[tuple[_Question, Pool]]]:
    batch: list[tuple[_Question, Pool]] = []
    size = 0
    for question, pool in asked:
        batch.append((question, pool))
        size += len(pool.members) + 1
        if size >= _MEMBERS_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _query(question: _Question, pool: Pool, names: dict[str, tuple[str, ...]]) -> UsageQuery:
    members = (
        Member(member.customer, (member.customer, *names.get(member.customer, ())), member.spans)
        for member in pool.members
    )
    return UsageQuery(
        question.metric, tuple(members), question.want_values, tuple(sorted(question.bounds))
    )


def _measured(charge: Charge, answers: dict[_Key, _Answer]) -> Measured:
    metric = charge.item.metric
    if metric is None:
        return Measured(charge)
    return Measured(charge, *answers[_key(charge, metric)])


def _key(charge: Charge, metric: Metric) -> _Key:
    return charge.schedule_id, metric.id, charge.service, charge.item.scope
