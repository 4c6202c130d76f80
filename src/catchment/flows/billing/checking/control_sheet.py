"""The control sheet of a billing run: whether every event received is accounted for, once.

It reads what the run has stored, and asks the usage store whose every event is, by all claims
there are. The run measured pool by pool, so the two meet only in their answers.

Others go on working meanwhile. What came after the place where the run began is not counted; a line
that was measured up to another place, because its draft was calculated anew, is held against the
events up to there. Where the tree, the aliases or a metric have changed since a line was
calculated and its events are other ones now, that is no fault of the line: it is outdated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from sqlalchemy import Connection

from catchment.core.control import (
    Difference,
    LateBalance,
    MetricBalance,
    Service,
    balance,
    imbalance,
    miscounts,
)
from catchment.core.usage.metering import Metric
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.seat_usage import of_seats
from catchment.flows.billing.checking.ask_census import Counts, among_users, counts_of
from catchment.flows.billing.checking.billed_usage import BilledLines, lines_again
from catchment.flows.billing.checking.check_sums import faults_in
from catchment.flows.billing.checking.late_sheet import late_sheet
from catchment.flows.billing.late.late_usage import stale
from catchment.flows.credits.project_credits import outdated
from catchment.store import stamps
from catchment.store.access import Workspace
from catchment.store.catalog import metered
from catchment.store.invoices import invoice_figures
from catchment.store.invoices.invoice_figures import MeasuredLine
from catchment.store.invoices.invoices import Invoice, Status
from catchment.usage import UsageStore


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows by metric, and all that does not add up. ``outdated`` drafts are to be made anew."""

    rows: tuple[MetricBalance, ...]
    late: tuple[LateBalance, ...]
    differences: tuple[Difference, ...]
    outdated: tuple[str, ...]
    invoice_count: int
    line_count: int


@dataclass(slots=True)
class _Findings:
    rows: list[MetricBalance] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    outdated: set[str] = field(default_factory=set)


def control_sheet(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    checked: Sequence[Invoice],
    last_seq: int,
    agreed: Agreements | None = None,
) -> Sheet:
    """What ``checked`` invoices come to, and whether that is all there is up to ``last_seq``.

    ``agreed`` is all that is agreed, where that is known. ``tx`` is only read from.
    """
    found = _Findings()
    measured: dict[str, BilledLines] = {}
    adjusting: list[MeasuredLine] = []
    settled: dict[str, str] = {}
    line_count = 0
    for one in invoice_figures.read(tx, workspace.id, [invoice.id for invoice in checked]):
        found.differences += faults_in(one)
        line_count += len(one.figures.lines) if one.figures else 0
        settled |= dict.fromkeys(one.adjusting, one.id)
        for line in one.measured:
            id = line.metric.id
            if line.deducted is not None:
                adjusting.append(line)
            elif id in measured:
                measured[id].add(line, last_seq)
            elif not of_seats(line.metric):  # no census of usage events tells of seats
                measured[id] = BilledLines(line.metric)
                measured[id].add(line, last_seq)
    if agreed is None:
        agreed = agreements.all_of(tx, workspace)
    if measured:
        checked_ids = [invoice.id for invoice in checked]
        _balance(tx, usage, agreed, checked_ids, measured, last_seq, found)
    late = late_sheet(tx, usage, agreed, adjusting, last_seq)
    waiting = [invoice for invoice in checked if invoice.status is Status.DRAFT]
    drafts = {invoice.id for invoice in waiting}
    anew = {settled[id] for id in stale(tx, workspace.id, settled.keys())}
    anew |= found.outdated | late.outdated | outdated(tx, workspace.id, waiting)
    return Sheet(
        tuple(found.rows),
        late.rows,
        (*found.differences, *late.differences),
        tuple(sorted(anew & drafts)),
        len(checked),
        line_count,
    )


def _balance(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    checked: Sequence[str],
    measured: Mapping[str, BilledLines],
    last_seq: int,
    found: _Findings,
) -> None:
    """Hold what lines bill of their own time against a census of it."""
    workspace_id = agreed.workspace.id
    priced = _priced(agreed) & measured.keys()
    metrics = metered.metrics_now(tx, workspace_id, priced)
    for lines in measured.values():
        lines.by_day(tx, workspace_id)
    asked = {id: lines.counted for id, lines in measured.items()}
    agreed = among_users(tx, usage, agreed, metrics, asked, last_seq)
    counts = counts_of(tx, usage, agreed, metrics, asked, last_seq)
    closer = lines_again(tx, workspace_id, checked, _disputed(measured, counts, last_seq), last_seq)
    for line in closer:
        measured[line.metric.id].apart.append(line)
    known_at = stamps.known_at(tx, workspace_id)
    for metric_id, lines in measured.items():
        census, as_now = counts[metric_id, last_seq], metrics.get(metric_id)
        for line in lines.apart:
            own = line.line
            counted = counts[metric_id, line.last_seq]
            events = census.counted[own.whose]
            if counted.counted[own.whose] != own.event_count:
                if line.known_at != known_at or not _same_events(line.metric, as_now):
                    found.outdated.add(own.invoice_id)
                else:
                    found.differences += miscounts([own], counted)
                    events = own.event_count if counted is census else events
            lines.events[own.whose] = events
        row = balance(metric_id, asked[metric_id].days, lines.events, census)
        found.differences += imbalance(row, census)
        found.rows.append(row)


def _disputed(
    measured: Mapping[str, BilledLines], counts: Counts, last_seq: int
) -> set[tuple[str, Service]]:
    """The metrics and services of which some line has other events than the census."""
    return {
        (metric_id, whose)
        for metric_id, lines in measured.items()
        for whose in lines.disputed(counts[metric_id, last_seq])
    }


_selection = attrgetter("event_type", "filters", "negated", "case_sensitive")


def _same_events(metric: Metric, other: Metric | None) -> bool:
    """Whether both count the same events, whatever they make of them."""
    return other is not None and _selection(metric) == _selection(other)


def _priced(agreed: Agreements) -> set[str]:
    """Every metric that a schedule prices."""
    return {
        item.metric.id
        for schedule in agreed.schedules.values()
        for phase in schedule.phases
        for item in phase.items
        if item.metric is not None
    }
