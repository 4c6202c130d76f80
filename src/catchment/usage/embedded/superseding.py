"""Which events no longer count once later ones with the same sender's ids are there.

The order of acknowledgement decides, and nothing else: no window of time, and whatever else the
events say. Each superseded event is marked with the place of the first that came after it, so that
what counted at any earlier moment is known as well.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined; values are parameters

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from catchment.usage.embedded import duck, keys, sorting
from catchment.usage.embedded.segments import Kind, Segment, files, overlapping


@dataclass(frozen=True, slots=True)
class Fresh:
    """New ``events``, each with the place of the next that has its id in ``later``.

    Their ``keys`` are sorted; ``places`` tells whose each of these is.
    """

    events: pa.Table
    keys: keys.Keys
    places: npt.NDArray[np.int64]


def fresh(events: pa.Table) -> Fresh:
    """New events, and what they supersede among themselves."""
    own = keys.of(events["customer_event_id"])
    order = sorting.order(own)
    ordered = own[order]
    later = pa.nulls(len(events), pa.int64())
    again = ordered[1:] == ordered[:-1]
    if again.any():
        alike = np.append(again, False) | np.insert(again, 0, False)
        later = _later(events, np.sort(order[alike]))
    return Fresh(events.append_column("later", later), ordered, order)


def superseded(
    cursor: duckdb.DuckDBPyConnection, new: Fresh, data_dir: Path, known: Sequence[Segment]
) -> pa.Table:
    """Marks for what new events supersede in segments ``known``, all of which are earlier."""
    sought = keys.Sought(new.keys)
    suspect = np.zeros(len(new.keys), bool)
    where: list[Segment] = []
    for segment in known:
        if segment.kind is Kind.KEYS:
            found = sought.among(_stored(data_dir / segment.path))
            if found.any():
                suspect |= found
                where.append(segment)
    if not where:
        return duck.MARKS.empty_table()
    ids = new.events.select(["seq", "customer_event_id"])
    cursor.register("suspects", ids.take(new.places[suspect]))
    return _before(cursor, data_dir, overlapping(known, where))


def _later(events: pa.Table, rows: npt.NDArray[np.int64]) -> pa.Array:
    """For each of ``events`` the place of the next that has its id, where both are of these
    ``rows``, which ascend.
    """
    sent = events["customer_event_id"].take(rows).combine_chunks()
    numbers = sent.dictionary_encode().indices.to_numpy()  # the same for the same id alone
    order = sorting.order(numbers)
    same = np.flatnonzero(numbers[order[1:]] == numbers[order[:-1]])
    later = np.zeros(len(events), np.int64)
    later[rows[order[same]]] = events["seq"].to_numpy()[rows[order[same + 1]]]
    return pa.array(later, mask=later == 0)


def _before(cursor: duckdb.DuckDBPyConnection, data_dir: Path, near: Sequence[Segment]) -> pa.Table:
    """Marks for stored events that ``suspects`` supersede, unless they have one."""
    stored, marked = files(data_dir, near, Kind.EVENTS), files(data_dir, near, Kind.MARKS)
    if not stored:  # all were dropped, and their keys are about to be
        return duck.MARKS.empty_table()
    already = f" AND seq NOT IN (SELECT seq FROM {duck.parquet(marked)})" if marked else ""
    return cursor.sql(
        "SELECT seq, min(suspect) AS later FROM"
        f" {duck.parquet(stored)} AS kept"
        " JOIN (SELECT customer_event_id, seq AS suspect FROM suspects) USING (customer_event_id)"
        f" WHERE kept.later IS NULL{already} GROUP BY seq"
    ).to_arrow_table()


def _stored(file: Path) -> keys.Keys:
    try:
        return keys.read(file)
    except FileNotFoundError as error:
        raise duck.Missing(str(error)) from error
