"""From charges that are due to drafts: who is measured together, how much, what it costs.

Nothing is written here. Pools are asked for in batches, each measured in one pass over the events,
and only those members are kept that used something: a family of a million passes through, one pool
at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from catchment.core.breakdown import Basis, Measured, named
from catchment.core.consolidation import Due, Part
from catchment.core.hierarchy import CustomerId
from catchment.core.invoicing import Draft, Joined, draft, joined
from catchment.core.metering import Member, Metric, Usage, UsageQuery
from catchment.core.period import Period
from catchment.core.pools import Pool, below
from catchment.core.pricing import bounds, needs_values
from catchment.core.schedules import Charge, Schedule
from catchment.flows.agreements import Agreements
from catchment.store import aliases, customers, stamps
from catchment.usage import UsageStore

_MEMBERS_AT_ONCE = 200_000
_T = TypeVar("_T")
_Key = tuple[str, str, Period]  # schedule, metric, service: what asks for the same usage
_Answer = tuple[Usage, Pool, Basis]


@dataclass(frozen=True, slots=True)
class Failure:
    """A schedule that could not be billed, and why. Everyone else's was."""

    customer: CustomerId
    schedule_id: str
    reason: str


Failures = dict[str, Failure]
"""By schedule: one that failed is not asked again."""


@dataclass(slots=True)
class _Question:
    key: _Key
    part: Part
    metric: Metric
    want_values: bool = False
    bounds: set[Decimal] = field(default_factory=set)


def drafted(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    dues: Sequence[Due],
    failures: Failures | None = None,
) -> list[tuple[Due, Draft]]:
    """A draft for each of ``dues`` that can be drafted; ``failures`` says why others cannot.

    Without a place to report failures the first one is raised, but for those of schedules that join
    another's invoice: then that goes without them. ``tx`` is only read from.
    """
    failed: Failures = {} if failures is None else failures
    answers = _answers(tx, usage, agreed, dues, failures, failed)
    measured = [
        _Measurements(
            due,
            [_measured(c, answers) for part in due.parts if not part.joined for c in part.charges],
            _guests(due, answers, failed),
        )
        for due in dues
        if due.schedule.id not in failed
    ]
    wanted = {who for one in measured for who in one.named()}
    names = customers.names(tx, agreed.workspace.id, wanted)
    drafts = [
        (one.due, attempt(one.due.schedule, failures, partial(one.draft, names)))
        for one in measured
        if one.own or one.guests
    ]
    return [
        (due, made) for due, made in drafts if made is not None and due.schedule.id not in failed
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


@dataclass(slots=True)
class _Measurements:
    """What an invoice bills with what was measured for it."""

    due: Due
    own: list[Measured]
    guests: list[Joined]

    def named(self) -> set[CustomerId]:
        """Whose names the draft needs."""
        wanted = set(named(self.own)) if self.due.schedule.roll_up else set()
        for guest in self.guests:
            wanted.update(guest.path, named(guest.measured))
        return wanted

    def draft(self, names: Mapping[CustomerId, str]) -> Draft:
        return draft(self.due.schedule, self.own, names, self.guests)


def _guests(due: Due, answers: dict[_Key, _Answer], failed: Failures) -> list[Joined]:
    """The lines of those who join an invoice, less those that cannot be priced."""
    found = []
    for part in due.parts:
        if part.joined and part.schedule.id not in failed:
            measured = [_measured(charge, answers) for charge in part.charges]
            made = attempt(
                part.schedule, failed, partial(joined, part.schedule, part.path, measured)
            )
            if made is not None:
                found.append(made)
    return found


def _answers(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    dues: Sequence[Due],
    failures: Failures | None,
    failed: Failures,
) -> dict[_Key, _Answer]:
    """The usage behind every charge that has any, with the pool's members that used something."""
    answers: dict[_Key, _Answer] = {}
    known_at = stamps.known_at(tx, agreed.workspace.id)
    for batch in _batches(_pools(agreed, _questions(dues), failures, failed)):
        everyone = {member.customer for _, pool in batch for member in pool.members}
        known = aliases.of_customers(tx, agreed.workspace.id, everyone)
        names = {who: tuple(alias.value for alias in found) for who, found in known.items()}
        queries = [_query(question, pool, names) for question, pool in batch]
        reading = usage.reading(agreed.workspace.id, queries)
        for (question, pool), used in zip(batch, reading.answers, strict=True):
            part, (_, _, service) = question.part, question.key
            found = tuple(m for m in pool.members if m.customer in used.members)
            members = below(part.path, found)
            above = agreed.links_above(part)
            basis = Basis(
                service.span(agreed.zone),
                {m.customer: (m.customer, *names.get(m.customer, ())) for m in members},
                {m.customer: above + agreed.links(part.schedule, m) for m in found},
                reading.last_seq,
                known_at,
            )
            answers[question.key] = used, Pool(members, ()), basis
    return answers


def _questions(dues: Iterable[Due]) -> Iterable[_Question]:
    questions: dict[_Key, _Question] = {}
    for due in dues:
        for part, charge in ((of, charge) for of in due.parts for charge in of.charges):
            metric = charge.item.metric
            if metric is not None:
                key = _key(charge, metric)
                question = questions.setdefault(key, _Question(key, part, metric))
                question.want_values |= needs_values(charge.item.price)
                if part.schedule.roll_up:  # whose share it is depends on who came first
                    question.bounds |= set(bounds(charge.item.price))
    return questions.values()


def _pools(
    agreed: Agreements,
    questions: Iterable[_Question],
    failures: Failures | None,
    failed: Failures,
) -> Iterator[tuple[_Question, Pool]]:
    for question in questions:
        schedule, (_, metric_id, service) = question.part.schedule, question.key
        span = service.span(agreed.zone)
        report = failed if question.part.joined else failures
        pool = attempt(schedule, report, partial(agreed.pool, schedule, metric_id, span))
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
    return charge.schedule_id, metric.id, charge.service
