"""Under which names something came too late for what was measured before: a cheap first look.

Late for a measurement is an event of its time that was acknowledged after what it read, one that
was superseded since, and any under a name that was given or taken since. Who finds nothing here has
nothing to measure again; who finds something may still come to the same figures.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa

from catchment.core.values.period import Span
from catchment.usage.intake.events import micros
from catchment.usage.questions.engine import Cursor, define_rows
from catchment.usage.questions.near import Near

_MEASURED = pa.schema(
    [
        ("place", pa.int32()),
        ("event_type", pa.string()),
        ("starts", pa.int64()),
        ("ends", pa.int64()),
        ("measured_to", pa.int64()),
        ("known_at", pa.int64()),
    ]
)
_RENAMED = pa.schema([("alias", pa.string()), ("renamed_at", pa.int64())])
_WITHIN = (
    " JOIN measured USING (event_type) WHERE event_at >= starts AND event_at < ends"
    " AND event_at >= $earliest AND event_at < $latest"
)
_CAME = f"SELECT place, alias FROM events {_WITHIN} AND seq > $since AND seq > measured_to"
_SUPERSEDED = (
    "SELECT place, alias FROM events JOIN (SELECT seq, later FROM marks WHERE later > $since)"
    " AS marks USING (seq)"
    f" {_WITHIN} AND seq <= measured_to AND later > measured_to"
)
_RENAMED_SINCE = (
    "SELECT place, alias FROM events JOIN renamed USING (alias)"
    f" {_WITHIN} AND renamed_at > known_at"
)


class MeasuredTo(NamedTuple):
    """Events of a type within ``span`` were read up to a place, by the names of ``known_at``."""

    event_type: str
    span: Span
    last_seq: int
    known_at: datetime


def near(measured: Sequence[MeasuredTo], renamed: Sequence[tuple[str, datetime]]) -> Near:
    """Where something may be late: among what is new, or anywhere where names are new."""
    found = Near.to((one.span for one in measured), (one.event_type for one in measured))
    if renamed or not measured:
        return found
    return replace(found, since=min(one.last_seq for one in measured))


def look(
    cursor: Cursor,
    measured: Sequence[MeasuredTo],
    renamed: Sequence[tuple[str, datetime]],
) -> list[tuple[int, str]]:
    """(place in ``measured``, name) wherever something may be late.

    ``renamed`` are the names that were given or taken, each with the instant.
    """
    if not measured or cursor.is_empty:
        return []
    rows = [
        (
            place,
            one.event_type,
            micros(one.span.start),
            micros(one.span.end),
            one.last_seq,
            micros(one.known_at),
        )
        for place, one in enumerate(measured)
    ]
    define_rows(cursor, "measured", _MEASURED, rows)
    parameters = {
        "earliest": min(micros(one.span.start) for one in measured),
        "latest": max(micros(one.span.end) for one in measured),
        "since": min(one.last_seq for one in measured),
    }
    asked = [_CAME, _SUPERSEDED]
    if renamed:
        define_rows(cursor, "renamed", _RENAMED, ((name, micros(at)) for name, at in renamed))
        asked.append(_RENAMED_SINCE)
    return [tuple(row) for row in cursor.rows(" UNION DISTINCT ".join(asked), parameters)]
