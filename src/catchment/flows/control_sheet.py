"""The control sheet of a billing run: whether every event received is accounted for, once.

It reads what the run has stored, and asks the usage store whose every event is, by all claims
there are. The run measured pool by pool, so the two meet only in their answers.

Others go on working meanwhile. What came after the place where the run began is not counted; a line
that was measured up to another place, because its draft was calculated anew, is held against the
events up to there. Where the tree, the aliases or a metric have changed since a line was
calculated and its events are other ones now, that is no fault of the line: it is outdated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter

from sqlalchemy import Connection

from catchment.core.control import (
    BilledUsage,
    Census,
    Claimant,
    Difference,
    MetricBalance,
    balance,
    imbalance,
    miscounts,
)
from catchment.core.metering import Metric
from catchment.core.period import Period, Span
from catchment.flows import agreements
from catchment.flows.agreements import Agreements
from catchment.flows.check_sums import faults_in
from catchment.store import aliases, invoice_figures, stamps
from catchment.store.access import Workspace
from catchment.store.invoice_figures import MeasuredLine
from catchment.store.invoices import Invoice, Status
from catchment.usage import CensusQuery, Claimed, UsageStore

_Counts = Mapping[tuple[str, int], Census]
"""By metric and the place up to which events were counted."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows by metric, and all that does not add up. ``outdated`` drafts are to be made anew."""

    rows: tuple[MetricBalance, ...]
    differences: tuple[Difference, ...]
    outdated: tuple[str, ...]
    invoice_count: int
    line_count: int


def control_sheet(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    checked: Sequence[Invoice],
    last_seq: int,
) -> Sheet:
    """What ``checked`` invoices come to, and whether that is all there is up to ``last_seq``.

    ``tx`` is only read from.
    """
    differences: list[Difference] = []
    by_metric: defaultdict[str, list[MeasuredLine]] = defaultdict(list)
    line_count = 0
    for one in invoice_figures.read(tx, workspace.id, [invoice.id for invoice in checked]):
        differences += faults_in(one)
        line_count += len(one.figures.lines) if one.figures else 0
        for line in one.measured:
            by_metric[line.metric.id].append(line)
    if not by_metric:
        return Sheet((), tuple(differences), (), len(checked), line_count)
    agreed = agreements.all_of(tx, workspace)
    metrics = _metrics(agreed)
    agreed = _among_users(tx, usage, agreed, metrics, by_metric, last_seq)
    counts = _counts(tx, usage, agreed, metrics, by_metric, last_seq)
    known_at = stamps.known_at(tx, workspace.id)
    rows: list[MetricBalance] = []
    outdated: set[str] = set()
    for metric_id, lines in by_metric.items():
        census = counts[metric_id, last_seq]
        billed: list[BilledUsage] = []
        for line in lines:
            wrong = list(miscounts([line.line], counts[metric_id, line.last_seq]))
            as_now = metrics.get(metric_id)
            changed = line.known_at != known_at or not _same_events(line.metric, as_now)
            if wrong and changed:
                outdated.add(line.line.invoice_id)
            else:
                differences += wrong
            as_of_the_run = line.last_seq == last_seq and not (wrong and changed)
            billed.append(line.line if as_of_the_run else _recounted(line.line, census))
        row = balance(metric_id, _days(lines), billed, census)
        differences += imbalance(row, census)
        rows.append(row)
    drafts = {invoice.id for invoice in checked if invoice.status is Status.DRAFT}
    return Sheet(
        tuple(rows), tuple(differences), tuple(sorted(outdated & drafts)), len(checked), line_count
    )


_selection = attrgetter("event_type", "filters", "negated", "case_sensitive")


def _same_events(metric: Metric, other: Metric | None) -> bool:
    """Whether both count the same events, whatever they make of them."""
    return other is not None and _selection(metric) == _selection(other)


def _recounted(line: BilledUsage, census: Census) -> BilledUsage:
    """The line as it would be had it been measured when the run was."""
    return replace(line, event_count=census.counted[line.claimant, line.service])


def _metrics(agreed: Agreements) -> dict[str, Metric]:
    """Every metric that a schedule prices, as it is now."""
    return {
        item.metric.id: item.metric
        for schedule in agreed.schedules.values()
        for phase in schedule.phases
        for item in phase.items
        if item.metric is not None
    }


def _among_users(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    metrics: Mapping[str, Metric],
    by_metric: Mapping[str, Sequence[MeasuredLine]],
    last_seq: int,
) -> Agreements:
    """The agreements among everyone under whose names events came that a census may count."""
    lines = [line for own in by_metric.values() for line in own]
    types = {metrics.get(id, own[0].metric).event_type for id, own in by_metric.items()}
    last = max(last_seq, *(line.last_seq for line in lines))
    window = _days(lines).span(agreed.zone)
    names, _ = usage.names(agreed.workspace.id, types, window, last)
    return agreed.among(tx, set(aliases.owners(tx, agreed.workspace.id, names).values()))


def _counts(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    metrics: Mapping[str, Metric],
    by_metric: Mapping[str, Sequence[MeasuredLine]],
    last_seq: int,
) -> _Counts:
    """A census of each metric up to ``last_seq``, and up to where its lines were measured."""
    asked: dict[int, list[str]] = {last_seq: list(by_metric)}
    for metric_id, lines in by_metric.items():
        for place in {line.last_seq for line in lines} - {last_seq}:
            asked.setdefault(place, []).append(metric_id)
    claiming = _claiming(agreed)
    queries = {}
    for metric_id, lines in by_metric.items():
        window = _days(lines).span(agreed.zone)
        queries[metric_id] = CensusQuery(
            metrics.get(metric_id, lines[0].metric),
            window,
            partial(_claimed, agreed, claiming.get(metric_id, ()), metric_id, window),
            {
                (one.line.claimant, one.line.service): one.line.service.span(agreed.zone)
                for one in lines
            },
        )
    names = partial(aliases.every_name, tx, agreed.workspace.id)
    found: dict[tuple[str, int], Census] = {}
    for place, metric_ids in asked.items():
        questions = [queries[id] for id in metric_ids]
        answers = usage.census(agreed.workspace.id, names, questions, place)
        found |= {(id, place): one for id, one in zip(metric_ids, answers, strict=True)}
    return found


def _days(lines: Sequence[MeasuredLine]) -> Period:
    """From the first day that a line bills to the last."""
    services = [one.line.service for one in lines]
    return Period(min(one.start for one in services), max(one.end for one in services))


def _claiming(agreed: Agreements) -> dict[str, list[Claimant]]:
    """By metric who claims usage of it."""
    found: defaultdict[str, dict[Claimant, None]] = defaultdict(dict)
    for claims in agreed.claims.values():
        for claim in claims:
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
