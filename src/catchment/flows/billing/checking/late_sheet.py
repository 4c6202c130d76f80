"""What of the control sheet is about usage that came after its invoice was final.

An adjustment says how many events there are by now; a census says it, too, without asking how the
line was made. What no invoice of the run adjusts is looked for in all that was ever issued.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from catchment.core.adjustments import Adjusting
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
from catchment.core.metering import Metric
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
    adjusted = by_day(
        tx,
        agreed.workspace.id,
        (
            one
            for one in adjusting
            if one.deducted and not one.deducted.owes_nothing and not of_seats(one.metric)
        ),
    )
    mine = {one.line.whose for one in adjusted}
    others = [
        one
        for one in late(tx, usage, agreed, last_seq, renewed=None)
        if not one.reverses
        and one.charge.item.is_usage
        and (_claimant(one), one.charge.service) not in mine
    ]
    known_at = stamps.known_at(tx, agreed.workspace.id)
    by_metric: defaultdict[Metric, list[MeasuredLine]] = defaultdict(list)
    fates: dict[str, Fate] = {}
    for one in adjusted:
        by_metric[one.metric].append(_whole(one))
    left: list[MeasuredLine] = []
    for number, waiting in enumerate(others):
        metric = waiting.charge.item.metric
        if metric is None:  # a discount or a minimum of late usage, or a fee beside it
            continue
        name = str(number)
        fates[name] = Fate.WAITING if wanted(waiting) else Fate.TURNED_OFF
        line = BilledUsage(
            name,
            "",
            waiting.schedule.customer,
            (_claimant(waiting), waiting.charge.service),
            waiting.deducted.event_count,
        )
        left.append(MeasuredLine(line, metric, known_at, last_seq, waiting.charge.billed_as))
    for one in by_day(tx, agreed.workspace.id, left):
        by_metric[one.metric].append(one)
    rows: list[LateBalance] = []
    differences: list[Difference] = []
    outdated: set[str] = set()
    for metric, lines in by_metric.items():
        counts = _counts(tx, usage, agreed, metric, lines, last_seq)
        for measured in lines:
            if measured.line.line_id not in fates:
                wrong = list(miscounts([measured.line], counts[metric.id, measured.last_seq]))
                if wrong and measured.known_at != known_at:
                    outdated.add(measured.line.invoice_id)
                else:
                    differences += wrong
        counted = counts[metric.id, last_seq].counted
        services = [_service(one, fates, counted, last_seq) for one in lines]
        row = late_balance(metric.id, services, counted)
        differences += _imbalance(row)
        if row.received or row.adjusted or row.waiting or row.turned_off:
            rows.append(row)
    return LateSheet(tuple(rows), tuple(differences), frozenset(outdated))


def _claimant(one: Adjusting) -> Claimant:
    return Claimant(one.schedule.id, one.charge.item.scope)


def _whole(one: MeasuredLine) -> MeasuredLine:
    """The line with all events of its service, not only those beyond what was billed."""
    assert one.deducted is not None, one
    events = one.line.event_count + one.deducted.event_count
    return one._replace(line=replace(one.line, event_count=events))


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
