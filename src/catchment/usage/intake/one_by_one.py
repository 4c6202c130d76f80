"""JSON bodies read event by event: whatever they hold, to the last digit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from operator import attrgetter, itemgetter
from types import NoneType
from typing import Any

import msgspec
import pyarrow as pa

from catchment.core.values.money import to_decimals
from catchment.usage.intake import properties
from catchment.usage.intake.columns import COLUMNS, FLAG, NUMBER, NUMBERS, TEXT, column
from catchment.usage.intake.decoded import Decoded, Named

MOST_COLUMNS = 64
"""How many properties of a load have columns: the first ones, and of these the most common."""

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
_encoder = msgspec.json.Encoder()


def read(bodies: Sequence[bytes], named: Named) -> Decoded:
    """The events of JSON arrays that were checked. Adds to ``named`` what gets columns here."""
    decoded = [_decoder.decode(body) for body in bodies]
    events = [event for own in decoded for event in own]
    alias, event_type, timestamp, customer_event_id = (
        pa.array(list(map(attrgetter(name), events)), pa.string())
        for name in ("customer_alias", "event_type", "event_timestamp", "customer_event_id")
    )
    sent = [own or _NOTHING for own in map(attrgetter("event_properties"), events)]
    counts = list(map(len, decoded))
    columns = _of_properties(sent, named)
    return Decoded(counts, alias, event_type, timestamp, customer_event_id, columns)


def _of_properties(sent: Sequence[dict[str, Any]], named: Named) -> dict[str, pa.Array]:
    """The columns of all properties, and what has none. ``named`` have columns already."""
    having: Counter[str] = Counter()
    for names, count in Counter(map(tuple, sent)).items():
        for name in names:
            having[name] += count
    for name, _ in having.most_common():
        if len(named) < MOST_COLUMNS:
            named.setdefault(name, set())
    found: dict[str, pa.Array] = {}
    rest: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for name, count in having.items():
        everyone = count == len(sent)
        values = list(map(itemgetter(name), sent)) if everyone else [one.get(name) for one in sent]
        if name in named:
            own, places = _of_one(values)
            named[name] |= own.keys()
            found |= {column(kind, name): array for kind, array in own.items()}
        else:
            places = {place for place, value in enumerate(values) if value is not None}
        if values.count(None) > len(sent) - count:  # some are null, and not just missing
            places |= {p for p, own in enumerate(sent) if name in own and own[name] is None}
        for place in places:
            rest[place][name] = values[place]
    return _of_rest(rest, len(sent)) | found


def _of_one(values: list[Any]) -> tuple[dict[str, pa.Array], set[int]]:
    """The columns of one property by kind, and where it has values that are in none."""
    kinds = set(map(type, values))
    found: dict[str, pa.Array] = {}
    places: set[int] = set()
    if str in kinds:
        found[TEXT] = pa.array(_only(values, kinds, {str}), pa.string())
    if bool in kinds:
        found[FLAG] = pa.array(_only(values, kinds, {bool}), pa.bool_())
    if kinds & _DIGITS:
        found[NUMBER], places = _numbers(_only(values, kinds, _DIGITS), kinds)
    if kinds & {dict, list}:
        places |= {place for place, value in enumerate(values) if type(value) in {dict, list}}
    return found, places


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
