"""Inbox rows as columns: a property has its own, so that a metric reads what it asks for.

A property's texts, numbers and flags are columns named after it. What is none of these, or belongs
to a name beyond the most common ones, stays with its event: as JSON in ``properties``, and what
metrics read of it in ``texts``. Both are empty for nearly all events. Nothing is kept twice, and an
event's properties are put together again from wherever they are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from operator import attrgetter, itemgetter
from types import NoneType
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catchment.core.metering import FRACTION_DIGITS
from catchment.core.money import decimal_text, to_decimals
from catchment.usage.intake import properties
from catchment.usage.intake.event_ids import event_ids
from catchment.usage.intake.events import InboxRow, first_place, micros, unpack

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

NONE = pa.schema(list(COLUMNS.items())).empty_table()
"""No events."""

MOST_COLUMNS = 64
"""How many properties of a load have columns: the first ones, and of these the most common."""

_AT_ONCE = 2_000

KINDS = TEXT, NUMBER, FLAG = "text", "number", "flag"
_INSTANT = pa.timestamp("us", "UTC")
_DIGITS = {int, msgspec.Raw}
_NOTHING: dict[str, Any] = {}


class _Event(msgspec.Struct, rename="camel", gc=False):
    """An event of the inbox; the digits of a number with a fraction are a ``msgspec.Raw``."""

    customer_alias: str
    event_type: str
    event_timestamp: str | None = None
    customer_event_id: str | None = None
    event_properties: dict[str, Any] | None = None


_decoder = msgspec.json.Decoder(list[_Event], float_hook=msgspec.Raw)
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
    """The column of ``events`` with the same, its letters without case (``metering.fold``)."""
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


def table(workspace_id: str, rows: Iterable[InboxRow]) -> pa.Table:
    """The events of inbox rows, at least one, in the order of their places."""
    named: dict[str, None] = {}
    parts, part, count = [], [], 0
    for row in rows:
        own = _decoder.decode(unpack(row))
        part.append((row, own))
        count += len(own)
        if count >= _AT_ONCE:
            parts.append(_part(workspace_id, part, named))
            part, count = [], 0
    if part:
        parts.append(_part(workspace_id, part, named))
    return pa.concat_tables(parts, promote_options="default")


def _part(
    workspace_id: str, rows: Sequence[tuple[InboxRow, list[_Event]]], named: dict[str, None]
) -> pa.Table:
    """A few rows' events: so few that they are still in the processor's cache at the end."""
    ids: list[str | None] = []
    places, received = [], []
    for row, own in rows:
        seqs = range(first_place(row.id), first_place(row.id) + len(own))
        sent = list(map(attrgetter("customer_event_id"), own))
        ids += sent if all(sent) else _filled(sent, event_ids(workspace_id, row.received_at, seqs))
        places.append(np.arange(seqs.start, seqs.stop))
        received.append(np.full(len(own), micros(row.received_at)))
    events = rows[0][1] if len(rows) == 1 else [event for _, own in rows for event in own]
    received_at = pa.array(np.concatenate(received))
    columns = {
        "seq": pa.array(np.concatenate(places)),
        "customer_event_id": pa.array(ids, pa.string()),
        "alias": pa.array(list(map(attrgetter("customer_alias"), events)), pa.string()),
        "event_type": pa.array(list(map(attrgetter("event_type"), events)), pa.string()),
        "event_at": pc.coalesce(
            _instants(list(map(attrgetter("event_timestamp"), events))), received_at
        ),
        "received_at": received_at,
    }
    sent_properties = [own or _NOTHING for own in map(attrgetter("event_properties"), events)]
    return pa.table(columns | _of_properties(sent_properties, named))


def _filled(sent: Iterable[str | None], own: Iterable[str]) -> list[str]:
    return [given or id for given, id in zip(sent, own, strict=True)]


def _instants(texts: Sequence[str | None]) -> pa.Array:
    sent = pa.array(texts, pa.string())
    try:
        at = sent.cast(_INSTANT)
    except pa.ArrowInvalid:  # digits beyond microseconds, which are rounded
        at = pa.array([msgspec.convert(text, datetime | None) for text in texts], _INSTANT)
    return at.cast(pa.int64())


def _of_properties(sent: Sequence[dict[str, Any]], named: dict[str, None]) -> dict[str, pa.Array]:
    """The columns of all properties, and what has none. ``named`` have columns already."""
    having: Counter[str] = Counter()
    for names, count in Counter(map(tuple, sent)).items():
        for name in names:
            having[name] += count
    for name, _ in having.most_common():
        if len(named) < MOST_COLUMNS:
            named[name] = None
    found: dict[str, pa.Array] = {}
    rest: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for name, count in having.items():
        everyone = count == len(sent)
        values = list(map(itemgetter(name), sent)) if everyone else [one.get(name) for one in sent]
        if name in named:
            places = _of_one(name, values, found)
        else:
            places = {place for place, value in enumerate(values) if value is not None}
        if values.count(None) > len(sent) - count:  # some are null, and not just missing
            places |= {p for p, own in enumerate(sent) if name in own and own[name] is None}
        for place in places:
            rest[place][name] = values[place]
    return _of_rest(rest, len(sent)) | found


def _of_one(name: str, values: list[Any], found: dict[str, pa.Array]) -> set[int]:
    """Add the columns of one property to ``found``; where it has values that are in none."""
    kinds = set(map(type, values))
    places: set[int] = set()
    if str in kinds:
        found[column(TEXT, name)] = pa.array(_only(values, kinds, {str}), pa.string())
    if bool in kinds:
        found[column(FLAG, name)] = pa.array(_only(values, kinds, {bool}), pa.bool_())
    if kinds & _DIGITS:
        numbers, places = _numbers(_only(values, kinds, _DIGITS), kinds)
        found[column(NUMBER, name)] = numbers
    if kinds & {dict, list}:
        places |= {place for place, value in enumerate(values) if type(value) in {dict, list}}
    return places


def _of_rest(rest: Mapping[int, dict[str, Any]], count: int) -> dict[str, pa.Array]:
    """The two columns of what has no column of its own."""
    if not rest:
        return {name: pa.nulls(count, COLUMNS[name]) for name in ("properties", "texts")}
    shown: list[str | None] = [None] * count
    texts: list[list[tuple[str, str]] | None] = [None] * count
    for place, own in rest.items():
        shown[place], read = properties.kept(msgspec.Raw(_encoder.encode(own)))
        texts[place] = list(read.items())
    return {
        "properties": pa.array(shown, COLUMNS["properties"]),
        "texts": pa.array(texts, COLUMNS["texts"]),
    }


def _only(values: list[Any], kinds: set[type], wanted: set[type]) -> list[Any]:
    if kinds <= {*wanted, NoneType}:
        return values
    return [value if type(value) in wanted else None for value in values]


def _numbers(values: list[Any], kinds: set[type]) -> tuple[pa.Array, set[int]]:
    """A column of numbers, and where those are that it would have to round: it leaves them out."""
    if msgspec.Raw not in kinds:
        return pa.array(values, pa.int64()).cast(NUMBERS), set()
    if int in kinds:
        values = [_encoder.encode(value) if type(value) is int else value for value in values]
    digits = [None if value is None else bytes(value) for value in values]
    with suppress(pa.ArrowInvalid):
        return pa.array(digits, pa.string()).cast(NUMBERS), set()
    exact = [None if one is None else properties.exact(one.decode()) for one in digits]
    rounded = [None if number is None else to_decimals(number) for number in exact]
    fine = {place for place, number in enumerate(exact) if number != rounded[place]}
    kept = [None if place in fine else number for place, number in enumerate(rounded)]
    return pa.array(kept, NUMBERS), fine
