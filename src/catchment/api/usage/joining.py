"""Requests of one sender that wait together become one, and hear of their own part of it.

One array is compressed better than many, and is one row instead of many to write, to load and to
delete. The writer also asks for the interpreter once instead of many times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from catchment.flows.usage.ingest_usage import Arrival, Outcome, Place
from catchment.usage.intake.events import PLACES, joined

_MOST_BYTES = 96 * 1024
"""How large an array becomes by joining: copying larger ones costs more than it saves."""


class Joined(NamedTuple):
    """One request made of several, and how many events each of these has."""

    arrival: Arrival
    counts: Sequence[int]

    def outcomes(self, outcome: Outcome) -> Iterator[Outcome]:
        """What became of each of them."""
        for count in self.counts:
            yield outcome
            if isinstance(outcome, Place):
                first = outcome.first_seq + count
                outcome = Place(outcome.workspace_id, outcome.received_at, first)


def join(arrivals: Iterable[Arrival]) -> list[Joined]:
    """``arrivals`` in their order, joined wherever neighbours may share an outcome."""
    groups: list[list[Arrival]] = []
    size = count = 0
    for one in arrivals:
        size += len(one.batch.json)
        count += one.batch.event_count
        if groups and size <= _MOST_BYTES and count <= PLACES and _are_alike(groups[-1][-1], one):
            groups[-1].append(one)
        else:
            groups.append([one])
            size, count = len(one.batch.json), one.batch.event_count
    return [_as_one(group) for group in groups]


def _are_alike(one: Arrival, other: Arrival) -> bool:
    """Whether both are kept, or neither is: a retry may be answered by itself."""
    same_sender = one.sender == other.sender and one.since == other.since
    return same_sender and one.retry is None and other.retry is None


def _as_one(group: Sequence[Arrival]) -> Joined:
    counts = [one.batch.event_count for one in group]
    if len(group) == 1:
        return Joined(group[0], counts)
    return Joined(replace(group[0], batch=joined(one.batch for one in group)), counts)
