"""Requests that wait at the same time are written together, and answered after the one COMMIT.

Committing means waiting for the disk, and takes as long for one request as for a hundred. So one
thread of a process takes whatever waits, writes it in one transaction and answers all of it; what
arrives meanwhile is the next group. No request waits for another that has not come.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection, Engine, RootTransaction

from catchment.api.usage.joining import join
from catchment.flows.usage.ingest_usage import Arrival, KeptSince, Outcome, Place, ingest
from catchment.store.engine import open_connection
from catchment.store.idempotency import Stored
from catchment.usage.intake.events import pack
from catchment.usage.intake.pressure import Pressure

_MOST_REQUESTS = 256
_MOST_BYTES = 16 * 1024 * 1024

Told = Outcome | Exception
"""What became of a request; an exception where nobody knows."""

_Waiting = tuple[Arrival, asyncio.AbstractEventLoop, Callable[[Told], None]]


class GroupCommit:
    """The writer of one process. Its thread is there only while something waits."""

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime],
        hashing_key: bytes,
        pressure: Pressure,
    ) -> None:
        self._pressure = pressure
        self._engine = engine
        self._clock = clock
        self._hashing_key = hashing_key
        self._mutex = threading.Lock()
        self._waiting: deque[_Waiting] = deque()
        self._working = False
        self._thread = ThreadPoolExecutor(1, "usage-inbox")

    async def keep(self, arrival: Arrival) -> Place | Stored | KeptSince:
        """Where the events were kept, what was answered before, or since when any are kept by now.

        Raises BillingError.
        """
        future: asyncio.Future[Told] = asyncio.get_running_loop().create_future()

        def tell(outcome: Told) -> None:
            if not future.done():  # whoever asked may have gone away
                future.set_result(outcome)

        self.submit(arrival, tell)
        outcome = await future
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def submit(self, arrival: Arrival, tell: Callable[[Told], None]) -> None:
        """Keep the events, and ``tell`` in the running loop what became of them."""
        with self._mutex:
            self._waiting.append((arrival, asyncio.get_running_loop(), tell))
            idle, self._working = not self._working, True
        if idle:
            self._thread.submit(self._work)

    def _work(self) -> None:
        """Write group after group until nothing waits."""
        while group := self._next_group():
            try:
                outcomes: Sequence[Told] = self.write([one[0] for one in group])
            except Exception as error:  # noqa: BLE001 -- whatever it is, whoever waits must hear it
                outcomes = [error] * len(group)
            by_loop: dict[asyncio.AbstractEventLoop, list[_Telling]] = {}
            for (_, loop, tell), outcome in zip(group, outcomes, strict=True):
                by_loop.setdefault(loop, []).append((tell, outcome))
            for loop, telling in by_loop.items():
                with suppress(RuntimeError):  # its server has gone away
                    loop.call_soon_threadsafe(_tell, loop, telling)

    def _next_group(self) -> list[_Waiting]:
        with self._mutex:
            group: list[_Waiting] = []
            size = 0
            while self._waiting and len(group) < _MOST_REQUESTS and size < _MOST_BYTES:
                group.append(self._waiting.popleft())
                size += len(group[-1][0].batch.json)
            self._working = bool(group)
            return group

    def write(self, arrivals: list[Arrival]) -> Sequence[Told]:
        """The outcomes of requests that were written together, or else each by itself."""
        together = join(arrivals)
        packed = [pack(one.arrival.batch.json) for one in together]
        with open_connection(self._engine) as tx:
            transaction = tx.begin()
            try:
                now = self._clock()
                outcomes = ingest(
                    tx,
                    [one.arrival for one in together],
                    packed,
                    now=now,
                    hashing_key=self._hashing_key,
                    full=self._pressure.is_full(tx, sum(len(a.batch.json) for a in arrivals), now),
                )
            except Exception as error:  # noqa: BLE001 -- told to whoever it concerns
                transaction.rollback()
                if len(arrivals) == 1:
                    return [error]
            else:
                _commit(tx, transaction)
                return [
                    own
                    for one, outcome in zip(together, outcomes, strict=True)
                    for own in one.outcomes(outcome)
                ]
        return [outcome for one in arrivals for outcome in self.write([one])]


def _commit(tx: Connection, transaction: RootTransaction) -> None:
    """Where this fails nobody knows whether anything was kept, so there is no second try."""
    try:
        transaction.commit()
    except BaseException:
        tx.invalidate()  # it may still be in the middle of it
        raise


_Telling = tuple[Callable[[Told], None], Told]


def _tell(loop: asyncio.AbstractEventLoop, telling: list[_Telling]) -> None:
    for tell, outcome in telling:
        loop.call_soon(tell, outcome)  # by itself, so that where one breaks the others hear
