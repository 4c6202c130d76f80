"""Usage events as sent, read at once where all are right and one by one where some are not.

The fast reader takes a whole body with every rule in its types. Whatever it does not take, the
careful reader looks at event by event: it takes all that the fast one takes, and a little more
(nesting, odd spellings of an instant), and says of the rest which field is wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from catchment.api.edge import exactjson
from catchment.api.usage import event_check
from catchment.api.usage.event_check import LONGEST, UNREADABLE, Name
from catchment.core.values.errors import FieldError, Invalid, TooLarge
from catchment.core.values.period import BEGINNING, FOREVER
from catchment.usage import Batch, SentEvent, batch
from catchment.usage.intake import properties
from catchment.usage.intake.events import NO_PROPERTIES
from catchment.usage.intake.too_old import without_old

MOST_EVENTS = 10_000
"""How many events one batch may hold."""


class _Careful(msgspec.Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    customer_alias: Name
    event_type: Name
    event_timestamp: str | None = None
    customer_event_id: Name | None = None
    event_properties: msgspec.Raw = NO_PROPERTIES


_careful = msgspec.json.Decoder(_Careful)
_array = msgspec.json.Decoder(list[msgspec.Raw])

# Where msgspec gives up on a whole batch, these find its items and leave numbers alone.
_scanner = json.JSONDecoder(parse_float=str, parse_int=str)
_OPEN, _COMMA, _CLOSE = (
    re.compile(rf"[ \t\n\r]*{token}[ \t\n\r]*") for token in (r"\[", ",", r"\]")
)


@dataclass(frozen=True, slots=True)
class Taken:
    """The good events of a request, and why each bad one is refused, by its index."""

    good: Batch
    refused: tuple[tuple[int, Invalid], ...] = ()

    @property
    def sent(self) -> int:
        """How many events were sent."""
        return self.good.event_count + len(self.refused)

    def since(self, at: datetime | None) -> Taken:
        """The same, with what happened before ``at`` refused."""
        return Taken(*without_old(self.good, self.refused, range(self.sent), at))


def surely_one(body: bytes) -> Batch | None:
    """The event in a body where it is surely good."""
    array = b"[%b]" % body
    return Batch(1, array) if event_check.count(array) == 1 else None


def surely_many(body: bytes) -> Batch | None:
    """The events of a JSON array where all of them are surely good, and not too many."""
    count = event_check.count(body)
    return None if count is None or count > MOST_EVENTS else Batch(count, body)


def one(body: bytes) -> Batch:
    """The event in a body. Raises Invalid, pointing at every field that is wrong."""
    return surely_one(body) or batch([careful(body)])


def one_by_one(body: bytes, read: Callable[[bytes], SentEvent] | None = None) -> Taken:
    """The events of a JSON array, or why each cannot be taken. Raises Invalid, TooLarge.

    ``read`` reads an event, or raises Invalid; ``careful`` where it is not given.
    """
    return sorted_out(_items(body), read)


def sorted_out(
    items: Iterable[bytes | Invalid], read: Callable[[bytes], SentEvent] | None = None
) -> Taken:
    """The good ones of events that are read one by one, and the refusals of the others.

    What is refused already stays so.
    """
    good: list[SentEvent] = []
    refused: list[tuple[int, Invalid]] = []
    for index, item in enumerate(items):
        try:
            if isinstance(item, Invalid):
                raise item
            good.append((read or careful)(item))
        except Invalid as refusal:
            refused.append((index, refusal))
    return Taken(batch(good), tuple(refused))


def careful(body: bytes) -> SentEvent:
    """The event in a body. Raises Invalid, pointing at every field that is wrong."""
    try:
        sent = _careful.decode(body)
        if b"\\u0000" in body:
            _explain(body)
        properties.check(sent.event_properties, "/eventProperties")
        return SentEvent(
            sent.customer_alias,
            sent.event_type,
            None if sent.event_timestamp is None else _instant(sent.event_timestamp),
            sent.customer_event_id,
            sent.event_properties,
        )
    except UNREADABLE as error:
        _explain(body)
        message = f"The event cannot be read: {error}."
        raise Invalid.field("", message) from error


def _items(body: bytes) -> Sequence[bytes]:
    """The items of a JSON array, which may be wrong in themselves. Raises Invalid, TooLarge."""
    try:
        items = [bytes(item) for item in _array.decode(body)]
    except UNREADABLE:
        items = _split(body)
    _check_count(len(items))
    return items


def _check_count(count: int) -> None:
    if count > MOST_EVENTS:
        raise TooLarge(f"A batch holds at most {MOST_EVENTS} events, this one has {count}.")


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


def _instant(text: str) -> datetime:
    try:
        at = _read_instant(text)
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


def _read_instant(text: str) -> datetime:
    """As the fast reader reads it, and otherwise in any spelling of ISO 8601."""
    try:
        return msgspec.convert(text, datetime)
    except msgspec.MsgspecError:
        return datetime.fromisoformat(text)


def _explain(body: bytes) -> None:
    """Say what is wrong with an event that could not be read, if anything is. Raises Invalid."""
    sent = exactjson.loads(body)
    if not isinstance(sent, dict):
        raise Invalid.field("", "An event is expected: a JSON object.")
    errors = [
        FieldError(f"/{exactjson.escape(name)}", "unknown_field", "There is no such field here.")
        for name in sent.keys() - set(_Careful.__struct_encode_fields__)
    ]
    errors += [
        FieldError(f"/{name}", "missing", "This field is required.")
        for name in ("customerAlias", "eventType")
        if name not in sent
    ]
    for name in ("customerAlias", "eventType", "customerEventId"):
        optional = name == "customerEventId" and sent.get(name) is None
        if name in sent and not optional and not _is_name(sent[name]):
            message = f"A text of 1 to {LONGEST} characters is expected."
            errors.append(FieldError(f"/{name}", "invalid", message))
    if not isinstance(sent.get("eventTimestamp"), str | None):
        message = "An instant is expected, such as 2026-03-02T10:00:00Z."
        errors.append(FieldError("/eventTimestamp", "invalid", message))
    if not isinstance(sent.get("eventProperties"), dict | None):
        errors.append(FieldError("/eventProperties", "invalid", "A JSON object is expected."))
    if errors:
        raise Invalid(errors[0].message, errors=tuple(errors))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST
