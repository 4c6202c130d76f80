"""Who used what and whose share is whose, as a table to download: CSV or Parquet, piece by piece.

Every figure is exact: plain digits in CSV, decimals in Parquet.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from catchment.core.values.money import CURRENCIES, MAX_DECIMALS, Money, decimal_text, money_text
from catchment.core.values.period import Period

_AT_ONCE = 5_000
_DIGITS = 38  # the most that a decimal128 holds
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """A member and a line: what it used, and its share.

    ``depth`` is 0 for the payer, ``path`` names who stands above, the payer first. Without a line
    the member used something and has no share in it, as with a figure below zero.
    """

    depth: int
    path: str
    customer_id: str
    customer: str
    line_item_id: str | None = None
    product: str | None = None
    line: str | None = None
    service: Period | None = None
    metric: str | None = None
    unit: str | None = None
    quantity: Decimal
    net: Money | None = None
    tax: Money | None = None

    @property
    def gross(self) -> Money | None:
        return None if self.net is None or self.tax is None else self.net + self.tax


def csv_pieces(rows: Iterable[UsageRow], currency: str, method: str) -> Iterator[bytes]:
    """UTF-8 with a header; a text that a spreadsheet would compute begins with an apostrophe."""
    piece = io.StringIO()
    write = csv.writer(piece).writerow
    write(field.name for field in _schema(currency))
    for part in _batches(rows):
        for place, row in part:
            write([_text(value) for value in _values(place, row, currency, method)])
        yield piece.getvalue().encode()
        piece.seek(0)
        piece.truncate()


def parquet_pieces(rows: Iterable[UsageRow], currency: str, method: str) -> Iterator[bytes]:
    """A Parquet file, a row group at a time."""
    sink = _Sink()
    schema = _schema(currency)
    with pq.ParquetWriter(sink, schema) as writer:
        for part in _batches(rows):
            found = [_values(place, row, currency, method) for place, row in part]
            columns = ([_plain(row[place]) for row in found] for place in range(len(schema)))
            arrays = [pa.array(c, field.type) for c, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))
            yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """A file that is taken away as it is written."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()
        self._place = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def write(self, data: Any) -> int:
        self._written += data
        self._place += len(data)
        return len(data)

    def taken(self) -> bytes:
        """What has been written since the last time."""
        found = bytes(self._written)
        self._written.clear()
        return found


def _schema(currency: str) -> pa.Schema:
    money = pa.decimal128(_DIGITS, CURRENCIES[currency])
    return pa.schema(
        [
            pa.field("index", pa.int64(), nullable=False),
            pa.field("depth", pa.int32(), nullable=False),
            pa.field("path", pa.string(), nullable=False),
            pa.field("customerId", pa.string(), nullable=False),
            pa.field("customer", pa.string(), nullable=False),
            pa.field("lineItemId", pa.string()),
            pa.field("product", pa.string()),
            pa.field("line", pa.string()),
            pa.field("serviceStart", pa.date32()),
            pa.field("serviceEnd", pa.date32()),
            pa.field("metric", pa.string()),
            pa.field("unit", pa.string()),
            pa.field("quantity", pa.decimal128(_DIGITS, MAX_DECIMALS), nullable=False),
            pa.field("currency", pa.string(), nullable=False),
            pa.field("method", pa.string(), nullable=False),
            pa.field("netTotal", money),
            pa.field("totalTax", money),
            pa.field("grossTotal", money),
        ]
    )


def _values(place: int, row: UsageRow, currency: str, method: str) -> tuple[object, ...]:
    """The cells of a row, in the order of the columns."""
    return (
        place,
        row.depth,
        row.path,
        row.customer_id,
        row.customer,
        row.line_item_id,
        row.product,
        row.line,
        row.service.start if row.service else None,
        row.service.last_day if row.service else None,
        row.metric,
        row.unit,
        row.quantity,
        currency,
        method,
        row.net,
        row.tax,
        row.gross,
    )


def _batches(rows: Iterable[UsageRow]) -> Iterator[list[tuple[int, UsageRow]]]:
    """The rows with their places, some at once; one empty batch where there are none."""
    rest = iter(enumerate(rows))
    part = list(islice(rest, _AT_ONCE))
    yield part
    while part := list(islice(rest, _AT_ONCE)):
        yield part


def _plain(value: object) -> object:
    return value.decimal if isinstance(value, Money) else value


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case Money():
            return money_text(value)
        case Decimal():
            return decimal_text(value)
        case str() if value.startswith(_ACTIVE):
            return "'" + value
        case _:
            return str(value)
