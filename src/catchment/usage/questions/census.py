"""Every event of a metric, once, by who claims it: the question that billing never asks.

Billing looks from a pool to its events, this from the events to whoever has them. So what nobody
has, or two have, is seen.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any, NamedTuple

import pyarrow as pa

from catchment.core.control import Census, Claimant, Twice
from catchment.core.hierarchy import CustomerId
from catchment.core.metering import Metric
from catchment.core.period import Period, Span
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
    "SELECT stretch, claimant, CASE WHEN claimant IS NULL THEN customer END AS unpriced,"
    " CASE WHEN customer IS NULL THEN alias END AS unmapped, count(*) AS event_count FROM owned"
    " LEFT JOIN stretches ON whose = claimant AND event_at >= starts AND event_at < ends"
    " GROUP BY stretch, claimant, unpriced, unmapped"
)
_BY_STRETCH = "SELECT stretch, event_count FROM tally WHERE stretch IS NOT NULL"
_SUMS = (
    "SELECT "
    + ", ".join(
        f"coalesce(sum(event_count) FILTER (WHERE {which}), 0)::BIGINT"
        for which in (
            "true",
            "claimant IS NOT NULL AND stretch IS NULL",
            "unpriced IS NOT NULL",
            "unmapped IS NOT NULL",
        )
    )
    + " FROM tally"
)
_TWICE = (
    "SELECT whose, least_claimant, most_claimant, count(*) AS event_count FROM"
    " (SELECT any_value(customer) AS whose, min(claimant) AS least_claimant,"
    " max(claimant) AS most_claimant FROM owned GROUP BY seq HAVING count(*) > 1)"
    " GROUP BY whose, least_claimant, most_claimant ORDER BY event_count DESC, whose"
)


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
    ``claimed`` have it defined once.
    """
    for claimed, alike in groupby(asked, key=attrgetter("claimed")):
        numbers = _define_claims(cursor, claimed())
        stretches: list[_Stretch] = []
        services: Mapping[_Service, Span] | None = None
        for one in alike:
            if one.services != services:
                services, stretches = one.services, list(_stretches(one.services))
                _define_stretches(cursor, stretches, numbers)
            yield _taken(cursor, one, stretches, list(numbers))


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


def _taken(
    cursor: Cursor,
    asked: CensusQuery,
    stretches: Sequence[_Stretch],
    claimants: Sequence[Claimant],
) -> Census:
    events = queries.matching(asked.metric)
    parameters = events.parameters | {
        "earliest": micros(asked.window.start),
        "latest": micros(asked.window.end),
    }
    owned = (
        "WITH owned AS (SELECT seq, event_at, alias, customer, claimant FROM"
        f" (SELECT seq, event_at, alias FROM counting WHERE {events.text})"
        " LEFT JOIN names USING (alias) LEFT JOIN claims"
        " ON owner = customer AND event_at >= from_at AND event_at < to_at) "
    )
    [(received,)] = cursor.rows(f"SELECT count(*) FROM counting WHERE {events.text}", parameters)
    cursor.keep("tally", owned + _TALLY, parameters)
    counted = dict.fromkeys(asked.services, 0)
    for place, found in cursor.rows(_BY_STRETCH):
        for service in stretches[place].services:
            counted[service] += found
    [(tallied, other, unpriced, unmapped)] = cursor.rows(_SUMS)
    return Census(
        received=received,
        counted=counted,
        other=other,
        unpriced=unpriced,
        unmapped=unmapped,
        unpriced_customers=_most(cursor, "unpriced"),
        unmapped_aliases=_most(cursor, "unmapped"),
        twice=() if tallied == received else tuple(_twice(cursor, owned, parameters, claimants)),
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


def _most(cursor: Cursor, column: str) -> tuple[tuple[str, int], ...]:
    """Who has the most events of those that are ``column``."""
    found = (
        f"SELECT {column}, event_count FROM tally WHERE {column} IS NOT NULL"
        f" ORDER BY event_count DESC, {column} LIMIT {NAMED}"
    )
    return tuple((who, events) for who, events in cursor.rows(found))


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
