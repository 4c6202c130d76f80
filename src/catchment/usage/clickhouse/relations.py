"""What questions ask of ClickHouse: the relations of one snapshot, as subqueries."""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are numbers and quoted ids

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from catchment.usage.clickhouse import rows, schema
from catchment.usage.clickhouse.properties import expressions
from catchment.usage.intake.events import micros
from catchment.usage.questions.near import Near

_STORED = ", ".join(
    name for name in rows.COLUMNS if name not in {"workspace_id", "later", "version"}
)
_FEW_NAMES = 1_000
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
    ones. ``last_seq`` is the place up to which events are asked for. Only events ``near`` need be
    there: shards send no others, and a server reads few others. Those of before ``kept_since`` are
    none any more.
    """

    workspace_id: str
    loaded: int
    last_seq: int
    near: Near
    fresh: bool
    kept_since: datetime | None = None


def of(snapshot: Snapshot, properties: Collection[str]) -> Callable[[str], dict[str, str]]:
    """What each relation is to a question, as a subquery.

    ``events`` has those columns of ``properties`` that the question names: of all metrics of a
    billing run there would be thousands. ``later`` of ``stored`` is the place that superseded the
    event, as far as this snapshot knows.
    """
    stored, last = _stored(snapshot), snapshot.last_seq
    wanted = [f"seq <= {last}", "event_type <> ''", *_during(snapshot.near)]
    if snapshot.kept_since is not None:
        wanted.append(f"event_at >= {micros(snapshot.kept_since)}")
    columns = {name: made for one in properties for name, made in expressions(one).items()}

    def meaning(question: str) -> dict[str, str]:
        own = (f"{made} AS {name}" for name, made in columns.items() if name in question)
        read = ", ".join((*_EVENTS, *own))
        events = f"SELECT {read} FROM {stored} WHERE {' AND '.join(wanted)}"
        return {
            "stored": stored,
            "events": f"({events})",
            "counting": f"({events} AND (later = 0 OR later > {last}))",
            "marks": f"(SELECT seq, later FROM {stored} WHERE later BETWEEN 1 AND {last})",
        }

    return meaning


def _stored(snapshot: Snapshot) -> str:
    where = [
        f"workspace_id = {schema.text(snapshot.workspace_id)}",
        f"seq <= {snapshot.loaded}",
    ]
    near = snapshot.near
    where += _during(near)
    if near.event_types is not None:
        where.append(_among("event_type", near.event_types))
    if near.aliases is not None and len(near.aliases) <= _FEW_NAMES:
        where.append(_among("alias", near.aliases))
    if snapshot.fresh:
        where.append("seq GLOBAL NOT IN (SELECT seq FROM fresh)")
    stored = (
        f"SELECT {_STORED}, if(kept.later > {snapshot.loaded}, 0, kept.later) AS later"
        f" FROM {schema.EVENTS} AS kept FINAL WHERE {' AND '.join(where)}"
    )
    if snapshot.fresh:
        stored += f" UNION ALL SELECT {_STORED}, later FROM fresh"
    return f"({stored})"


def _during(near: Near) -> Iterator[str]:
    if near.within is not None:
        yield f"event_at >= {micros(near.within.start)}"
        yield f"event_at < {micros(near.within.end)}"


def _among(column: str, values: Collection[str]) -> str:
    return f"{column} IN ({', '.join(map(schema.text, sorted(values)))})" if values else "false"
