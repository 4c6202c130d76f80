"""JSON bodies read at once by Arrow, where that is sure to say what reading them one by one would.

Arrow takes a schema and objects on lines of their own. It makes texts of texts only, flags of flags
only, and decimals of a number's own digits, and refuses what does not fit: another field or kind, a
field given twice, a number that would have to be rounded. Two things it would let pass: a text read
as a number, and null read as nothing sent. Both leave quotation marks in the bodies that are
accounted for by nothing that was read, so these are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
from pyarrow import json

from catchment.usage.intake.columns import COLUMNS, FLAG, NUMBER, NUMBERS, TEXT, column
from catchment.usage.intake.decoded import FIELDS, PROPERTIES, Decoded, Named

_TYPES = {TEXT: pa.string(), NUMBER: NUMBERS, FLAG: pa.bool_()}


def read(bodies: Sequence[bytes], named: Named) -> Decoded | None:
    """The events of JSON arrays that were checked; None where only reading them one by one tells.

    All properties are expected to be among ``named``, and of the kind that they had there.
    """
    kinds = {name: next(iter(own)) for name, own in named.items() if len(own) == 1}
    lines = [_lines(body) for body in bodies]
    counts = [_count_of(b"\n", own) + 1 for own in lines]
    text = b"\n".join(lines)
    found = _parsed(text, kinds)
    # More lines than events: there are line feeds between the tokens of a body.
    if found is None or len(found) != sum(counts):
        return None
    fields = [found[name].combine_chunks() for name in FIELDS]
    sent = found[PROPERTIES].combine_chunks()
    own = dict(zip(kinds, sent.flatten(), strict=True))
    texts = [*fields, *(own[name] for name, kind in kinds.items() if kind == TEXT)]
    quoted = _values([*fields, sent, *own.values()]) + _values(texts)  # names, and texts
    if _count_of(b'"', text) != 2 * quoted:
        return None
    nothing = {name: pa.nulls(len(found), COLUMNS[name]) for name in ("properties", "texts")}
    properties = {column(kinds[name], name): values for name, values in own.items()}
    alias, event_type, timestamp, customer_event_id = fields
    return Decoded(counts, alias, event_type, timestamp, customer_event_id, nothing | properties)


def _lines(body: bytes) -> bytes:
    """The objects of a JSON array, each on a line of its own, where they all begin alike.

    What replaces a comma here stands between two objects, for no text of JSON holds a bare
    quotation mark; where these are not the events themselves, a line ends within one.
    """
    objects = body.strip()[1:-1]
    opening = objects[: objects.find(b":") + 1]
    for between in (b"},", b"}, "):
        if between + opening in objects:
            return objects.replace(between + opening, b"}\n" + opening)
    return objects


def _parsed(lines: bytes, kinds: Mapping[str, str]) -> pa.Table | None:
    properties = pa.struct([(name, _TYPES[kind]) for name, kind in kinds.items()])
    fields = [*((name, pa.string()) for name in FIELDS), (PROPERTIES, properties)]
    try:
        return json.read_json(
            pa.BufferReader(lines),
            json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
            json.ParseOptions(explicit_schema=pa.schema(fields), unexpected_field_behavior="error"),
        )
    except (pa.ArrowException, ValueError):  # the latter where a message is no UTF-8
        return None


def _values(arrays: Iterable[pa.Array]) -> int:
    """How many are not null."""
    return sum(len(one) - one.null_count for one in arrays)


def _count_of(byte: bytes, text: bytes) -> int:
    """What ``text.count`` says, but many at a time."""
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == ord(byte)))
