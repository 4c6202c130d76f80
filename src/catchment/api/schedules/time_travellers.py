"""/time-travellers: clocks of single schedules that stand until they are moved, in a sandbox."""

from typing import ClassVar, Literal

from pydantic import ConfigDict

from catchment.api.edge.deps import NewestFirst, NewId, Now, PathId, Tx, Usage, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import At, IdIn, Pagination, Wire
from catchment.flows.schedules import travel_in_time
from catchment.store.paging import page
from catchment.store.schedules import time_travellers
from catchment.store.schedules.time_travellers import TimeTraveller
from catchment.store.schema import time_travellers as table

routes = router("/time-travellers", "Billing schedules")


class TravelIn(Wire):
    """Where the clock is to stand: not before where it stands now."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"example": {"frozenTime": "2026-12-01T00:00:00Z"}}
    )

    frozen_time: At


class TravellerIn(TravelIn):
    """The started schedule whose time it is."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {
                "billingScheduleId": "0198b2c9-5f41-7c3d-8a52-0f4f5e0c9a11",
                "frozenTime": "2026-12-01T00:00:00Z",
            }
        }
    )

    billing_schedule_id: IdIn


class TravellerOut(Wire):
    """A schedule's clock. Moving it is done when it is answered, so it is READY."""

    id: str
    sequence_account_id: str
    billing_schedule_id: str
    frozen_time: At
    status: Literal["READY", "IN_PROGRESS"]
    created_at: At
    updated_at: At

    @classmethod
    def of(cls, workspace_id: str, one: TimeTraveller) -> "TravellerOut":
        """The wire form."""
        return cls(
            id=one.id,
            sequence_account_id=workspace_id,
            billing_schedule_id=one.schedule_id,
            frozen_time=one.frozen_at,
            status="READY",
            created_at=one.created_at,
            updated_at=one.updated_at,
        )


class TravellersOut(Wire):
    items: list[TravellerOut]
    pagination: Pagination


@routes.post("", status_code=201)
def create_time_traveller(
    body: TravellerIn, *, tx: Tx, usage: Usage, who: WhoIs, now: Now, new_id: NewId
) -> TravellerOut:
    """Give a schedule a clock of its own: it and its family are billed as of then.

    Only in a workspace that is a sandbox.
    """
    made = travel_in_time.start(
        tx,
        usage,
        who.workspace,
        body.billing_schedule_id,
        body.frozen_time,
        now=now,
        new_id=new_id,
    )
    return TravellerOut.of(who.workspace.id, made)


@routes.get("")
def list_time_travellers(tx: Tx, who: WhoIs, paging: NewestFirst) -> TravellersOut:
    """All clocks, newest first."""
    found = page(tx, time_travellers.listed(who.workspace.id), paging, id_column=table.c.id)
    items = [TravellerOut.of(who.workspace.id, time_travellers.of_row(row)) for row in found.rows]
    return TravellersOut(items=items, pagination=Pagination.of(found))


@routes.get("/{id}")
def show_time_traveller(id: PathId, tx: Tx, who: WhoIs) -> TravellerOut:
    """One clock."""
    return TravellerOut.of(who.workspace.id, time_travellers.one(tx, who.workspace.id, id))


@routes.put("/{id}")
def advance_time_traveller(
    id: PathId, body: TravelIn, *, tx: Tx, usage: Usage, who: WhoIs, now: Now, new_id: NewId
) -> TravellerOut:
    """Move a clock on: what falls due meanwhile is drafted, and issued if it issues itself."""
    moved = travel_in_time.advance(
        tx, usage, who.workspace, id, body.frozen_time, now=now, new_id=new_id
    )
    return TravellerOut.of(who.workspace.id, moved)


@routes.delete("/{id}")
def delete_time_traveller(id: PathId, tx: Tx, who: WhoIs) -> TravellerOut:
    """Take a clock away: its schedule is billed in everybody's time again. Invoices stay."""
    one = time_travellers.one(tx, who.workspace.id, id)
    time_travellers.remove(tx, one.id)
    return TravellerOut.of(who.workspace.id, one)
