"""A trial: contracts in one workspace, billed month after month, and held against the oracle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, Engine

from catchment import ids
from catchment.flows.billing.runs.bill_workspace import bill_at_once
from catchment.flows.billing.runs.work import INVOICES_AT_ONCE, Work
from catchment.flows.billing.runs.work_on_run import RunResult
from catchment.flows.invoices.void_invoice import void_invoice
from catchment.flows.schedules.reach_milestone import reach_milestone
from catchment.flows.schedules.stop_schedule import cancel, resume, suspend
from catchment.store import access
from catchment.store.billing import billing_runs
from catchment.store.billing.billing_runs import BillingRun, RunStatus, Source
from catchment.store.engine import writing
from catchment.usage import UsageStore
from tests.flows.books import START, Books
from tests.flows.kept_family import in_zone
from tests.oracle.contracts import Bill, Contract, Schedule, told
from tests.oracle.draw import RUN_DAYS
from tests.oracle.kept import KeptContracts
from tests.oracle.runs import bill_by_runs
from tests.oracle.smaller import smaller


class Differs(AssertionError):
    """Contracts are billed otherwise than the oracle bills them: the smallest one that shows it.

    It comes from the first of ``seeds``; the others may have other reasons.
    """

    def __init__(self, seeds: Sequence[int], contract: Contract, why: str) -> None:
        first, *others = seeds
        also = f"; so do {', '.join(map(str, others))}" if others else ""
        super().__init__(f"seed {first} differs{also}; made smaller:\n{told(contract)}\n{why}")
        self.contract = contract
        self.why = why


Judge = Callable[[Contract, Sequence[date]], Bill]
"""Who says what is right: all that a contract is billed by runs on some days."""


def agree(
    engine: Engine,
    usage: UsageStore,
    contracts: Mapping[int, Contract],
    judge: Judge = bill_by_runs,
) -> int:
    """How many lines contracts of one time zone, by seed, have; every one is as the oracle's.

    Raises Differs where that is not so.
    """
    trial = _Trial(engine, usage, judge)
    expected, wrong = trial.held(contracts)
    if wrong:
        seed, why = next(iter(wrong.items()))
        raise Differs([*wrong], *trial.smallest(contracts[seed], why))
    return sum(len(one.lines) for one in expected.values())


@dataclass(frozen=True)
class _Trial:
    engine: Engine
    usage: UsageStore
    judge: Judge

    def smallest(self, contract: Contract, why: str) -> tuple[Contract, str]:
        """One that still differs, and no longer does when anything more is taken from it."""
        while True:
            tried = dict(enumerate(smaller(contract)))
            _, wrong = self.held(tried) if tried else ({}, {})
            if not wrong:
                return contract, why
            place, why = next(iter(wrong.items()))
            contract = tried[place]

    def held(self, contracts: Mapping[int, Contract]) -> tuple[dict[int, Bill], dict[int, str]]:
        """What contracts should be billed, and how some of them are billed otherwise."""
        expected = {number: self.judge(one, RUN_DAYS) for number, one in contracts.items()}
        bills, wrong = self.billed(contracts)
        for number, own in bills.items():
            if own != expected[number]:
                wrong.setdefault(number, "\n".join(_unlike(own, expected[number])))
        return expected, wrong

    def billed(self, contracts: Mapping[int, Contract]) -> tuple[dict[int, Bill], dict[int, str]]:
        """What contracts are billed in a workspace of their own, and why some are not.

        Where a run does not balance it cannot say for whom: that is looked for by halves.
        """
        kept, failed, unsound = self.run(contracts)
        if unsound and len(contracts) == 1:
            return kept.bills(), dict.fromkeys(contracts, unsound)
        if unsound:
            numbers = sorted(contracts)
            half = len(numbers) // 2
            bills: dict[int, Bill] = {}
            for part in (numbers[:half], numbers[half:]):
                found, wrong = self.billed({number: contracts[number] for number in part})
                bills, failed = bills | found, failed | wrong
            return bills, failed
        return kept.bills(), failed

    def run(self, contracts: Mapping[int, Contract]) -> tuple[KeptContracts, dict[int, str], str]:
        """Contracts after all runs; which failed, and what did not balance."""
        [zone] = {contract.zone for contract in contracts.values()}
        id = ids.new_id()
        with writing(self.engine) as tx:
            home = access.named_workspace(tx, name=f"Trial {id}", id=id, at=START)
        kept = KeptContracts(in_zone(Books(self.engine, self.usage, home), zone), contracts)
        failed: dict[int, str] = {}
        for place, day in enumerate(RUN_DAYS):
            now = datetime.combine(day, time(12), UTC)
            kept.send(place, now)
            kept.grant(place, day, now)
            run = self.bill(kept.books.workspace, day, now)
            for one in run.failures:
                failed.setdefault(kept.number_of(one.schedule_id), one.reason)
            if not run.balanced:
                return kept, failed, f"{day} does not balance: {run.report.differences}"
            self.change(kept, place, day, now)
            self.void(kept, place, day, now)
        return kept, failed, ""

    def bill(self, home: access.Workspace, day: date, now: datetime) -> RunResult:
        """Bill a workspace; whatever looks like a slip is issued all the same."""

        def start(tx: Connection, last_seq: int) -> BillingRun:
            status, source = RunStatus.RUNNING, Source.CLI
            run = BillingRun(
                ids.new_id(), day, status, source, last_seq, created_at=now, accept_bounds=True
            )
            billing_runs.add(tx, home.id, run)
            return run

        work = Work(
            self.engine,
            self.usage,
            home,
            now,
            ids.new_id,
            lambda: now,
            lambda _done, _all: None,
            INVOICES_AT_ONCE,
        )
        return bill_at_once(work, start)

    def change(self, kept: KeptContracts, place: int, day: date, now: datetime) -> None:
        """What happens to schedules after a run: milestones are reached, and some stop or go on."""
        home = kept.books.workspace
        for number, contract in kept.contracts.items():
            for schedule in contract.schedules:
                if place not in _changes(schedule):
                    continue
                id = kept.id_of(number, schedule.id)
                paused, again = schedule.suspended or (None, None)
                with writing(self.engine) as tx:
                    for position, phase in enumerate(schedule.phases):
                        if phase.milestone == place and phase.end is not None:
                            reach_milestone(
                                tx,
                                self.usage,
                                home,
                                id,
                                kept.id_of(id, position),
                                phase.end,
                                today=day,
                                now=now,
                                new_id=ids.new_id,
                            )
                    if schedule.cancelled and schedule.cancelled[0] == place:
                        last = schedule.cancelled[1]
                        cancel(
                            tx, self.usage, home, id, last, today=day, now=now, new_id=ids.new_id
                        )
                    if place == paused:
                        suspend(tx, home, id, today=day, now=now)
                    if place == again:
                        resume(tx, self.usage, home, id, today=day, now=now, new_id=ids.new_id)

    def void(self, kept: KeptContracts, place: int, day: date, now: datetime) -> None:
        """Take the last invoices of schedules out of force after a run."""
        voids = [
            (number, one.schedule)
            for number, contract in kept.contracts.items()
            for one in contract.voids
            if one.place == place
        ]
        with writing(self.engine) as tx:
            for number, schedule in voids:
                id = kept.last_invoice(tx, number, schedule)
                if id is not None:
                    void_invoice(tx, kept.books.workspace.id, id, on=day, now=now)


def _changes(schedule: Schedule) -> set[int | None]:
    """After which runs something happens to a schedule."""
    cancelled, _ = schedule.cancelled or (None, None)
    return {cancelled, *(schedule.suspended or ()), *(one.milestone for one in schedule.phases)}


def _unlike(found: Bill, expected: Bill) -> Iterator[str]:
    parts: tuple[tuple[Mapping[Any, Any], Mapping[Any, Any]], ...] = (
        (found.lines, expected.lines),
        (found.invoices, expected.invoices),
        (found.grants, expected.grants),
    )
    for own, other in parts:
        for key in sorted({*own, *other}):
            if own.get(key) != other.get(key):
                yield f"{key} is {own.get(key)}, should be {other.get(key)}"
