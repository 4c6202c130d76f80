"""Who asks for some names reads the groups of rows that have them, and not all there are."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from catchment.usage.embedded import duck, footers, layout, relations
from catchment.usage.intake import columns

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


def asked_near(file: Path, aliases: frozenset[str]) -> relations.Snapshot:
    """The events of a file, where only some aliases are asked for."""
    nothing = duck.MARKS.empty_table()
    return relations.Snapshot([file], columns.NONE, [], nothing, 10, 10_000, aliases=aliases)


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


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        ([], 0),
        (["name"], 0),
        (["name-00499"], ROWS),
        (["name-00500"], ROWS),
        (["name-00499", "name-00500"], 2 * ROWS),
        (["0", "name-09999", "zzz"], ROWS),
    ],
)
def test_a_footer_tells_how_many_rows_may_be_of_some_names(
    file: Path, names: list[str], rows: int
) -> None:
    assert footers.footer(file).rows_near(names) == rows


@pytest.mark.parametrize("few_rows", [2 * ROWS, 2 * ROWS - 1], ids=["few", "too many"])
def test_events_of_few_names_are_found_before_anything_else_is_asked(
    file: Path, monkeypatch: pytest.MonkeyPatch, few_rows: int
) -> None:
    monkeypatch.setattr(relations, "_FEW_ROWS", few_rows)
    names = frozenset({"name-00007", "name-09999", "d'd"})
    snapshot = asked_near(file, names)
    engine = duck.Duck(file.parent)
    with engine.cursor() as connection:
        stored = relations.of(connection, snapshot, ())["stored"]
        asked = f"SELECT seq FROM {stored} WHERE alias <> 'name-00007' OR seq <= 7 ORDER BY seq"
        found = connection.execute(asked).fetchall()
    engine.close()

    everyone = [(number,) for number in range(GROUPS * ROWS)]
    assert found == ([(7,), (9_999,)] if few_rows == 2 * ROWS else everyone)


@pytest.mark.parametrize(
    ("places", "found"),
    [
        ((10, 11, 13), [10, 11, 12, 13]),
        ((499, 500, 998), [*range(499, 999)]),
        ((0, 1, 9_999), [*range(GROUPS * ROWS)]),
    ],
    ids=["in one group", "in neighbouring groups", "far apart"],
)
def test_events_of_many_names_that_lie_together_are_found_first(
    file: Path, monkeypatch: pytest.MonkeyPatch, places: tuple[int, ...], found: list[int]
) -> None:
    """What lies between them is read along, but not most of a file."""
    monkeypatch.setattr(relations, "_FEW_NAMES", 2)
    names = frozenset(f"name-{place:05}" for place in places)
    snapshot = asked_near(file, names)
    engine = duck.Duck(file.parent)
    with engine.cursor() as connection:
        stored = relations.of(connection, snapshot, ())["stored"]
        read = connection.execute(f"SELECT seq FROM {stored} ORDER BY seq").fetchall()
    engine.close()

    assert [place for (place,) in read] == found


def _operators(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in plan.get("operator", plan.get("children", [])):
        yield one
        yield from _operators(one)
