"""What is wrong after a life has ended, and once what was not answered has been sent again."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from catchment.core.usage.metering import Aggregation, Member, Metric, UsageQuery
from catchment.core.values.period import BEGINNING, FOREVER, Span
from catchment.store.engine import lock, reading, writing
from catchment.usage import EventFilter, EventPageRequest
from catchment.usage.embedded import segments
from catchment.usage.opening import usage_store
from tests.faults.story import REQUESTS, SENDERS, Request, deliver, intake, requests

_ALWAYS = (Span(BEGINNING, FOREVER),)
_SUM = UsageQuery(
    Metric("sum", "call", Aggregation.SUM, "v"),
    tuple(Member(sender, (sender,), _ALWAYS) for sender in SENDERS),
)
_OLD = 2 * segments.SAFE_AGE_SECONDS


class Checker:
    """Looks at what is stored of a life whose messages were ``said``.

    It may have left ``excused`` files behind: three for each step that failed, because that may have
    been the one that asks what is to be removed.
    """

    def __init__(
        self,
        engine: Engine,
        data_dir: Path,
        workspace_id: str,
        seed: int,
        said: Sequence[dict[str, Any]],
        excused: int,
    ) -> None:
        self._engine = engine
        self._data_dir = data_dir
        self._home = workspace_id
        self._usage = usage_store(engine, data_dir)
        self._sent = requests(seed)
        self._said = said
        self._excused = excused
        self._times = self._told("send")
        self._answered = self._told("answer")

    def _told(self, did: str) -> Counter[tuple[str, int]]:
        return Counter((one["sender"], one["request"]) for one in self._said if one["did"] == did)

    def wrong(self, *, survived: bool) -> Iterator[str]:
        """Everything that is wrong; the life's process ``survived`` or was killed."""
        self._wait_for_the_dead()
        if survived:
            yield from self._left_behind()
        found = self._rows()
        yield from self._stored("found", found)
        yield from self._statistics(found)
        for name, change in (("loaded", self._usage.catch_up), ("merged", self._usage.compact)):
            change(self._home)
            if self._rows() != found:
                yield f"{name}: other events than were found"
        yield from self._statistics(found)
        yield from self._resent()
        yield from self._swept()

    def _wait_for_the_dead(self) -> None:
        """Whoever was about to commit held one of these, and PostgreSQL ends its work first."""
        with writing(self._engine) as tx:
            lock(tx, "usage", self._home)
            lock(tx, "usage-load", self._home)

    def _resent(self) -> Iterator[str]:
        with intake(self._engine) as keep:
            for sender, mine in self._sent.items():
                for request in mine:
                    if not self._answered[sender, request.number]:
                        deliver(keep, self._home, request, self._resend)
        self._usage.catch_up(self._home)
        yield from self._stored("sent again", self._rows())

    def _resend(self, message: dict[str, Any]) -> None:
        which = message["sender"], message["request"]
        (self._times if message["did"] == "send" else self._answered)[which] += 1

    def _rows(self) -> list[tuple[str, int, str, int, bool]]:
        """(sender, number of the request, the sender's id, value, whether it counts), in order."""
        request = EventPageRequest(limit=10_000, by_id=True, ascending=True)
        page = self._usage.events(self._home, EventFilter(), request)
        assert page.total == len(page.events), page.total
        rows = []
        for one in page.events:
            said = json.loads(one.properties)
            rows.append(
                (one.alias, int(said["r"]), one.customer_event_id, int(said["v"]), one.counts)
            )
        return rows

    def _stored(self, when: str, rows: Sequence[tuple[Any, ...]]) -> Iterator[str]:
        sums = {}
        for sender, mine in self._sent.items():
            own = [row for row in rows if row[0] == sender]
            copies: Counter[int] = Counter()
            expected = list(self._whole(own, mine, copies))
            last = {id: place for place, (id, _) in enumerate(expected)}
            counting = [place == last[id] for place, (id, _) in enumerate(expected)]
            if [row[2:] for row in own] != [
                (id, value, counts) for (id, value), counts in zip(expected, counting, strict=True)
            ]:
                yield f"{when}: of {sender} is {own}"
            sums[sender] = sum(
                v for (_, v), counts in zip(expected, counting, strict=True) if counts
            )
            yield from self._copies(when, sender, copies)
        [answer] = self._usage.measure(self._home, [_SUM])
        if answer.pooled != sum(sums.values()):
            yield f"{when}: {answer.pooled} instead of {sums}"

    def _whole(
        self, own: Sequence[tuple[Any, ...]], mine: Sequence[Request], copies: Counter[int]
    ) -> Iterator[tuple[str, int]]:
        """The events of a sender whose requests are there as a whole, as often as they are."""
        of_request = Counter(row[1] for row in own)
        for request in mine:
            copies[request.number] = -(-of_request[request.number] // len(request.events))
            for _ in range(copies[request.number]):
                yield from request.events

    def _copies(self, when: str, sender: str, copies: Counter[int]) -> Iterator[str]:
        for number in range(REQUESTS):
            least = bool(self._answered[sender, number])
            most = self._times[sender, number]
            if sender == "keyed":
                most = min(1, most)
            if not least <= copies[number] <= most:
                yield f"{when}: {copies[number]} times request {number} of {sender}, not {most}"

    def _statistics(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[str]:
        said = self._usage.stats(self._home, SENDERS)
        counting = sum(row[-1] for row in rows)
        if (said.events, said.events - said.superseded_events) != (len(rows), counting):
            yield f"statistics say {said}, events are {len(rows)}, {counting} count"
        if said.events_in_files + said.waiting_events != said.events:
            yield f"statistics do not add up: {said}"

    def _files(self) -> tuple[set[Path], set[Path]]:
        """The files that are there, and those that the manifest names."""
        folder = self._data_dir / segments.folder(self._home)
        with reading(self._engine) as tx:
            named = {self._data_dir / one.path for one in segments.manifest(tx, self._home)}
        return set(folder.iterdir()) if folder.exists() else set(), named

    def _left_behind(self) -> Iterator[str]:
        """Whoever fails but lives removes what it made: a full disk must not get fuller."""
        there, named = self._files()
        retired = {Path(one["path"]) for one in self._said if one["did"] == "retire"}
        if len(there - named - retired) > self._excused:
            yield f"left behind: {there - named - retired}"

    def _swept(self) -> Iterator[str]:
        """Nothing that is not named stays for ever."""
        there, named = self._files()
        if not named <= there:
            yield f"missing: {named - there}"
        newest = max((one.stat().st_mtime for one in there), default=0)
        for one in there - named:
            os.utime(one, (newest - _OLD, newest - _OLD))
        self._usage.catch_up(self._home)
        there, named = self._files()
        if there != named:
            yield f"not swept: {there - named}"
