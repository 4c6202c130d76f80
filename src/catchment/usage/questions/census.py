"""Every event of a metric, once, by who claims it: the question that billing never asks.

Billing looks from a pool to its events, this from the events to whoever has them. So what nobody
has, or two have, is seen.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any, NamedTuple

import pyarrow as pa

from catchment.core.control import Census, Claimant, Twice
from catchment.core.families.hierarchy import CustomerId
from catchment.core.usage.metering import Metric
from catchment.core.values.period import Period, Span
from catchment.store.chunks import chunks
from catchment.usage.intake.events import micros
from catchment.usage.questions import queries
from catchment.usage.questions.engine import Cursor, define_rows

NAMED = 100
"""How many aliases, customers or pairs of claims a census names at most."""

_NAMES = pa.schema([("alias", pa.string()), ("customer", pa.string())])
_CLAIMS = pa.schema(
    [
        ("claimant", pa.int32()),
        ("owner", pa.string()),
        ("from_at", pa.int64()),
        ("to_at", pa.int64()),
    ]
)
_STRETCHES = pa.schema(
    [
        ("whose", pa.int32()),
        ("stretch", pa.int32()),
        ("starts", pa.int64()),
        ("ends", pa.int64()),
    ]
)
_TALLY = (
    "SELECT event_type, stretch, claimant,"
    " CASE WHEN claimant IS NULL THEN customer END AS unpriced,"
    " CASE WHEN customer IS NULL THEN alias END AS unmapped, count(*) AS event_count FROM owned"
    " LEFT JOIN stretches ON whose = claimant AND event_at >= starts AND event_at < ends"
    " GROUP BY event_type, stretch, claimant, unpriced, unmapped"
)
_BY_STRETCH = "SELECT event_type, stretch, event_count FROM tally WHERE stretch IS NOT NULL"
_SUMS = (
    "SELECT event_type, "
    + ", ".join(
        f"coalesce(sum(event_count) FILTER (WHERE {which}), 0)::BIGINT"
        for which in (
            "true",
            "claimant IS NOT NULL AND stretch IS NULL",
            "unpriced IS NOT NULL",
            "unmapped IS NOT NULL",
        )
    )
    + " FROM tally GROUP BY event_type"
)
_TWICE = (
    "SELECT whose, least_claimant, most_claimant, count(*) AS event_count FROM"
    " (SELECT any_value(customer) AS whose, min(claimant) AS least_claimant,"
    " max(claimant) AS most_claimant FROM owned GROUP BY seq HAVING count(*) > 1)"
    " GROUP BY whose, least_claimant, most_claimant ORDER BY event_count DESC, whose"
)
_ROWS_AT_ONCE = 100_000
_COUNTS_AT_ONCE = 100_000
"""How many services of types of events are counted in one pass: more take memory, less time."""


class Claimed(NamedTuple):
    """The usage of ``customer`` during ``spans`` is the claimant's."""

    claimant: Claimant
    customer: CustomerId
    spans: tuple[Span, ...]


_Service = tuple[Claimant, Period]


class _Stretch(NamedTuple):
    """A part of those ``services`` of a claimant that it lies in."""

    whose: Claimant
    span: Span
    services: tuple[_Service, ...]


@dataclass(frozen=True, slots=True)
class CensusQuery:
    """Whose each event of ``metric`` within ``window`` is, and how many lie in each service.

    ``claimed`` makes all claims there are on the metric anew each time it is called: a reading
    that is taken again needs them again.
    """

    metric: Metric
    window: Span
    claimed: Callable[[], Iterable[Claimed]]
    services: Mapping[_Service, Span]


def define_names(cursor: Cursor, names: Iterable[tuple[str, CustomerId]]) -> None:
    """Make ``names`` mean whose each alias is."""
    define_rows(cursor, "names", _NAMES, names)


def take(cursor: Cursor, asked: Iterable[CensusQuery]) -> Iterator[Census]:
    """The answers in order; whose each alias is has been defined. Neighbours that share what is
    ``claimed`` have it defined once, and those that differ in no more than the type of their events
    are counted in one pass.
    """
    for claimed, neighbours in groupby(asked, key=attrgetter("claimed")):
        alike = list(neighbours)
        numbers = _define_claims(cursor, claimed())
        together: dict[Hashable, list[CensusQuery]] = {}
        for one in alike:
            together.setdefault(_apart_from_type(one), []).append(one)
        found: dict[tuple[Hashable, str], Census] = {}
        for key, own in together.items():
            types = sorted({one.metric.event_type for one in own})
            most = max(1, _COUNTS_AT_ONCE // (len(own[0].services) + 1))
            for part in chunks(types, most):
                counted = _counted(cursor, own[0], part, numbers)
                found |= {(key, event_type): census for event_type, census in counted.items()}
        yield from (found[_apart_from_type(one), one.metric.event_type] for one in alike)


def _apart_from_type(one: CensusQuery) -> Hashable:
    """What queries have in common that are counted together."""
    of = one.metric
    return of.filters, of.negated, of.case_sensitive, one.window, id(one.services)


def _define_claims(cursor: Cursor, claimed: Iterable[Claimed]) -> dict[Claimant, int]:
    """Make ``claims`` mean what is claimed, and number the claimants."""
    numbers: dict[Claimant, int] = {}
    claims = (
        (numbers.setdefault(whose, len(numbers)), customer, micros(span.start), micros(span.end))
        for whose, customer, spans in claimed
        for span in spans
    )
    define_rows(cursor, "claims", _CLAIMS, claims)
    return numbers


def _define_stretches(
    cursor: Cursor, stretches: Iterable[_Stretch], numbers: Mapping[Claimant, int]
) -> None:
    rows = (
        (numbers[one.whose], place, micros(one.span.start), micros(one.span.end))
        for place, one in enumerate(stretches)
        if one.whose in numbers
    )
    define_rows(cursor, "stretches", _STRETCHES, rows)


def _counted(
    cursor: Cursor, asked: CensusQuery, types: Sequence[str], numbers: Mapping[Claimant, int]
) -> dict[str, Census]:
    """What is asked of the events of one type, of those of each of some ``types``."""
    stretches = list(_stretches(asked.services))
    _define_stretches(cursor, stretches, numbers)
    passing = queries.passes(asked.metric)
    parameters = passing.parameters | {
        "earliest": micros(asked.window.start),
        "latest": micros(asked.window.end),
        **{f"type_{place}": event_type for place, event_type in enumerate(types)},
    }
    names = ", ".join(f"$type_{place}" for place in range(len(types)))
    events = f"counting WHERE event_type IN ({names}) AND {passing.text}"
    received = dict(
        cursor.rows(f"SELECT event_type, count(*) FROM {events} GROUP BY event_type", parameters)
    )
    cursor.keep("tally", _owned(events) + _TALLY, parameters)
    counted = {event_type: dict.fromkeys(asked.services, 0) for event_type in types}
    for rows in cursor.batches(_BY_STRETCH, {}, _ROWS_AT_ONCE):
        for event_type, place, found in rows:
            of_type = counted[event_type]
            for service in stretches[place].services:
                of_type[service] += found
    sums = {event_type: figures for event_type, *figures in cursor.rows(_SUMS)}
    answers = {}
    for event_type in types:
        tallied, other, unpriced, unmapped = sums.get(event_type, (0, 0, 0, 0))
        twice: Iterable[Twice] = ()
        if tallied != received.get(event_type, 0):
            of_one = _owned(f"counting WHERE event_type = $event_type AND {passing.text}")
            own = parameters | {"event_type": event_type}
            twice = _twice(cursor, of_one, own, list(numbers))
        answers[event_type] = Census(
            received=received.get(event_type, 0),
            counted=counted[event_type],
            other=other,
            unpriced=unpriced,
            unmapped=unmapped,
            unpriced_customers=_most(cursor, event_type, "unpriced") if unpriced else (),
            unmapped_aliases=_most(cursor, event_type, "unmapped") if unmapped else (),
            twice=tuple(twice),
        )
    return answers


def _owned(events: str) -> str:
    """Let ``owned`` be the ``events``, each with whose it is, once for every claim on it."""
    return (
        "WITH owned AS (SELECT seq, event_at, event_type, alias, customer, claimant FROM"
        f" (SELECT seq, event_at, event_type, alias FROM {events})"
        " LEFT JOIN names USING (alias) LEFT JOIN claims"
        " ON owner = customer AND event_at >= from_at AND event_at < to_at) "
    )


def _twice(
    cursor: Cursor,
    owned: str,
    parameters: Mapping[str, Any],
    claimants: Sequence[Claimant],
) -> Iterator[Twice]:
    for customer, first, last, events in cursor.rows(owned + _TWICE, parameters):
        ids = claimants[first].schedule_id, claimants[last].schedule_id
        yield Twice(customer, (min(ids), max(ids)), events)


def _most(cursor: Cursor, event_type: str, column: str) -> tuple[tuple[str, int], ...]:
    """Who has the most events of a type, of those that are ``column``."""
    found = (
        f"SELECT {column}, event_count FROM tally WHERE event_type = $event_type"
        f" AND {column} IS NOT NULL ORDER BY event_count DESC, {column} LIMIT {NAMED}"
    )
    return tuple((who, events) for who, events in cursor.rows(found, {"event_type": event_type}))


def _stretches(services: Mapping[_Service, Span]) -> Iterator[_Stretch]:
    """Each claimant's services, cut where one of them begins or ends: no instant is in two."""
    by_claimant: dict[Claimant, list[tuple[_Service, Span]]] = {}
    for service, span in services.items():
        by_claimant.setdefault(service[0], []).append((service, span))
    for whose, own in by_claimant.items():
        if len(own) == 1:
            [(service, span)] = own
            yield _Stretch(whose, span, (service,))
            continue
        edges = sorted({edge for _, span in own for edge in (span.start, span.end)})
        for start, end in pairwise(edges):
            within = tuple(service for service, span in own if span.start <= start < span.end)
            if within:
                yield _Stretch(whose, Span(start, end), within)
