"""JSON bodies whose events all look like the first, taken apart at their quotation marks.

A program sends events of one make: the same fields in the same order, spaced alike. Then what
stands between their values is the same in all of them, and a value is found by counting quotation
marks. Whether that is so is not guessed: what was taken apart is put together again, the values of
each between what the first has around its own, and must be the same bytes. A text with an escape in
it is not read here, and a number only where it surely is one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catchment.usage.intake.columns import COLUMNS, NUMBER, NUMBERS, TEXT, column
from catchment.usage.intake.decoded import FIELDS, PROPERTIES, Decoded, Named

_LONGEST = 1 << 16  # bytes, of a first event
_NUMBER = re.compile(rb'("\s*:\s*)-?\d[\d.eE+-]*(.*)', re.DOTALL)
_scanner = json.JSONDecoder()


class _Value(NamedTuple):
    """A value of each event: ``before`` bytes after a quotation mark, ``after`` before the next."""

    name: str
    kind: str
    of_properties: bool
    quote: int
    before: int
    after: int


class _Make(NamedTuple):
    """How all events look: what is between them, and how many quotation marks, which values and
    what around these is in each.
    """

    between: bytes
    quotes: int
    values: list[_Value]
    around: list[bytes]


def read(bodies: Sequence[bytes], named: Named) -> Decoded | None:
    """The events of JSON arrays that were checked; None where they are not alike.

    All properties are expected to be among ``named``.
    """
    objects = [body.strip()[1:-1].strip() for body in bodies]
    make = _make(objects[0])
    if make is None or not {one.name for one in make.values if one.of_properties} <= named.keys():
        return None
    text = make.between.join([*objects, b"{"])
    if b"\\" in text:
        return None
    quotes = np.flatnonzero(np.frombuffer(text, np.uint8) == ord('"')).astype(np.int32)
    count, left = divmod(len(quotes), make.quotes)
    found = None if left else _apart(make, text, quotes)
    if found is None or not _are_all(make, found, pa.py_buffer(text).slice(quotes[0])):
        return None
    try:
        arrays = [
            one.cast(pa.string()).cast(NUMBERS if value.kind == NUMBER else pa.string())
            for value, one in zip(make.values, found, strict=True)
        ]
    except pa.ArrowInvalid:  # what is no number, or would have to be rounded; or no UTF-8
        return None
    fields = dict.fromkeys(FIELDS, pa.nulls(count, pa.string()))
    columns = {name: pa.nulls(count, COLUMNS[name]) for name in ("properties", "texts")}
    for value, one in zip(make.values, arrays, strict=True):
        if value.of_properties:
            columns[column(value.kind, value.name)] = one
        else:
            fields[value.name] = one
    ends = np.array([len(own) for own in objects]).cumsum()
    ends += np.arange(len(objects)) * len(make.between)
    counts = np.diff(np.searchsorted(quotes, ends), prepend=0) // make.quotes
    alias, event_type, timestamp, customer_event_id = fields.values()
    return Decoded(counts.tolist(), alias, event_type, timestamp, customer_event_id, columns)


def _make(objects: bytes) -> _Make | None:
    """How the first of ``objects`` looks, if it has nothing but texts and numbers."""
    start = objects[:_LONGEST].decode(errors="ignore")
    try:
        event, end = _scanner.raw_decode(start)
    except (ValueError, RecursionError):  # it is longer than that
        return None
    pieces = [b'"%b' % piece.encode() for piece in start[:end].split('"')[1:]]
    if not pieces or "\\" in start[:end]:
        return None
    between = b", " if start.startswith(", ", end) else b","
    pieces[-1] += between + b"{"
    values = _values(event, pieces)
    if not values:
        return None
    edges = list(accumulate(map(len, pieces), initial=0))
    starts = [edges[one.quote] + one.before for one in values]
    ends = [edges[one.quote + 1] - one.after for one in values]
    whole = b"".join(pieces)
    around = [whole[a:b] for a, b in zip([0, *ends], [*starts, len(whole)], strict=True)]
    return _Make(between, len(pieces), values, around)


def _values(event: Mapping[str, Any], pieces: Sequence[bytes]) -> list[_Value] | None:
    """The values of an event, where its ``pieces`` are what they seem to be."""
    found: list[_Value] = []
    at = 0
    for name, value, of_properties in _fields(event):
        if at >= len(pieces) or pieces[at] != b'"%b' % name.encode():
            return None  # a field is there twice
        match value:
            case str() if of_properties or name in FIELDS:
                found.append(_Value(name, TEXT, of_properties, at + 2, 1, 0))
                at += 4
            case bool():
                return None
            case int() | float() if of_properties:
                digits = _NUMBER.fullmatch(pieces[at + 1])
                if digits is None:
                    return None
                before, after = map(len, digits.groups())
                found.append(_Value(name, NUMBER, of_properties, at + 1, before, after))
                at += 2
            case dict() if name == PROPERTIES and not of_properties:
                at += 2
            case _:
                return None
    return found if at == len(pieces) else None


def _fields(event: Mapping[str, Any]) -> Iterator[tuple[str, Any, bool]]:
    """Names and values in order, and whether they are among the properties."""
    for name, value in event.items():
        yield name, value, False
        if name == PROPERTIES and isinstance(value, dict):
            yield from ((own, inner, True) for own, inner in value.items())


def _apart(make: _Make, text: bytes, quotes: npt.NDArray[np.int32]) -> list[pa.Array] | None:
    """The bytes of each value of all events, if they look alike; where all are ASCII, as texts."""
    edges = np.append(quotes, np.int32(len(text)))
    places = [place for one in make.values for place in (one.quote, one.quote + 1)]
    shifts = [by for one in make.values for by in (one.before, -one.after)]
    cuts = np.lib.stride_tricks.sliding_window_view(edges, make.quotes + 1)[:: make.quotes, places]
    cuts += np.array(shifts, np.int32)
    flat = np.append(cuts.ravel(), np.int32(len(text)))
    if (np.diff(flat) < 0).any():
        return None
    buffers = [None, pa.py_buffer(flat), pa.py_buffer(text)]
    kind = pa.string() if text.isascii() else pa.binary()
    pieces = pa.Array.from_buffers(kind, len(flat) - 1, buffers)
    firsts = range(0, cuts.shape[1], 2)
    return [pieces.take(pa.array(np.arange(at, len(pieces), cuts.shape[1]))) for at in firsts]


def _are_all(make: _Make, values: Sequence[pa.Array], text: pa.Buffer) -> bool:
    """Whether ``text`` is these values, one event after the other, and what is around them."""
    kind = values[0].type
    around = [pa.scalar(one, kind) for one in make.around]
    parts = [part for pair in zip(around, values, strict=False) for part in pair]
    events = pc.binary_join_element_wise(*parts, around[-1], pa.scalar(b"", kind))
    _, ends, together = events.buffers()
    size = np.frombuffer(ends, np.int32)[len(events)]
    return bool(size == len(text) and together.slice(0, size).equals(text))
