"""Slices hold everything once and in order, and little at a time of files that are sorted."""

from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catchment.usage.embedded import duck, layout, slices

FILES = 4
ROWS = 200
GROUP = 10
SLICE = 30


def events(number: int, names: str) -> pa.Table:
    scattered = [row * 7_919 % 1_009 for row in range(number * ROWS, (number + 1) * ROWS)]
    return pa.table(
        {
            "seq": range(number * ROWS, (number + 1) * ROWS),
            "alias": [names[one % len(names)] for one in scattered],
            "event_type": [("call", "ring")[one // 29 % 2] for one in scattered],
            "event_at": [one // 58 % 9 for one in scattered],
        }
    )


def places(rows: pa.Table) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in layout.ORDER) for row in rows.to_pylist()]


def sliced(files: list[Path], since: int | None = None) -> list[list[tuple[object, ...]]]:
    with ExitStack() as held:
        some = [held.enter_context(slices.opened(file)) for file in files]
        return [places(one) for one in slices.slices(some, layout.ORDER, since)]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "_GROUP", GROUP)
    monkeypatch.setattr(slices, "_ROWS", SLICE)


@pytest.mark.parametrize("names", ["a", "ab", "abcdefghijklmnopqrstuvwxyzäöü"])
@pytest.mark.parametrize("since", [None, 0, 4, 9])
def test_slices_of_sorted_files_are_small_however_few_names_there_are(
    tmp_path: Path, names: str, since: int | None
) -> None:
    sent = [events(number, names) for number in range(FILES)]
    files = [tmp_path / str(number) for number in range(FILES)]
    for rows, file in zip(sent, files, strict=True):
        layout.write(file, schema=rows.schema, tables=[layout.ordered(rows)])

    found = sliced(files, since)

    wanted = [one for rows in sent for one in places(rows) if since is None or one[2] >= since]
    assert [one for some in found for one in some] == sorted(wanted)
    assert max(map(len, found), default=0) < SLICE + GROUP * (FILES + 1)


def test_slices_are_in_order_however_files_are(tmp_path: Path) -> None:
    sent = [events(number, "abc") for number in range(FILES)]
    files = [tmp_path / str(number) for number in range(FILES)]
    orders = [], [("seq", "descending")], [("event_type", "ascending"), ("alias", "ascending")]
    for rows, file, order in zip(sent, files, orders, strict=False):
        pq.write_table(rows.sort_by(order) if order else rows, file, row_group_size=GROUP)
    pq.write_table(sent[-1], files[-1], row_group_size=GROUP, write_statistics=False)

    found = sliced(files)

    together = sorted(one for rows in sent for one in places(rows))
    assert [one for some in found for one in some] == together


def test_what_only_some_files_have_is_empty_for_others(tmp_path: Path) -> None:
    sent = [events(number, "abc") for number in range(2)]
    sent[1] = sent[1].append_column("text_61", pa.array(["x"] * ROWS))
    files = [tmp_path / "0", tmp_path / "1"]
    for rows, file in zip(sent, files, strict=True):
        layout.write(file, schema=rows.schema, tables=[layout.ordered(rows)])

    with slices.opened(files[0]) as one, slices.opened(files[1]) as other:
        found = pa.concat_tables(
            slices.slices([one, other], [*layout.ORDER, "text_61"], None),
            promote_options="permissive",
        )

    assert found["text_61"].null_count == ROWS
    assert found.filter(found["text_61"].is_valid())["seq"].to_numpy().min() == ROWS


def test_a_file_that_is_gone_is_missing(tmp_path: Path) -> None:
    with pytest.raises(duck.Missing):
        slices.opened(tmp_path / "gone")
