"""A census of events around some lines: whose each event is, by all that is agreed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial

from sqlalchemy import Connection

from catchment.core.control import Census, Claimant
from catchment.core.metering import Metric
from catchment.core.period import Period, Span, overlaps
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.users import with_events
from catchment.store.families import aliases
from catchment.store.invoices.invoice_figures import MeasuredLine
from catchment.usage import CensusQuery, Claimed, UsageStore

Counts = Mapping[tuple[str, int], Census]
"""By metric and the place up to which events were counted."""


def among_users(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    metrics: Mapping[str, Metric],
    by_metric: Mapping[str, Sequence[MeasuredLine]],
    last_seq: int,
) -> Agreements:
    """The agreements among everyone under whose names events came that a census may count."""
    asked = [
        (metrics.get(id, own[0].metric), days_of(own).span(agreed.zone))
        for id, own in by_metric.items()
    ]
    last = max(last_seq, *(line.last_seq for own in by_metric.values() for line in own))
    found, _ = with_events(tx, usage, agreed, asked, last)
    return agreed.among(tx, found)


def counts_of(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    metrics: Mapping[str, Metric],
    by_metric: Mapping[str, Sequence[MeasuredLine]],
    last_seq: int,
) -> Counts:
    """A census of each metric up to ``last_seq``, and up to where its lines were measured."""
    asked: dict[int, list[str]] = {last_seq: list(by_metric)}
    for metric_id, lines in by_metric.items():
        for place in {line.last_seq for line in lines} - {last_seq}:
            asked.setdefault(place, []).append(metric_id)
    alike = agreed.claimed_alike()
    claiming = _claiming(agreed, alike)
    shared: dict[tuple[str, Span], Callable[[], Iterator[Claimed]]] = {}
    queries = {}
    span_of = lru_cache(lambda days: days.span(agreed.zone))  # most lines have the same few
    for metric_id, lines in by_metric.items():
        window = days_of(lines).span(agreed.zone)
        whose = alike.get(metric_id, metric_id)
        claimed = partial(_claimed, agreed, claiming.get(whose, ()), whose, window)
        queries[metric_id] = CensusQuery(
            metrics.get(metric_id, lines[0].metric),
            window,
            shared.setdefault((whose, window), claimed),
            {(one, days): span_of(days) for one, days in _counted(lines)},
        )
    names = partial(aliases.every_name, tx, agreed.workspace.id)
    found: dict[tuple[str, int], Census] = {}
    for place, ids in asked.items():
        metric_ids = sorted(ids, key=lambda one: (alike.get(one, one), one))
        questions = [queries[id] for id in metric_ids]
        answers = usage.census(agreed.workspace.id, names, questions, place)
        found |= {(id, place): one for id, one in zip(metric_ids, answers, strict=True)}
    return found


def _counted(lines: Sequence[MeasuredLine]) -> Iterator[tuple[Claimant, Period]]:
    """The services of lines, and the days that two of one claimant share."""
    services: dict[Claimant, dict[Period, None]] = {}
    for one in lines:
        services.setdefault(one.line.claimant, {})[one.line.service] = None
    for whose, own in services.items():
        yield from ((whose, days) for days in own)
        if len(own) > 1:
            yield from ((whose, days) for days in overlaps(own))


def days_of(lines: Sequence[MeasuredLine]) -> Period:
    """From the first day that a line bills to the last."""
    services = {one.line.service for one in lines}
    return Period(min(one.start for one in services), max(one.end for one in services))


def _claiming(agreed: Agreements, alike: Mapping[str, str]) -> dict[str, list[Claimant]]:
    """By metric who claims usage of it; of those claimed alike the first stands for all."""
    found: defaultdict[str, dict[Claimant, None]] = defaultdict(dict)
    for claims in agreed.claims.values():
        for claim in claims:
            if alike[claim.metric_id] != claim.metric_id:
                continue
            for scope in claim.scopes:
                found[claim.metric_id][Claimant(claim.schedule_id, scope)] = None
    return {metric_id: list(claimants) for metric_id, claimants in found.items()}


def _claimed(
    agreed: Agreements, claimants: Sequence[Claimant], metric_id: str, window: Span
) -> Iterator[Claimed]:
    """Whose usage is whose within the window, pool by pool."""
    for one in claimants:
        schedule = agreed.schedules[one.schedule_id]
        for member in agreed.pool(schedule, metric_id, window, one.scope).members:
            yield Claimed(one, member.customer, member.spans)
