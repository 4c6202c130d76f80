"""/usage-events: facts arriving, one by one or by the thousand, and the list of them."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from fastapi import BackgroundTasks, Depends, Query, Request, Response
from pydantic import ConfigDict

from catchment.api import event_wire
from catchment.api.deps import Cursor, Limit, Now, Order, Tx, Usage, WhoIs, comma_list
from catchment.api.route import Route, router
from catchment.api.wire import At, Pagination, Wire, timestamp
from catchment.core.errors import Invalid
from catchment.flows.explain_line import counted_events
from catchment.store import known_aliases
from catchment.usage import EventFilter, EventPageRequest, SentEvent, properties, sent_events
from catchment.usage.event_ids import event_id, event_ids

_EVENT: dict[str, Any] = {
    "customerAlias": "nw-eu",
    "customerEventId": "evt-9",
    "eventType": "api_call",
    "eventTimestamp": "2026-03-02T10:00:00Z",
    "eventProperties": {"tokens": 12, "region": "eu"},
}


class EventRoute(Route):
    """A route that reads its body itself: events come by the thousand."""

    raw_body = True


routes = router("/usage-events", "Usage events")
routes.route_class = EventRoute


async def _body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_body)]


class UsageEventIn(Wire):
    """``customerAlias`` is an alias or the id of a customer; it need not be known yet.

    A later event with the same ``customerEventId`` supersedes an earlier one. Without
    ``eventTimestamp`` the event happened now.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"example": _EVENT})

    customer_event_id: str | None = None
    customer_alias: str
    event_type: str
    event_timestamp: datetime | None = None
    event_properties: dict[str, Any] | None = None


class UsageEventOut(Wire):
    """``isLatestForCustomerEventId`` is false once another event has superseded this one."""

    id: str
    customer_event_id: str
    customer_alias: str
    event_type: str
    sequence_account_id: str
    event_timestamp: At
    event_properties: dict[str, Any]
    is_latest_for_customer_event_id: bool | None = None


class UsageEventsOut(Wire):
    items: list[UsageEventOut]
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


def _documented(model: type[Wire], example: Any, *, array: bool) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    if array:
        schema = {"type": "array", "maxItems": event_wire.MOST_EVENTS, "items": schema}
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


@routes.post(
    "",
    status_code=201,
    response_class=Response,
    responses={201: {"model": UsageEventOut}},
    openapi_extra=_documented(UsageEventIn, _EVENT, array=False),
)
def create_usage_event(
    body: Body,
    tx: Tx,
    who: WhoIs,
    usage: Usage,
    now: Now,
    after: BackgroundTasks,
) -> Response:
    """Keep one event. The answer means that it is on disk."""
    workspace = who.workspace.id
    batch = event_wire.one(body)
    id = event_id(workspace, now, usage.accept(tx, workspace, batch, now))
    after.add_task(usage.catch_up_if_worth_it, workspace)
    [sent] = sent_events(batch.json)
    return _json(
        _event(
            id,
            sent.customer_event_id or id,
            sent.customer_alias,
            sent.event_type,
            workspace,
            sent.event_timestamp or now,
            properties.kept(sent.event_properties)[0],
        ),
        201,
    )


@routes.post(
    "/batch",
    response_class=Response,
    responses={200: {"model": BatchOut}},
    openapi_extra=_documented(UsageEventIn, [_EVENT], array=True),
)
def create_usage_events(
    body: Body,
    tx: Tx,
    who: WhoIs,
    usage: Usage,
    now: Now,
    after: BackgroundTasks,
) -> Response:
    """Keep up to 10,000 events: the good ones, while each bad one is refused by its index."""
    workspace = who.workspace.id
    taken = event_wire.many(body)
    good = taken.good
    first = usage.accept(tx, workspace, good, now) if good.event_count else 0
    made = event_ids(workspace, now, range(first, first + good.event_count))
    kept = iter(zip(made, sent_events(good.json), strict=True))
    refused = dict(taken.refused)
    items = [
        _refused(index, refused[index]) if index in refused else _kept(index, *next(kept))
        for index in range(taken.sent)
    ]
    after.add_task(usage.catch_up_if_worth_it, workspace)
    return _json({"accepted": good.event_count, "refused": len(refused), "items": items}, 200)


@routes.get("", response_class=Response, responses={200: {"model": UsageEventsOut}})
def list_usage_events(
    *,
    tx: Tx,
    who: WhoIs,
    usage: Usage,
    limit: Limit = 20,
    after: Cursor = None,
    before: Cursor = None,
    sort_order: Order = "DESC",
    sort_by: Annotated[Literal["eventTimestamp", "id"], Query(alias="sortBy")] = "id",
    offset: Annotated[
        int, Query(ge=0, le=1_000_000_000, description="Skip so many events after the cursor.")
    ] = 0,
    customer_alias: Annotated[
        list[str] | None, Query(alias="customerAlias", description="Repeated or comma-separated.")
    ] = None,
    unmapped_aliases_only: Annotated[
        bool, Query(alias="unmappedAliasesOnly", description="Of no customer yet.")
    ] = False,
    event_type: Annotated[str | None, Query(alias="eventType")] = None,
    event_id: Annotated[
        str | None, Query(alias="eventId", description="An id or a customerEventId.")
    ] = None,
    line_item_id: Annotated[
        str | None,
        Query(alias="lineItemId", description="Exactly the events that an invoice's line counted."),
    ] = None,
    event_timestamp_before: Annotated[At | None, Query(alias="eventTimestampBefore")] = None,
    event_timestamp_after: Annotated[At | None, Query(alias="eventTimestampAfter")] = None,
) -> Response:
    """Events as they were sent, newest first; superseded ones too, marked as such."""
    workspace = who.workspace.id
    wanted = EventFilter(
        aliases={one for text in customer_alias for one in comma_list(text)}
        if customer_alias is not None
        else None,
        unmapped_from=known_aliases.every(tx, workspace) if unmapped_aliases_only else None,
        event_type=event_type,
        event_id=event_id,
        before=event_timestamp_before,
        after=event_timestamp_after,
        places=counted_events(tx, usage, workspace, line_item_id)
        if line_item_id is not None
        else None,
    )
    request = EventPageRequest(
        limit, after, before, offset, ascending=sort_order == "ASC", by_id=sort_by == "id"
    )
    page = usage.events(workspace, wanted, request)
    pagination = {"after": page.after, "before": page.before}
    return _json(
        {
            "items": [
                _event(
                    event.id,
                    event.customer_event_id,
                    event.alias,
                    event.event_type,
                    workspace,
                    event.at,
                    event.properties,
                )
                | {"isLatestForCustomerEventId": event.counts}
                for event in page.events
            ],
            "pagination": {name: place for name, place in pagination.items() if place is not None}
            | {"totalResultSize": page.total},
        },
        200,
    )


def _json(value: Any, status: int) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def _event(
    id: str,
    customer_event_id: str,
    alias: str,
    event_type: str,
    workspace: str,
    at: datetime,
    properties: str,
) -> dict[str, Any]:
    return {
        "id": id,
        "customerEventId": customer_event_id,
        "customerAlias": alias,
        "eventType": event_type,
        "sequenceAccountId": workspace,
        "eventTimestamp": timestamp(at),
        "eventProperties": msgspec.Raw(properties.encode()),
    }


def _kept(index: int, id: str, event: SentEvent) -> dict[str, Any]:
    return {"index": index, "id": id, "customerEventId": event.customer_event_id or id}


def _refused(index: int, refusal: Invalid) -> dict[str, Any]:
    errors = [
        {"pointer": error.pointer, "code": error.code, "message": error.message}
        for error in refusal.errors
    ]
    if not errors:
        errors = [{"pointer": "", "code": refusal.code, "message": refusal.detail}]
    return {"index": index, "errors": errors}
