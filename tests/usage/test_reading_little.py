"""Who asks for some names reads the groups of rows that have them, and not all there are."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from catchment.usage.embedded import duck, layout

GROUPS, ROWS = 20, 500
EVENTS = pa.table(
    {
        "alias": [f"name-{number:05}" for number in range(GROUPS * ROWS)],
        "seq": pa.array(range(GROUPS * ROWS), pa.int64()),
    }
)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(layout, "_GROUP", ROWS)
    file = tmp_path / "events.parquet"
    layout.write(file, schema=EVENTS.schema, tables=[EVENTS])
    return file


@pytest.mark.parametrize("count", [2, 400], ids=["a few", "a large family"])
def test_some_names_are_looked_for_where_they_may_be(file: Path, count: int) -> None:
    """One of them, like a customer's id, comes before all others."""
    names = ["0", *EVENTS["alias"].to_pylist()[-count:]]
    engine = duck.Duck(file.parent)
    with engine.cursor() as cursor:
        cursor.register("spans", pa.table({"alias": names}))
        asked = (
            f"SELECT sum(seq) FROM {duck.parquet([file])} JOIN spans USING (alias)"
            f" WHERE alias BETWEEN '{names[0]}' AND '{names[-1]}'"
        )
        [(_, told)] = cursor.execute(f"EXPLAIN (ANALYZE, FORMAT json) {asked}").fetchall()
    engine.close()

    [read] = (one for one in _operators(json.loads(told)) if one["name"] == "READ_PARQUET")
    assert (read["row_groups_scanned"], read["total_row_groups_to_scan"]) == (1, GROUPS)


def _operators(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in plan.get("operator", plan.get("children", [])):
        yield one
        yield from _operators(one)
