"""Whether all events of a body are good, told by one decode that has every rule in its types.

Nearly all time of it goes into making a dictionary of each event's properties. So where the events
of a large body look like its first one, their properties are read into a type that is made of their
names: each value under the same rules, and no name but those. What has another name is read into
dictionaries, and from then on the type for such bodies has that name too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec

from catchment.core.values.period import BEGINNING, FOREVER
from catchment.usage.intake import properties

LONGEST = 255
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]
_Key = Annotated[str, msgspec.Meta(max_length=properties.LONGEST_NAME)]
_Text = Annotated[str, msgspec.Meta(max_length=properties.LONGEST_TEXT)]
_Whole = Annotated[int, msgspec.Meta(gt=-properties.BOUND, lt=properties.BOUND)]
# A number at the bound or beyond is never below it as a float, for the bound is a float itself.
_Number = Annotated[float, msgspec.Meta(gt=-properties.BOUND, lt=properties.BOUND)]
_Value = _Text | _Whole | _Number | bool | None
_Properties = Annotated[dict[_Key, _Value], msgspec.Meta(max_length=properties.MOST)]

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_LARGE = 4_096  # bytes: below, looking at the first event takes longer than it saves
_MOST_NAMES = 24  # of a type, each of which costs every event a little: fewer than MOST
_MOST_MAKES = 1_000


class _Event(msgspec.Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    customer_alias: Name
    event_type: Name
    event_timestamp: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    customer_event_id: Name | None = None
    event_properties: _Properties | None = None


_Decoder = msgspec.json.Decoder[list[Any]]
_Names = tuple[str, ...]

_any_names: _Decoder = msgspec.json.Decoder(list[_Event])
_properties = msgspec.json.Decoder(dict[str, msgspec.Raw])


def count(body: bytes) -> int | None:
    """How many events the JSON array in ``body`` has, where all of them are surely good."""
    if b"\\" in body and b"\\u0000" in body:  # perhaps a NUL, which no database text can hold
        return None
    try:
        events = _makes.read(body) if len(body) >= _LARGE else _any_names.decode(body)
    except UNREADABLE:
        return None
    return len(events) if _are_in_range([one.event_timestamp for one in events]) else None


class Makes:
    """What bodies are read with, by the properties of their first events."""

    def __init__(self) -> None:
        self._decoders: dict[_Names, _Decoder | None] = {}

    def read(self, body: bytes) -> list[Any]:
        """The events of a JSON array. Raises what is in ``UNREADABLE``."""
        first = _first_names(body)
        if first not in self._decoders:  # it may be the only such body, and a type is dear to make
            if len(self._decoders) >= _MOST_MAKES:
                self._decoders.clear()
            self._decoders[first] = None
            return _any_names.decode(body)
        decoder = self._decoders[first] or _decoder_of(first)
        try:
            events = decoder.decode(body)
        except UNREADABLE:
            if decoder is _any_names:
                raise
            events = _any_names.decode(body)  # then it failed for a name
            names = {name for one in events for name in one.event_properties or ()}
            decoder = _decoder_of({*first, *names})
        self._decoders[first] = decoder
        return events


_makes = Makes()


def _first_names(body: bytes) -> _Names:
    """The names of the first properties in a JSON array of events, or what they seem to be."""
    start = body.find(b"{", body.find(b'"eventProperties"'))
    try:
        return tuple(_properties.decode(body[start : body.find(b"}", start) + 1]))
    except UNREADABLE:
        return ()


def _decoder_of(names: Collection[str]) -> _Decoder:
    """Reads what ``_any_names`` reads, but properties of no other names."""
    # Names seen in a first event were not checked yet; a type takes whatever it is made of.
    if len(names) > _MOST_NAMES or any(len(name) > properties.LONGEST_NAME for name in names):
        return _any_names
    fields = {f"p{place}": name for place, name in enumerate(names)}
    try:
        own = msgspec.defstruct(
            "Properties",
            [(field, _Value, None) for field in fields],
            rename=fields,
            forbid_unknown_fields=True,
            gc=False,
        )
    except ValueError:  # a name that types cannot have
        return _any_names
    event = msgspec.defstruct(
        "Event", [("event_properties", own | None, None)], bases=(_Event,), rename="camel", gc=False
    )
    return msgspec.json.Decoder(list[event])  # type: ignore[valid-type]


def _are_in_range(times: Sequence[Any]) -> bool:
    """Whether all instants are between 1970 and 9999. None is one that was not sent."""
    try:
        return not times or (min(times) >= BEGINNING and max(times) < FOREVER)
    except TypeError:  # sooner found so than by asking each
        return _are_in_range([at for at in times if at is not None])
