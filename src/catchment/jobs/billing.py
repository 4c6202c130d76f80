"""Bill what waits, in every workspace, and start what the clock asks for.

Any number of processes may do so. Of a workspace one at a time bills, for it holds the lease; of an
occasion one makes the run, for the database keeps only one. What a process has begun when it dies
the next one finishes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from catchment.core.values.cron import Cron
from catchment.core.values.ids import NewId
from catchment.flows.billing.runs.bill_workspace import BILLING, last_event, work_off
from catchment.flows.billing.runs.start_run import start_run
from catchment.flows.billing.runs.work import INVOICES_AT_ONCE, Helpers, Work
from catchment.flows.billing.runs.work_on_run import THE_WORLDS
from catchment.store import access
from catchment.store.access import Workspace
from catchment.store.billing import billing_runs
from catchment.store.billing.billing_runs import Source
from catchment.store.engine import reading, writing
from catchment.store.lease import held
from catchment.usage import UsageStore

LOOK_SECONDS = 1.0
"""How often it is looked whether something waits."""

RETRY_SECONDS = 5.0
"""How long to wait where the database, the disk or the usage store is away."""

_log = logging.getLogger("catchment.billing")


@dataclass(slots=True)
class BillingJobs:
    """The runs of all workspaces. ``cron`` is when the clock asks for one; None: never."""

    engine: Engine
    usage: UsageStore
    clock: Callable[[], datetime]
    new_id: NewId
    cron: Cron | None = None
    at_once: int = INVOICES_AT_ONCE
    helpers: Helpers | None = None
    _since: datetime = field(init=False)
    _looked_at: datetime | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._since = self.clock()

    def start_due(self) -> None:
        """Start a run where an occasion has come since we began, or was missed meanwhile.

        Only the last of several missed ones: it bills what the others would have.
        """
        minute = self.clock().replace(second=0, microsecond=0)
        if self.cron is None or minute == self._looked_at:
            return
        with reading(self.engine) as tx:
            due = [
                (home, occasion)
                for home in access.all_workspaces(tx)
                for occasion in [self.cron.latest(minute, ZoneInfo(home.timezone))]
                if self._is_new(billing_runs.last_occasion(tx, home.id), occasion)
            ]
        for home, occasion in due:
            self._start(home, occasion)
        self._looked_at = minute

    def _is_new(self, last: datetime | None, occasion: datetime) -> bool:
        """Without a run before, what was before we began is not missed: nobody had asked for it."""
        since = self._since.replace(second=0, microsecond=0)
        return occasion >= since if last is None else occasion > last

    def _start(self, home: Workspace, occasion: datetime) -> None:
        """Start the run of an occasion, unless another process has."""
        last_seq = last_event(self.usage, home)
        as_of = occasion.astimezone(ZoneInfo(home.timezone)).date()
        with writing(self.engine) as tx:
            start_run(
                tx,
                last_seq,
                workspace=home,
                as_of=as_of,
                source=Source.SCHEDULE,
                now=self.clock(),
                new_id=self.new_id,
                occasion=occasion,
            )

    def waiting(self) -> bool:
        """Whether there is a run at work that nobody works on."""
        return any(self._idle())

    def work_off(self) -> None:
        """Bring every run to its end that nobody else works on."""
        with reading(self.engine) as tx:
            homes = billing_runs.waiting_workspaces(tx)
        for home in homes:
            now = self.clock()
            work = Work(
                self.engine,
                self.usage,
                home,
                now,
                self.new_id,
                self.clock,
                at_once=self.at_once,
                helpers=self.helpers,
            )
            work_off(work)

    def _idle(self) -> Iterator[bool]:
        with reading(self.engine) as tx:
            homes = billing_runs.waiting_workspaces(tx)
        for home in homes:
            with held(self.engine, BILLING, home.id, wait=False) as mine:
                yield mine


def watch(jobs: BillingJobs, ended: Callable[[float], bool], bill: Callable[[], None]) -> None:
    """Start what is due and ``bill`` what waits until ``ended``, which waits up to so many
    seconds, says so.
    """
    pause, failing = 0.0, False
    while not ended(pause):
        try:
            jobs.start_due()
            if jobs.waiting():
                bill()
        except THE_WORLDS as error:
            if not failing:
                _log.warning("billing runs wait: %s", error)
            pause, failing = RETRY_SECONDS, True
        else:
            if failing:
                _log.warning("billing runs go on")
            pause, failing = LOOK_SECONDS, False
