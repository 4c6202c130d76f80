"""The columns of events: a property has its own, so that a metric reads what it asks for.

A property's texts, numbers and flags are columns named after it. What is none of these, or belongs
to a name beyond the most common ones, stays with its event: as JSON in ``properties``, and what
metrics read of it in ``texts``. Both are empty for nearly all events. Nothing is kept twice, and an
event's properties are put together again from wherever they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow as pa

from catchment.core.usage.properties import FRACTION_DIGITS
from catchment.core.values.money import decimal_text

NUMBERS = pa.decimal128(38, FRACTION_DIGITS)
COLUMNS = {
    "seq": pa.int64(),
    "customer_event_id": pa.string(),
    "alias": pa.string(),
    "event_type": pa.string(),
    "event_at": pa.int64(),
    "received_at": pa.int64(),
    "properties": pa.string(),
    "texts": pa.map_(pa.string(), pa.string()),
}
"""What every event has, before the columns of its properties. Instants are microseconds since 1970,
UTC.
"""

NONE = pa.Table.from_batches([], pa.schema(list(COLUMNS.items())))
"""No events. ``empty_table`` would load pandas where it is installed, and each command would wait
for that.
"""

KINDS = TEXT, NUMBER, FLAG = "text", "number", "flag"
_rest_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encoder = msgspec.json.Encoder()


def column(kind: str, name: str) -> str:
    """The column of the values of one kind that the property ``name`` has.

    A name may hold any characters and differ from another by its case alone: the column's has
    neither.
    """
    return f"{kind}_{name.encode().hex()}"


def text(name: str) -> str:
    """The column of ``events`` with what filters and UNIQUE read of a property."""
    return f"read_{column(TEXT, name)}"


def folded(name: str) -> str:
    """The column of ``events`` with the same, its letters without case (``properties.fold``)."""
    return f"fold_{column(TEXT, name)}"


def number(name: str) -> str:
    """The column of ``events`` with what aggregations of numbers read of a property."""
    return f"read_{column(NUMBER, name)}"


def property_of(column: str) -> tuple[str, str] | None:
    """The kind and the property of a column; None where it is one that every event has."""
    kind, _, name = column.partition("_")
    if column in COLUMNS or kind not in KINDS:
        return None
    return kind, bytes.fromhex(name).decode()


def properties_of(row: Mapping[str, Any]) -> str:
    """The JSON object of an event's properties, by name, from a row with all columns."""
    found: dict[str, Any] = dict(_rest_decoder.decode(row["properties"] or "{}"))
    for name, value in row.items():
        split = property_of(name)
        if split is not None and value is not None:
            kind, own = split
            digits = decimal_text(value).encode() if kind == NUMBER else b""
            found[own] = msgspec.Raw(digits) if kind == NUMBER else value
    return _encoder.encode(dict(sorted(found.items()))).decode()
