"""CloudEvents 1.0 as usage events.

``subject`` names the customer, ``type`` the type of event, ``time`` the instant, and ``data``, an
object, holds the properties. ``source`` and ``id`` together identify an event (CloudEvents 1.0
§3.1): joined by a space, which neither of a source's characters can be, they are its
customerEventId. Extension attributes are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from catchment.api.usage.event_reader import careful
from catchment.core.values.errors import FieldError, Invalid
from catchment.usage import SentEvent
from catchment.usage.intake.events import NO_PROPERTIES

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
_HEADER = "ce-"
_ATTRIBUTES = {
    "/customerAlias": "/subject",
    "/eventType": "/type",
    "/eventTimestamp": "/time",
    "/customerEventId": "/id",
    "/eventProperties": "/data",
}


class _CloudEvent(msgspec.Struct, gc=False):
    specversion: str
    id: str
    source: str
    type: str
    subject: str | None = None
    time: str | None = None
    data: msgspec.Raw = NO_PROPERTIES
    data_base64: str | None = None


_decoder = msgspec.json.Decoder(_CloudEvent)
_encoder = msgspec.json.Encoder()


def one(body: bytes) -> SentEvent:
    """The usage event that a CloudEvent tells of. Raises Invalid, naming the attribute."""
    try:
        return _event(_decoder.decode(body))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        message = f"The CloudEvent cannot be read: {error}."
        raise Invalid.field("", message) from error


def of_headers(headers: Mapping[str, str], body: bytes) -> SentEvent:
    """The same in binary mode: attributes in ``ce-`` headers, the data in the body."""
    attributes = {
        name.removeprefix(_HEADER): value
        for name, value in headers.items()
        if name.startswith(_HEADER)
    }
    try:
        sent = msgspec.convert(attributes, _CloudEvent)
    except msgspec.MsgspecError as error:
        raise Invalid.field("", f"The CloudEvent cannot be read: {error}.") from error
    sent.data = msgspec.Raw(body)
    return _event(sent)


def _event(sent: _CloudEvent) -> SentEvent:
    if sent.specversion != "1.0":
        raise Invalid.field("/specversion", "Version 1.0 is expected.")
    if not sent.source:
        raise Invalid.field("/source", "The source must not be empty.")
    if not sent.id:
        raise Invalid.field("/id", "The id must not be empty.")
    if sent.subject is None:
        message = "The subject is required: it names the customer."
        raise Invalid.field("/subject", message, "missing")
    if sent.data_base64 is not None:
        raise Invalid.field("/data_base64", "Send the data as a JSON object.")
    fields = {
        "customerAlias": sent.subject,
        "eventType": sent.type,
        "eventTimestamp": sent.time,
        "customerEventId": f"{sent.source} {sent.id}",
    }
    if bytes(sent.data):
        fields |= {"eventProperties": sent.data}  # type: ignore[dict-item]
    try:
        return careful(_encoder.encode(fields))
    except Invalid as refusal:
        raise Invalid(refusal.detail, errors=tuple(_renamed(refusal.errors))) from refusal


def _renamed(errors: tuple[FieldError, ...]) -> Iterator[FieldError]:
    """The same errors at the attributes of the CloudEvent."""
    for error in errors:
        start, slash, rest = error.pointer[1:].partition("/")
        attribute = _ATTRIBUTES.get(f"/{start}", f"/{start}")
        yield FieldError(f"{attribute}{slash}{rest}", error.code, error.message)
