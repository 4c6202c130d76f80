"""A usage event on the wire, read fast where it is right and explained where it is not."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from catchment.api import exactjson
from catchment.core.errors import FieldError, Invalid, TooLarge
from catchment.core.period import BEGINNING, FOREVER
from catchment.flows.ingest_usage import NewEvent
from catchment.usage import properties

MOST_EVENTS = 10_000
"""How many events one batch may hold."""

_LONGEST = 255
_NO_PROPERTIES: tuple[str, dict[str, str]] = ("{}", {})
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST)]


class _EventIn(msgspec.Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    customer_alias: _Name
    event_type: _Name
    event_timestamp: str | None = None
    customer_event_id: _Name | None = None
    event_properties: msgspec.Raw = msgspec.Raw(b"")


_event = msgspec.json.Decoder(_EventIn)
_array = msgspec.json.Decoder(list[msgspec.Raw])

# Where the fast reader gives up on a whole batch, these find its items and leave numbers alone.
_scanner = json.JSONDecoder(parse_float=str, parse_int=str)
_OPEN, _COMMA, _CLOSE = (
    re.compile(rf"[ \t\n\r]*{token}[ \t\n\r]*") for token in (r"\[", ",", r"\]")
)

_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def one(body: bytes) -> NewEvent:
    """The event in a body. Raises Invalid, pointing at every field that is wrong."""
    try:
        sent = _event.decode(body)
        if b"\\u0000" in body:  # perhaps a NUL character, which no database can hold
            _explain(body)
        return NewEvent(
            sent.customer_alias,
            sent.event_type,
            None if sent.event_timestamp is None else _instant(sent.event_timestamp),
            sent.customer_event_id,
            *_properties(bytes(sent.event_properties)),
        )
    except _UNREADABLE as error:
        _explain(body)
        message = f"The event cannot be read: {error}."
        raise Invalid.field("", message) from error


def many(body: bytes) -> list[NewEvent | Invalid]:
    """The events of a JSON array, or why each cannot be taken. Raises Invalid, TooLarge."""
    try:
        items = [bytes(item) for item in _array.decode(body)]
    except _UNREADABLE:
        items = _split(body)
    if len(items) > MOST_EVENTS:
        raise TooLarge(f"A batch holds at most {MOST_EVENTS} events, this one has {len(items)}.")
    return [_one_or_refusal(item) for item in items]


def _split(body: bytes) -> list[bytes]:
    """The items of an array of which one may hold what no text can. Raises Invalid."""
    try:
        text = body.decode()
        at = _end_of(_OPEN, text, 0)
        if _CLOSE.match(text, at):
            return _whole(text, _end_of(_CLOSE, text, at), [])
        items = []
        while True:
            _, end = _scanner.raw_decode(text, at)
            items.append(text[at:end].encode())
            if not _COMMA.match(text, end):
                return _whole(text, _end_of(_CLOSE, text, end), items)
            at = _end_of(_COMMA, text, end)
    except (ValueError, RecursionError) as error:
        raise Invalid.field("", "A JSON array of events is expected.", "json_invalid") from error


def _end_of(token: re.Pattern[str], text: str, at: int) -> int:
    found = token.match(text, at)
    if found is None:
        raise ValueError(at)
    return found.end()


def _whole(text: str, end: int, items: list[bytes]) -> list[bytes]:
    if end != len(text):
        raise ValueError(end)
    return items


def _one_or_refusal(body: bytes) -> NewEvent | Invalid:
    try:
        return one(body)
    except Invalid as refusal:
        return refusal


def _properties(raw: bytes) -> tuple[str, dict[str, str]]:
    if raw in {b"", b"null"}:
        return _NO_PROPERTIES
    return properties.read(raw, "/eventProperties")


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None or len(text) < len("2026-03-02T10:00Z"):
            raise ValueError(text)  # noqa: TRY301 -- one refusal for every kind of damage
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        message = "An instant with its offset is expected, such as 2026-03-02T10:00:00Z."
        raise Invalid.field("/eventTimestamp", message) from None
    if not BEGINNING <= at < FOREVER:
        message = "The instant must lie between 1970 and 9999."
        raise Invalid.field("/eventTimestamp", message)
    return at


def _explain(body: bytes) -> None:
    """Say what is wrong with an event that could not be read, if anything is. Raises Invalid."""
    sent = exactjson.loads(body)
    if not isinstance(sent, dict):
        raise Invalid.field("", "An event is expected: a JSON object.")
    errors = [
        FieldError(f"/{exactjson.escape(name)}", "unknown_field", "There is no such field here.")
        for name in sent.keys() - set(_EventIn.__struct_encode_fields__)
    ]
    errors += [
        FieldError(f"/{name}", "missing", "This field is required.")
        for name in ("customerAlias", "eventType")
        if name not in sent
    ]
    for name in ("customerAlias", "eventType", "customerEventId"):
        optional = name == "customerEventId" and sent.get(name) is None
        if name in sent and not optional and not _is_name(sent[name]):
            message = f"A text of 1 to {_LONGEST} characters is expected."
            errors.append(FieldError(f"/{name}", "invalid", message))
    if not isinstance(sent.get("eventTimestamp"), str | None):
        message = "An instant is expected, such as 2026-03-02T10:00:00Z."
        errors.append(FieldError("/eventTimestamp", "invalid", message))
    if not isinstance(sent.get("eventProperties"), dict | None):
        errors.append(FieldError("/eventProperties", "invalid", "A JSON object is expected."))
    if errors:
        raise Invalid(errors[0].message, errors=tuple(errors))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST
