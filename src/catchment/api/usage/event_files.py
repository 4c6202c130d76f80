"""Files of usage events, read part by part in constant memory: NDJSON and CSV.

A row is an event: a line of NDJSON that is not blank, or a record of CSV after its header. Rows are
counted from 1.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import msgspec

from catchment.api.usage import event_check
from catchment.api.usage.event_reader import MOST_EVENTS, sorted_out
from catchment.core.values.errors import FieldError, Invalid
from catchment.flows.usage.import_usage import Part
from catchment.usage import Batch

_PIECE = 1 << 18
_LONGEST_LINE = 1 << 20
_LARGEST_PART = 8 << 20
_FIELDS = ("customerAlias", "eventType", "eventTimestamp", "customerEventId")
_REQUIRED = ("customerAlias", "eventType")
_number = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_encoder = msgspec.json.Encoder()

Row = bytes | Invalid
"""The JSON of an event, or why the row is none."""


class Source(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes: ...


def ndjson(source: Source, skip: int = 0) -> Iterator[Part]:
    """The parts of a file with an event a line, after its first ``skip`` rows.

    Raises Invalid.
    """
    stripped = (line.strip() for line in _lines(source))
    return _parts((line for line in stripped if line), skip)


def csv_rows(source: Source, skip: int = 0) -> Iterator[Part]:
    """The parts of a CSV file with a header, after its first ``skip`` rows.

    Columns that are no field of an event are properties: a number where the cell is one in JSON,
    else a text; an empty cell is none. Raises Invalid.
    """
    return _parts(_events(source), skip)


def _lines(source: Source) -> Iterator[bytes]:
    """The lines, without their ends."""
    left = b""
    while piece := source.read(_PIECE):
        *whole, left = (left + piece).split(b"\n")
        yield from whole
        if len(left) > _LONGEST_LINE:
            raise Invalid(f"A line has at most {_LONGEST_LINE} bytes.")
    if left:
        yield left


def _parts(rows: Iterable[Row], skip: int) -> Iterator[Part]:
    waiting: list[Row] = []
    size = done = 0
    for number, row in enumerate(rows, 1):
        if number <= skip:
            done = number
            continue
        waiting.append(row)
        size += len(row) if isinstance(row, bytes) else 0
        if len(waiting) == MOST_EVENTS or size >= _LARGEST_PART:
            yield _part(waiting, done)
            done += len(waiting)
            waiting, size = [], 0
    if waiting:
        yield _part(waiting, done)


def _part(rows: list[Row], before: int) -> Part:
    """``rows``, which come after as many as ``before``."""
    # A line is one event where it begins one and there are as many events as lines: within an event
    # that the fast reader takes, no object can follow a comma.
    texts = [row for row in rows if isinstance(row, bytes) and row.startswith(b"{")]
    if len(texts) == len(rows):
        array = b"[%b]" % b",".join(texts)
        if event_check.count(array) == len(rows):
            return Part(len(rows), Batch(len(rows), array))
    taken = sorted_out(rows)
    refused = tuple((before + index + 1, refusal) for index, refusal in taken.refused)
    return Part(len(rows), taken.good, refused)


def _events(source: Source) -> Iterator[Row]:
    records = csv.reader(_text(source), strict=True)
    try:
        header = next(records, None)
        if header is None:
            raise Invalid("The file has no header.")
        _check(header)
        for record in records:
            if record:
                yield _event(header, record)
    except csv.Error as error:
        message = f"Line {records.line_num} is no CSV: {error}."
        raise Invalid(message, errors=(FieldError("", "csv_invalid", message),)) from error


def _text(source: Source) -> Iterator[str]:
    try:
        for number, line in enumerate(_lines(source)):
            yield line.decode("utf-8-sig" if number == 0 else "utf-8") + "\n"
    except UnicodeDecodeError as error:
        raise Invalid("The file is not UTF-8.") from error


def _check(header: list[str]) -> None:
    missing = [name for name in _REQUIRED if name not in header]
    if missing:
        raise Invalid(
            f"The header names no column {missing[0]}.",
            errors=tuple(FieldError(f"/{name}", "missing", "A column.") for name in missing),
        )
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        message = f"The header names {twice!r} twice."
        raise Invalid(message, errors=(FieldError("", "duplicate_column", message),))


def _event(header: list[str], record: list[str]) -> Row:
    if len(record) != len(header):
        return Invalid(f"The row has {len(record)} cells, the header {len(header)}.")
    event: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for name, cell in zip(header, record, strict=True):
        if cell == "" and name not in _REQUIRED:
            continue
        if name in _FIELDS:
            event[name] = cell
        else:
            properties[name] = msgspec.Raw(cell.encode()) if _number.fullmatch(cell) else cell
    return _encoder.encode(event | {"eventProperties": properties})
