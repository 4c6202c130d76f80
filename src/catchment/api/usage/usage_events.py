"""/usage-events: the list of what was taken in, and taking one back."""

from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response

from catchment.api.edge.deps import Cursor, InOrder, Limit, Now, Order, Tx, Usage, WhoIs, comma_list
from catchment.api.edge.route import router
from catchment.api.edge.wire import At, Pagination, timestamp
from catchment.api.usage import usage_imports
from catchment.api.usage.event_wire import (
    UnmappedAliasesOut,
    UnmappedAliasOut,
    UsageEventOut,
    UsageEventsOut,
    answer,
    listed,
)
from catchment.core.values.errors import NotFound
from catchment.flows.invoices.explain_line import counted_events
from catchment.flows.usage.cancel_event import cancel_event
from catchment.store.families import known_aliases
from catchment.store.usage import kept_usage
from catchment.usage import EventFilter, EventPageRequest
from catchment.usage.intake import imports

routes = router("/usage-events", "Usage events")


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
    since = kept_usage.since(tx, workspace)
    return answer(
        {
            "items": [listed(event, workspace) for event in page.events],
            "pagination": {name: place for name, place in pagination.items() if place is not None}
            | {"totalResultSize": page.total},
        }
        | ({} if since is None else {"keptSince": timestamp(since)}),
        200,
    )


@routes.get("/unmapped-aliases")
def list_unmapped_aliases(tx: Tx, who: WhoIs, usage: Usage, paging: InOrder) -> UnmappedAliasesOut:
    """The aliases of usage events that no customer has, by name, with what came under each."""
    workspace = who.workspace.id
    page = usage.unmapped(workspace, known_aliases.every(tx, workspace), paging)
    return UnmappedAliasesOut(
        items=[
            UnmappedAliasOut(
                customer_alias=one.alias,
                event_count=one.event_count,
                first_event_at=one.first_at,
                last_event_at=one.last_at,
            )
            for one in page.aliases
        ],
        pagination=Pagination(after=page.after, before=page.before, total_result_size=page.total),
    )


@routes.get("/imports/{importId}", response_model=usage_imports.ImportOut)
def show_usage_import(
    tx: Tx, who: WhoIs, import_id: Annotated[str, Path(alias="importId", max_length=255)]
) -> Any:
    """How far an import has come."""
    done = imports.progress(tx, who.workspace.id, import_id)
    if done is None:
        raise NotFound(f"There is no import {import_id!r} in this workspace.")
    return usage_imports.shown(import_id, done)


@routes.delete(
    "/by-customer-event-id/{id:path}",
    response_class=Response,
    responses={200: {"model": UsageEventOut}},
)
def cancel_usage_event(
    tx: Tx,
    who: WhoIs,
    usage: Usage,
    now: Now,
    id: Annotated[
        str, Path(max_length=255, description="Its customerEventId, or our id if it had none.")
    ],
) -> Response:
    """Cancel an event: it stays readable and counts no more. Answers what it was.

    One that is sent under the same customerEventId afterwards counts. Where an invoice of its time
    is final, the next one has an adjustment.
    """
    return answer(listed(cancel_event(tx, usage, who.workspace.id, id, now), who.workspace.id), 200)
