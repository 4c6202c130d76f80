"""/seat-metrics: the kinds of seats that are counted."""

from typing import Annotated, ClassVar

from pydantic import ConfigDict, StringConstraints

from catchment.api.edge.deps import NewestFirst, NewId, Now, PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import At, Name, Pagination, Text, Wire
from catchment.flows.seats import keep_seats
from catchment.store.seats import seat_metrics
from catchment.store.seats.seat_metrics import SeatMetric

routes = router("/seat-metrics", "Seats")

SeatType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=255)]


class SeatMetricChange(Wire):
    """``label`` is what invoices call the seats."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"example": {"label": "Full users"}}
    )

    label: Name
    description: Text | None = None


class SeatMetricIn(SeatMetricChange):
    """``seatType`` is what seat events say; it cannot be changed."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"example": {"seatType": "full_user", "label": "Full users"}}
    )

    seat_type: SeatType


class SeatMetricOut(Wire):
    id: str
    seat_type: str
    label: str
    description: str | None = None
    created_by: str | None = None
    created_at: At
    updated_at: At

    @classmethod
    def of(cls, metric: SeatMetric) -> "SeatMetricOut":
        """The metric as it is shown."""
        return cls(
            id=metric.id,
            seat_type=metric.seat_type,
            label=metric.label,
            description=metric.description,
            created_by=metric.created_by,
            created_at=metric.created_at,
            updated_at=metric.updated_at,
        )


class SeatMetricsOut(Wire):
    items: list[SeatMetricOut]
    pagination: Pagination


@routes.post("", status_code=201)
def create_seat_metric(
    body: SeatMetricIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId
) -> SeatMetricOut:
    """Define a kind of seat, so that seat events can say how many of it there are."""
    metric = SeatMetric(
        new_id(),
        body.seat_type,
        body.label,
        body.description or None,
        who.user.id if who.user else None,
        now,
        now,
    )
    keep_seats.create(tx, who.workspace.id, metric)
    return SeatMetricOut.of(metric)


@routes.get("")
def list_seat_metrics(tx: Tx, who: WhoIs, paging: NewestFirst) -> SeatMetricsOut:
    """Seat metrics, newest first."""
    page = seat_metrics.listed(tx, who.workspace.id, paging)
    items = [SeatMetricOut.of(seat_metrics.of(row)) for row in page.rows]
    return SeatMetricsOut(items=items, pagination=Pagination.of(page))


@routes.get("/{id}")
def show_seat_metric(id: PathId, tx: Tx, who: WhoIs) -> SeatMetricOut:
    """One seat metric."""
    return SeatMetricOut.of(seat_metrics.one(tx, who.workspace.id, id))


@routes.put("/{id}")
def update_seat_metric(
    id: PathId, body: SeatMetricChange, tx: Tx, who: WhoIs, now: Now
) -> SeatMetricOut:
    """Replace the words of a seat metric. Drafts have them once they are recalculated."""
    changed = keep_seats.rename(
        tx,
        who.workspace.id,
        id,
        label=body.label,
        description=body.description or None,
        now=now,
    )
    return SeatMetricOut.of(changed)


@routes.delete("/{id}")
def delete_seat_metric(id: PathId, tx: Tx, who: WhoIs, now: Now) -> SeatMetricOut:
    """Delete a seat metric that no price counts."""
    return SeatMetricOut.of(keep_seats.delete(tx, who.workspace.id, id, now=now))
