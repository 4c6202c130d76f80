"""How events lie in a file: by dictionaries where texts repeat, and compressed as long as kept."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catchment.usage.embedded import layout
from catchment.usage.embedded.footers import footer
from catchment.usage.intake.columns import COLUMNS, NUMBER, NUMBERS, TEXT, column

ROWS = 100


def events() -> pa.Table:
    texts = {
        "few": ["a", "b"] * (ROWS // 2),
        "many": list(map(str, range(ROWS))),
        "seldom": [None] * (ROWS - 4) + ["a"] * 4,
        "none": [None] * ROWS,
    }
    return pa.table(
        {"alias": list(map(str, range(ROWS)))}
        | {column(TEXT, name): pa.array(own, pa.string()) for name, own in texts.items()}
    )


def test_texts_have_a_dictionary_where_they_repeat(tmp_path: Path) -> None:
    file = tmp_path / "events.parquet"

    layout.write(file, schema=events().schema, tables=[events()])

    group = pq.read_metadata(file).row_group(0)
    columns = map(group.column, range(group.num_columns))
    with_one = {one.path_in_schema for one in columns if one.has_dictionary_page}
    repeated = {column(TEXT, name) for name in ("few", "seldom")}
    assert with_one - {column(TEXT, "none")} == repeated | {"alias"}
    assert pq.read_table(file).equals(events())


@pytest.mark.parametrize(("briefly", "codec"), [(True, "LZ4"), (False, "ZSTD")])
def test_what_is_merged_soon_is_compressed_less(tmp_path: Path, briefly: bool, codec: str) -> None:
    file = tmp_path / "events.parquet"

    layout.write(file, schema=events().schema, tables=[events()], briefly=briefly)

    assert pq.read_metadata(file).row_group(0).column(0).compression == codec


def test_a_footer_tells_what_is_empty_and_ranges_only_of_what_is_in_order(tmp_path: Path) -> None:
    file = tmp_path / "events.parquet"
    ids = events()["alias"]
    empty = {name: pa.nulls(ROWS, COLUMNS[name]) for name in ("properties", "texts")}
    rows = pa.table(
        {"customer_event_id": ids, **empty}
        | {name: events()[name] for name in events().column_names}
    )

    layout.write(file, schema=rows.schema, tables=[rows])

    assert set(rows.column_names) - footer(file).used == {*empty, column(TEXT, "none")}
    group = pq.read_metadata(file).row_group(0)
    columns = map(group.column, range(group.num_columns))
    ranged = {
        one.path_in_schema for one in columns if one.statistics and one.statistics.has_min_max
    }
    assert ranged == {"alias"}


def test_no_events_make_a_file_without_rows(tmp_path: Path) -> None:
    file = tmp_path / "events.parquet"

    layout.write(file, schema=events().schema, tables=[])

    assert layout.row_count(file) == 0
    assert pq.read_table(file).schema.equals(events().schema)


@pytest.mark.parametrize(
    ("beside", "type", "stored"),
    [
        ("999999999999.999999", layout.NARROW, "INT64"),
        ("-999999999999.999999", layout.NARROW, "INT64"),
        ("1000000000000", NUMBERS, "FIXED_LEN_BYTE_ARRAY"),
        ("-1000000000000", NUMBERS, "FIXED_LEN_BYTE_ARRAY"),
        ("0.0000001", NUMBERS, "FIXED_LEN_BYTE_ARRAY"),
    ],
)
def test_numbers_take_64_bits_where_all_fit(
    tmp_path: Path, beside: str, type: pa.DataType, stored: str
) -> None:
    file = tmp_path / "events.parquet"
    name = column(NUMBER, "value")
    numbers = [Decimal("1.5")] * 2_000 + [Decimal(beside), None]

    rows = layout.narrow(pa.table({name: pa.array(numbers, NUMBERS)}))
    layout.write(file, schema=rows.schema, tables=[rows])

    assert pq.read_table(file)[name].type == type
    assert pq.read_table(file)[name].to_pylist() == numbers
    assert pq.read_metadata(file).row_group(0).column(0).physical_type == stored
