"""/discounts: the discounts of all schedules' phases, each by itself. New ones come with phases."""

from catchment.api.edge.deps import NewestFirst, NewId, Now, PathId, Today, Tx, Usage, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import Pagination
from catchment.api.schedules.discount_wire import (
    DiscountsOut,
    DiscountUpdateIn,
    StandaloneDiscountOut,
)
from catchment.flows.schedules import keep_discount
from catchment.flows.schedules.keep_discount import Asked, Found
from catchment.store.schedules import phase_terms

routes = router("/discounts", "Discounts")


@routes.get("")
def list_discounts(tx: Tx, who: WhoIs, paging: NewestFirst) -> DiscountsOut:
    """The discounts of all phases, newest first."""
    page, places = phase_terms.listed(tx, who.workspace.id, paging)
    found = keep_discount.many(tx, who.workspace.id, places)
    items = [_shown(who.workspace.id, one) for one in found]
    return DiscountsOut(items=items, pagination=Pagination.of(page))


@routes.get("/{id}")
def show_discount(id: PathId, tx: Tx, who: WhoIs) -> StandaloneDiscountOut:
    """One discount."""
    return _shown(who.workspace.id, keep_discount.one(tx, who.workspace.id, id))


@routes.put("/{id}")
def update_discount(
    id: PathId,
    body: DiscountUpdateIn,
    *,
    tx: Tx,
    usage: Usage,
    who: WhoIs,
    now: Now,
    today: Today,
    new_id: NewId,
) -> StandaloneDiscountOut:
    """Agree anew on a discount. Drafts are made anew; what was invoiced in arrears must stay."""
    asked = Asked(body.billing_schedule_id, body.valid_from, body.valid_to, body.terms)
    found = keep_discount.change(
        tx, usage, who.workspace, id, asked, today=today, now=now, new_id=new_id
    )
    return _shown(who.workspace.id, found)


@routes.delete("/{id}")
def delete_discount(
    id: PathId, *, tx: Tx, usage: Usage, who: WhoIs, now: Now, today: Today, new_id: NewId
) -> StandaloneDiscountOut:
    """Take a discount away. Drafts are made anew; what was invoiced in arrears must stay."""
    found = keep_discount.remove(tx, usage, who.workspace, id, today=today, now=now, new_id=new_id)
    return _shown(who.workspace.id, found)


def _shown(workspace_id: str, found: Found) -> StandaloneDiscountOut:
    return StandaloneDiscountOut.of_phase(
        workspace_id, found.schedule_id, found.phase, found.discount
    )
