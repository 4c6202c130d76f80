"""What questions ask of ClickHouse: the relations of one snapshot, as subqueries."""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are numbers and quoted ids

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from catchment.core.period import Span
from catchment.usage.clickhouse import rows, schema
from catchment.usage.clickhouse.properties import expressions
from catchment.usage.intake.events import micros

_STORED = ", ".join(
    name for name in rows.COLUMNS if name not in {"workspace_id", "later", "version"}
)
_EVENTS = ("seq", "customer_event_id", "alias", "event_type", "event_at", "received_at")

FRESH = (
    "CREATE TEMPORARY TABLE fresh ("
    + ", ".join(f"{name} {kind.partition(' CODEC')[0]}" for name, kind in rows.COLUMNS.items())
    + ") ENGINE = Memory"
)
"""What makes the table of what waits."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Events of a workspace: those stored up to the place ``loaded``, and those in ``fresh``.

    Where there is a table ``fresh``, it holds what waits and what that supersedes among the stored
    ones. ``last_seq`` is the place up to which events are asked for. Events outside ``within`` need
    not be there.
    """

    workspace_id: str
    loaded: int
    last_seq: int
    within: Span | None
    fresh: bool


def of(snapshot: Snapshot, properties: Collection[str]) -> dict[str, str]:
    """Each relation by its name, as a subquery; ``events`` has columns of ``properties``.

    ``later`` of ``stored`` is the place that superseded the event, as far as this snapshot knows.
    """
    stored, last = _stored(snapshot), snapshot.last_seq
    read = [*_EVENTS, *(one for name in sorted(properties) for one in expressions(name))]
    events = f"SELECT {', '.join(read)} FROM {stored} WHERE seq <= {last} AND event_type <> ''"
    return {
        "stored": stored,
        "events": f"({events})",
        "counting": f"({events} AND (later = 0 OR later > {last}))",
        "marks": f"(SELECT seq, later FROM {stored} WHERE later BETWEEN 1 AND {last})",
    }


def _stored(snapshot: Snapshot) -> str:
    where = [
        f"workspace_id = {schema.text(snapshot.workspace_id)}",
        f"seq <= {snapshot.loaded}",
    ]
    if snapshot.within is not None:
        where.append(f"event_at >= {micros(snapshot.within.start)}")
        where.append(f"event_at < {micros(snapshot.within.end)}")
    if snapshot.fresh:
        where.append("seq GLOBAL NOT IN (SELECT seq FROM fresh)")
    stored = (
        f"SELECT {_STORED}, if(kept.later > {snapshot.loaded}, 0, kept.later) AS later"
        f" FROM {schema.EVENTS} AS kept FINAL WHERE {' AND '.join(where)}"
    )
    if snapshot.fresh:
        stored += f" UNION ALL SELECT {_STORED}, later FROM fresh"
    return f"({stored})"
