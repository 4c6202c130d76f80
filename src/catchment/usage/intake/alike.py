"""JSON bodies whose events all look like the first, taken apart at their quotation marks.

A program sends events of one make: the same fields in the same order, spaced alike. Then what
stands between their values is the same in all of them, and a value is found by counting quotation
marks. Whether that is so is not guessed: all that is not a value is compared, byte by byte, with
what the first has around its own, so nothing of a body is left unseen. A text with an escape in it
is not read here, and a number only where it surely is one.
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

from catchment.usage.intake.columns import COLUMNS, NUMBER, NUMBERS, TEXT, column
from catchment.usage.intake.decoded import FIELDS, PROPERTIES, Decoded, Named

_LONGEST = 1 << 16  # bytes, of a first event
_NUMBER = re.compile(rb'("\s*:\s*)-?\d[\d.eE+-]*(.*)', re.DOTALL)
_scanner = json.JSONDecoder()
_END = b'{"'  # as one more event begins

_Places = npt.NDArray[np.int64]


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
    text = make.between.join([*objects, _END])
    if b"\\" in text:
        return None
    quotes = np.flatnonzero(np.frombuffer(text, np.uint8) == ord('"'))
    count, left = divmod(len(quotes) - 1, make.quotes)
    found = None if left else _apart(make, text, quotes)
    if found is None:
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
    counts = np.diff(np.searchsorted(quotes[:-1], ends), prepend=0) // make.quotes
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


def _apart(make: _Make, text: bytes, quotes: _Places) -> list[pa.Array] | None:
    """The bytes of each value of all events, if they look alike; where all are ASCII, as texts."""
    places = [place for one in make.values for place in (one.quote, one.quote + 1)]
    shifts = [by for one in make.values for by in (one.before, -one.after)]
    marks = np.lib.stride_tricks.sliding_window_view(quotes, make.quotes + 1)[:: make.quotes]
    edges = marks[:, [0, *places, make.quotes]] + np.array([0, *shifts, 0])
    if not _are_all(make, text, edges):
        return None
    flat = edges.astype(np.int32).ravel()
    kind = pa.string() if text.isascii() else pa.binary()
    buffers = [None, pa.py_buffer(flat), pa.py_buffer(text)]
    pieces = pa.Array.from_buffers(kind, len(flat) - 1, buffers)
    step = edges.shape[1]
    firsts = range(1, step - 1, 2)
    return [pieces.take(pa.array(np.arange(at, len(flat), step))) for at in firsts]


def _are_all(make: _Make, text: bytes, edges: _Places) -> bool:
    """Whether what is around the values, from every second edge to the next, is as in the first."""
    if (np.diff(edges) < 0).any():
        return False
    for place, own in enumerate(make.around):
        starts, ends = edges[:, 2 * place], edges[:, 2 * place + 1]
        if (ends - starts != len(own)).any():
            return False
        # What lies from each byte of the text on, of which only that at the starts is looked at.
        lying = np.ndarray(len(text) - len(own) + 1, f"V{len(own)}", text, strides=(1,))
        if lying[starts].tobytes() != own * len(starts):
            return False
    return True
