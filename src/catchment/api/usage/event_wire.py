"""Usage events on the wire: what is sent, what is answered, what is listed."""

from datetime import datetime
from typing import Any, ClassVar

import msgspec
from fastapi import Response
from pydantic import ConfigDict

from catchment.api.edge.wire import At, Pagination, Wire, timestamp
from catchment.usage import StoredEvent

EXAMPLE: dict[str, Any] = {
    "customerAlias": "nw-eu",
    "customerEventId": "evt-9",
    "eventType": "api_call",
    "eventTimestamp": "2026-03-02T10:00:00Z",
    "eventProperties": {"tokens": 12, "region": "eu"},
}


class UsageEventIn(Wire):
    """``customerAlias`` is an alias or the id of a customer; it need not be known yet.

    A later event with the same ``customerEventId`` supersedes an earlier one. Without
    ``eventTimestamp`` the event happened now.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"example": EXAMPLE})

    customer_event_id: str | None = None
    customer_alias: str
    event_type: str
    event_timestamp: datetime | None = None
    event_properties: dict[str, Any] | None = None


class UsageEventOut(Wire):
    """``isLatestForCustomerEventId`` is false once another event has superseded this one, or once
    it was cancelled: then ``isCancelled`` is there and true.
    """

    id: str
    customer_event_id: str
    customer_alias: str
    event_type: str
    sequence_account_id: str
    event_timestamp: At
    event_properties: dict[str, Any]
    is_latest_for_customer_event_id: bool | None = None
    is_cancelled: bool | None = None


class UsageEventsOut(Wire):
    """``keptSince`` is there where events were dropped: all that happened before that instant."""

    items: list[UsageEventOut]
    pagination: Pagination
    kept_since: At | None = None


class UnmappedAliasOut(Wire):
    """An alias of no customer, and its events that will be billed once a customer has it."""

    customer_alias: str
    event_count: int
    first_event_at: At
    last_event_at: At


class UnmappedAliasesOut(Wire):
    items: list[UnmappedAliasOut]
    pagination: Pagination


class ItemRefusal(Wire):
    """``pointer`` leads into the event, not into the batch."""

    pointer: str
    code: str
    message: str


class BatchItemOut(Wire):
    """Either the ids of a kept event or the errors of a refused one."""

    index: int
    id: str | None = None
    customer_event_id: str | None = None
    errors: list[ItemRefusal] | None = None


class BatchOut(Wire):
    accepted: int
    refused: int
    items: list[BatchItemOut]


def answer(value: Any, status: int) -> Response:
    """A value made of plain ones, as JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def listed(event: StoredEvent, workspace: str) -> dict[str, Any]:
    """A stored event as it is answered, with whether it counts."""
    marks = {"isLatestForCustomerEventId": event.counts}
    if event.cancelled:
        marks["isCancelled"] = True
    return (
        shown(
            event.id,
            event.customer_event_id,
            event.alias,
            event.event_type,
            workspace,
            event.at,
            event.properties.encode(),
        )
        | marks
    )


def shown(
    id: str,
    customer_event_id: str,
    alias: str,
    event_type: str,
    workspace: str,
    at: datetime,
    properties: bytes,
) -> dict[str, Any]:
    """An event as it is answered; ``properties`` is a JSON object."""
    return {
        "id": id,
        "customerEventId": customer_event_id,
        "customerAlias": alias,
        "eventType": event_type,
        "sequenceAccountId": workspace,
        "eventTimestamp": timestamp(at),
        "eventProperties": msgspec.Raw(properties),
    }
