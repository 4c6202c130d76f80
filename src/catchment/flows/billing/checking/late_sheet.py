"""What of the control sheet is about usage that came after its invoice was final.

An adjustment says how many events there are by now; a census says it, too, without asking how the
line was made. What no invoice of the run adjusts is looked for in all that was ever issued.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from msgspec import structs
from sqlalchemy import Connection

from catchment.core.control import (
    BilledUsage,
    Claimant,
    Difference,
    Fate,
    LateBalance,
    LateService,
    Service,
    late_balance,
    miscounts,
)
from catchment.core.invoices.adjustments import Adjusting
from catchment.core.usage.metering import Metric
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.event_lines import by_day
from catchment.flows.billing.agreed.seat_usage import of_seats
from catchment.flows.billing.checking.ask_census import Counted, Counts, among_users, counts_of
from catchment.flows.billing.late.late_usage import late
from catchment.flows.billing.late.place_adjustments import wanted
from catchment.store import stamps
from catchment.store.invoices.invoice_figures import MeasuredLine
from catchment.usage import UsageStore


@dataclass(frozen=True, slots=True)
class LateSheet:
    """The rows by metric, what is wrong, and the invoices that are to be made anew."""

    rows: tuple[LateBalance, ...]
    differences: tuple[Difference, ...]
    outdated: frozenset[str]


def late_sheet(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    adjusting: Sequence[MeasuredLine],
    last_seq: int,
) -> LateSheet:
    """What became of usage that came too late, given the adjustments of a run, up to ``last_seq``.

    ``agreed`` is all that is agreed. ``tx`` is only read from.
    """
    workspace_id = agreed.workspace.id
    adjusted = by_day(tx, workspace_id, filter(_owes, adjusting))
    known_at = stamps.known_at(tx, workspace_id)
    waiting = _waiting(tx, usage, agreed, {one.line.whose for one in adjusted}, last_seq)
    fates: dict[str, Fate] = {}
    left: list[MeasuredLine] = []
    for number, one in enumerate(waiting):
        fates[str(number)] = Fate.WAITING if wanted(one) else Fate.TURNED_OFF
        left.append(_as_billed(one, str(number), known_at, last_seq))
    by_metric: defaultdict[Metric, list[MeasuredLine]] = defaultdict(list)
    for line in (*map(_whole, adjusted), *by_day(tx, workspace_id, left)):
        by_metric[line.metric].append(line)
    rows: list[LateBalance] = []
    differences: list[Difference] = []
    outdated: set[str] = set()
    for metric, lines in by_metric.items():
        counts = _counts(tx, usage, agreed, metric, lines, last_seq)
        for line, wrong in _miscounted(lines, fates, counts):
            if line.known_at != known_at:
                outdated.add(line.line.invoice_id)
            else:
                differences.append(wrong)
        counted = counts[metric.id, last_seq].counted
        services = [_service(line, fates, counted, last_seq) for line in lines]
        row = late_balance(metric.id, services, counted)
        differences += _imbalance(row)
        if row.received or row.adjusted or row.waiting or row.turned_off:
            rows.append(row)
    return LateSheet(tuple(rows), tuple(differences), frozenset(outdated))


def _owes(one: MeasuredLine) -> bool:
    """Whether an adjustment is of usage events, for what was billed of them before."""
    taken = one.deducted
    return taken is not None and not taken.owes_nothing and not of_seats(one.metric)


def _waiting(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    adjusted: Collection[Service],
    last_seq: int,
) -> list[Adjusting]:
    """The usage that came too late for its invoice, and that no line of the run has ``adjusted``.

    A discount or a minimum of it is none, nor is a fee beside it.
    """
    return [
        one
        for one in late(tx, usage, agreed, last_seq, renewed=None)
        if not one.reverses and one.charge.item.is_usage and _late_service(one) not in adjusted
    ]


def _as_billed(one: Adjusting, name: str, known_at: datetime, last_seq: int) -> MeasuredLine:
    """The line in force of what came late, called ``name``, as if it were measured by now."""
    metric = one.charge.item.metric
    assert metric is not None, one
    taken = one.deducted.event_count
    line = BilledUsage(name, "", one.schedule.customer, _late_service(one), taken)
    return MeasuredLine(line, metric, known_at, last_seq, one.charge.billed_as)


def _late_service(one: Adjusting) -> Service:
    return Claimant(one.schedule.id, one.charge.item.scope), one.charge.service


def _miscounted(
    lines: Iterable[MeasuredLine], fates: Container[str], counts: Counts
) -> Iterator[tuple[MeasuredLine, Difference]]:
    """The lines of the run that are wrong by the census up to where they were measured, and how."""
    for one in lines:
        if one.line.line_id not in fates:
            for wrong in miscounts([one.line], counts[one.metric.id, one.last_seq]):
                yield one, wrong


def _whole(one: MeasuredLine) -> MeasuredLine:
    """The line with all events of its service, not only those beyond what was billed."""
    assert one.deducted is not None, one
    events = one.line.event_count + one.deducted.event_count
    return structs.replace(one, line=replace(one.line, event_count=events))


def _counts(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    metric: Metric,
    lines: Sequence[MeasuredLine],
    last_seq: int,
) -> Counts:
    """A census by the metric as it was when the lines were first billed."""
    asked = {metric.id: Counted.of(lines)}
    agreed = among_users(tx, usage, agreed, {}, asked, last_seq)
    return counts_of(tx, usage, agreed, {}, asked, last_seq)


def _service(
    one: MeasuredLine,
    fates: Mapping[str, Fate],
    counted: Mapping[Service, int],
    last_seq: int,
) -> LateService:
    line = one.line
    now = counted[line.whose]
    if one.deducted is None:
        fate = fates[line.line_id]
        return LateService(line.claimant, line.service, fate, line.event_count, now)
    after = line.event_count if one.last_seq == last_seq else now
    before = one.deducted.event_count
    return LateService(line.claimant, line.service, Fate.ADJUSTED, before, after)


def _imbalance(row: LateBalance) -> list[Difference]:
    if row.balanced:
        return []
    parts = row.adjusted + row.waiting + row.turned_off
    return [Difference("metric", row.metric_id, "late events", str(parts), str(row.received))]
