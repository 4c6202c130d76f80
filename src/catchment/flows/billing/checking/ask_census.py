"""A census of events around some lines: whose each event is, by all that is agreed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection

from catchment.core.control import Census, Claimant, Service
from catchment.core.usage.metering import Metric
from catchment.core.values.period import Period, Span, overlaps
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.users import with_events
from catchment.store.families import aliases
from catchment.store.invoices.invoice_figures import MeasuredLine
from catchment.usage import CensusQuery, Claimed, UsageStore

Counts = Mapping[tuple[str, int], Census]
"""By metric and the place up to which events were counted."""


@dataclass(slots=True)
class Counted:
    """What is to be counted of a metric: the ``services`` that lines bill, in their order, by the
    place of the run and besides by some ``places``.

    The ``metric`` is as it was when the first line was billed.
    """

    metric: Metric
    services: dict[Service, None]
    places: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, lines: Sequence[MeasuredLine]) -> Counted:
        """That of lines of one metric."""
        services = dict.fromkeys(one.line.whose for one in lines)
        return cls(lines[0].metric, services, {one.last_seq for one in lines})

    @property
    def days(self) -> Period:
        """From the first day that a line bills to the last."""
        start = min(days.start for _, days in self.services)
        return Period(start, max(days.end for _, days in self.services))


def among_users(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    metrics: Mapping[str, Metric],
    asked: Mapping[str, Counted],
    last_seq: int,
) -> Agreements:
    """The agreements among everyone under whose names events came that a census may count."""
    wanted = [(metrics.get(id, own.metric), agreed.span(own.days)) for id, own in asked.items()]
    last = max([last_seq, *(place for own in asked.values() for place in own.places)])
    found, _ = with_events(tx, usage, agreed, wanted, last)
    return agreed.among(tx, found)


def counts_of(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    metrics: Mapping[str, Metric],
    asked: Mapping[str, Counted],
    last_seq: int,
) -> Counts:
    """A census of each metric up to ``last_seq``, and up to where its lines were measured."""
    at_place: dict[int, set[str]] = {last_seq: set(asked)}
    for metric_id, own in asked.items():
        for place in own.places - {last_seq}:
            at_place.setdefault(place, set()).add(metric_id)
    queries = _queries(agreed, metrics, asked)
    names = partial(aliases.every_name, tx, agreed.workspace.id)
    found: dict[tuple[str, int], Census] = {}
    for place, ids in at_place.items():
        questions = {id: query for id, query in queries.items() if id in ids}
        answers = usage.census(agreed.workspace.id, names, list(questions.values()), place)
        found |= {(id, place): one for id, one in zip(questions, answers, strict=True)}
    return found


def _queries(
    agreed: Agreements, metrics: Mapping[str, Metric], asked: Mapping[str, Counted]
) -> dict[str, CensusQuery]:
    """The question of each metric. Those that are claimed alike come one after the other, and have
    the very same claims and services where these are equal: they are counted together.
    """
    alike = agreed.claimed_alike()
    claiming = _claiming(agreed, alike)
    claims: dict[tuple[str, Span], Callable[[], Iterator[Claimed]]] = {}
    known: dict[str, tuple[Mapping[Service, None], Mapping[Service, Span]]] = {}
    found = {}
    for metric_id in sorted(asked, key=lambda one: (alike.get(one, one), one)):
        own = asked[metric_id]
        window = agreed.span(own.days)
        whose = alike.get(metric_id, metric_id)
        if whose not in known or known[whose][0] != own.services:
            spans = {(one, days): agreed.span(days) for one, days in _and_shared(own.services)}
            known[whose] = own.services, spans
        claimed = partial(_claimed, agreed, claiming.get(whose, ()), whose, window)
        found[metric_id] = CensusQuery(
            metrics.get(metric_id, own.metric),
            window,
            claims.setdefault((whose, window), claimed),
            known[whose][1],
        )
    return found


def _and_shared(services: Iterable[Service]) -> Iterator[Service]:
    """The services, and the days that two of one claimant share."""
    by_claimant: defaultdict[Claimant, list[Period]] = defaultdict(list)
    for service in services:
        by_claimant[service[0]].append(service[1])
        yield service
    for whose, own in by_claimant.items():
        if len(own) > 1:
            yield from ((whose, days) for days in overlaps(own))


def _claiming(agreed: Agreements, alike: Mapping[str, str]) -> dict[str, list[Claimant]]:
    """By metric who claims usage of it; of those claimed alike the first stands for all."""
    found: defaultdict[str, dict[Claimant, None]] = defaultdict(dict)
    for claims in agreed.claims.values():
        for claim in claims:
            for metric_id in claim.metric_ids:
                if alike[metric_id] == metric_id:
                    for scope in claim.scopes:
                        found[metric_id][Claimant(claim.schedule_id, scope)] = None
    return {metric_id: list(claimants) for metric_id, claimants in found.items()}


def _claimed(
    agreed: Agreements, claimants: Sequence[Claimant], metric_id: str, window: Span
) -> Iterator[Claimed]:
    """Whose usage is whose within the window, pool by pool."""
    for one in claimants:
        schedule = agreed.schedules[one.schedule_id]
        for member in agreed.pool_once(schedule, metric_id, window, one.scope).members:
            yield Claimed(one, member.customer, member.spans)
