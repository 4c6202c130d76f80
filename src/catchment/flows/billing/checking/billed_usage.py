"""What checked lines bill of a metric's events: as counts, as far as that tells enough.

Most lines of a run were measured up to the place where it began, and all a census has to confirm of
them is how many events they have. Of 100,000 invoices no more than that is kept; the lines
themselves are read again where the census finds another number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection

from catchment.core.control import Census, Service
from catchment.core.terms.single_events import EventPart
from catchment.core.usage.metering import Metric
from catchment.flows.billing.agreed.event_lines import by_day
from catchment.flows.billing.checking.ask_census import Counted
from catchment.store.invoices import invoice_figures, invoices
from catchment.store.invoices.invoice_figures import MeasuredLine


@dataclass(slots=True)
class BilledLines:
    """The lines of one ``metric``, as the first of them has it.

    Of those measured up to the place of the run there is only how many ``events`` they have of each
    service; ``unclear`` are services of which two lines say different numbers. All others are
    ``apart``.
    """

    metric: Metric
    events: dict[Service, int] = field(default_factory=dict)
    unclear: set[Service] = field(default_factory=set)
    apart: list[MeasuredLine] = field(default_factory=list)

    def add(self, one: MeasuredLine, last_seq: int) -> None:
        """Add a line, given the place of the run."""
        if not _is_plain(one, last_seq):
            self.apart.append(one)
            return
        line = one.line
        if self.events.setdefault(line.whose, line.event_count) != line.event_count:
            self.unclear.add(line.whose)

    def by_day(self, tx: Connection, workspace_id: str) -> None:
        """Let those apart that bill single events be their days."""
        self.apart = by_day(tx, workspace_id, self.apart)

    @property
    def counted(self) -> Counted:
        """What a census of it is to count."""
        services = dict.fromkeys(self.events)
        services.update(dict.fromkeys(one.line.whose for one in self.apart))
        return Counted(self.metric, services, {one.last_seq for one in self.apart})

    def disputed(self, census: Census) -> set[Service]:
        """Services of which a line has other events than a census by the place of the run."""
        counted = census.counted
        return self.unclear | {
            whose for whose, events in self.events.items() if counted[whose] != events
        }


def lines_again(
    tx: Connection,
    workspace_id: str,
    checked: Collection[str],
    disputed: Collection[tuple[str, Service]],
    last_seq: int,
) -> Iterator[MeasuredLine]:
    """Those lines of ``checked`` invoices that were only counted, of ``disputed`` metrics and
    services.
    """
    if not disputed:
        return
    schedule_ids = {claimant.schedule_id for _, (claimant, _) in disputed}
    concerned = invoices.billing(tx, workspace_id, schedule_ids)
    these = [id for id in checked if id in concerned]
    for invoice in invoice_figures.read(tx, workspace_id, these):
        for one in invoice.measured:
            known = one.deducted is None and _is_plain(one, last_seq)
            if known and (one.metric.id, one.line.whose) in disputed:
                yield one


def _is_plain(one: MeasuredLine, last_seq: int) -> bool:
    """Whether a line bills all events of its service up to the place of the run."""
    return one.last_seq == last_seq and not EventPart.names_one(one.charge[-1])
