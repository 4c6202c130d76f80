"""/seat-events: how many seats a customer has from an instant on."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from fastapi import Query
from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from catchment.api.edge.deps import NewestFirst, NewId, Now, PathId, Tx, WhoIs, comma_list
from catchment.api.edge.route import router
from catchment.api.edge.wire import At, Pagination, Text, Whole, Wire
from catchment.api.seats.seat_metrics import SeatType
from catchment.core.values.errors import Invalid
from catchment.flows.invoices.explain_line import deciding_seat_events
from catchment.flows.seats import keep_seats
from catchment.store.families import aliases
from catchment.store.seats import seat_events
from catchment.store.seats.seat_events import SeatEvent, SeatEventFilter

routes = router("/seat-events", "Seats")
_MOST = 25

EventName = Annotated[Text, Field(min_length=1, max_length=255)]


class SeatEventIn(Wire):
    """``total`` is how many seats there are from then on, not how many more.

    A later event with the same ``customerEventId`` takes the place of this one.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {
                "customerAlias": "nw-eu",
                "seatType": "full_user",
                "eventTimestamp": "2026-04-18T00:00:00Z",
                "total": 27,
                "customerEventId": "seats-9",
            }
        }
    )

    customer_event_id: EventName | None = None
    customer_alias: EventName
    seat_type: SeatType
    event_timestamp: At
    total: Annotated[Whole, Field(ge=0, le=1_000_000_000)]


class SeatEventOut(Wire):
    id: str
    customer_event_id: str
    customer_alias: str
    seat_type: str
    sequence_account_id: str
    event_timestamp: At
    total: int
    is_latest_for_customer_event_id: bool

    @classmethod
    def of(cls, event: SeatEvent, workspace: str) -> "SeatEventOut":
        """The event as it is shown."""
        return cls(
            id=event.id,
            customer_event_id=event.customer_event_id,
            customer_alias=event.alias,
            seat_type=event.seat_type,
            sequence_account_id=workspace,
            event_timestamp=event.at,
            total=event.total,
            is_latest_for_customer_event_id=not event.superseded,
        )


class SeatEventsOut(Wire):
    items: list[SeatEventOut]
    pagination: Pagination


@routes.post("", status_code=201)
def create_seat_event(
    body: SeatEventIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId
) -> SeatEventOut:
    """Say how many seats there are. Where an invoice of that time is final, the next adjusts it."""
    id = new_id()
    event = SeatEvent(
        id,
        body.customer_event_id or id,
        body.customer_alias,
        body.seat_type,
        body.event_timestamp,
        body.total,
    )
    keep_seats.send(tx, who.workspace.id, event, now=now)
    return SeatEventOut.of(event, who.workspace.id)


@routes.get("")
def list_seat_events(
    *,
    tx: Tx,
    who: WhoIs,
    paging: NewestFirst,
    sort_by: Annotated[Literal["eventTimestamp", "id"], Query(alias="sortBy")] = "id",
    customer_alias: Annotated[
        str | None, Query(alias="customerAlias", description="Comma-separated.")
    ] = None,
    customer_ids: Annotated[
        str | None,
        Query(alias="customerIds", description="Up to 25, comma-separated: all their aliases."),
    ] = None,
    seat_type: Annotated[
        str | None, Query(alias="seatType", description="Up to 25, comma-separated.")
    ] = None,
    customer_event_id: Annotated[str | None, Query(alias="customerEventId")] = None,
    line_item_id: Annotated[
        str | None,
        Query(
            alias="lineItemId",
            description="Those that decided how many seats an invoice's line counts: of every"
            " customer the last one before its service, and all within.",
        ),
    ] = None,
    event_timestamp_before: Annotated[At | None, Query(alias="eventTimestampBefore")] = None,
    event_timestamp_after: Annotated[At | None, Query(alias="eventTimestampAfter")] = None,
) -> SeatEventsOut:
    """Seat events, newest first; superseded ones too, marked as such."""
    workspace = who.workspace.id
    names: set[str] | None = None
    if customer_ids is not None:
        names = _names(tx, workspace, few(customer_ids, "?customerIds"))
    if customer_alias is not None:
        asked = set(comma_list(customer_alias))
        names = asked if names is None else names & asked
    wanted = SeatEventFilter(
        names,
        few(seat_type or "", "?seatType"),
        customer_event_id,
        event_timestamp_before,
        event_timestamp_after,
        None if line_item_id is None else deciding_seat_events(tx, who.workspace, line_item_id),
    )
    page = seat_events.listed(tx, workspace, wanted, paging, by_instant=sort_by == "eventTimestamp")
    return SeatEventsOut(
        items=[SeatEventOut.of(seat_events.of(row), workspace) for row in page.rows],
        pagination=Pagination.of(page),
    )


@routes.get("/{id}")
def show_seat_event(id: PathId, tx: Tx, who: WhoIs) -> SeatEventOut:
    """One seat event."""
    return SeatEventOut.of(seat_events.one(tx, who.workspace.id, id), who.workspace.id)


def few(text: str, pointer: str) -> tuple[str, ...]:
    """The values of a filter that takes only so many. Raises Invalid."""
    values = comma_list(text)
    if len(values) > _MOST:
        raise Invalid.field(pointer, f"At most {_MOST} values are expected.")
    return values


def _names(tx: Connection, workspace: str, ids: Sequence[str]) -> set[str]:
    """Everything that customers are called by."""
    ids = [id.lower() for id in ids]
    known = aliases.of_customers(tx, workspace, ids)
    return {*ids, *(alias.value for own in known.values() for alias in own)}
