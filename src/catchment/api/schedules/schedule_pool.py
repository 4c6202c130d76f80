"""/billing-schedules/{id}/pool: who is measured together, who is not, and why not."""

from typing import Annotated

from fastapi import Query

from catchment.api.edge.deps import Cursor, Limit, Now, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import At, Pagination, Wire
from catchment.api.schedules.schedule_wire import ScheduleId
from catchment.flows.schedules.show_pool import Reason, page_of, show_pool
from catchment.store.families import customers

routes = router("/billing-schedules/{billingScheduleId}/pool", "Billing schedules")


class CarvedOut(Wire):
    """A metric of the customer that is not pooled here.

    OTHER_SCHEDULE bills it instead; or the customer, or somebody between, is EXCLUDED; or it is
    NOT_NAMED, where all prices on the metric name others.
    """

    usage_metric_id: str
    reason: Reason
    billing_schedule_id: str | None = None


class PoolCustomer(Wire):
    """A customer: its metrics that are pooled here, the prices that do so, and what is not."""

    customer_id: str
    legal_name: str
    depth: int
    path: list[str]
    usage_metric_ids: list[str]
    price_ids: list[str]
    carved_out: list[CarvedOut]


class PoolOut(Wire):
    billing_schedule_id: str
    as_of: At
    roll_up_billing: bool
    items: list[PoolCustomer]
    pagination: Pagination


@routes.get("")
def show(
    schedule_id: ScheduleId,
    *,
    tx: Tx,
    who: WhoIs,
    now: Now,
    as_of: Annotated[
        At | None, Query(alias="asOf", description="The pool at this instant; left out: now.")
    ] = None,
    limit: Limit = 20,
    after: Cursor = None,
) -> PoolOut:
    """Whose usage the schedule measures at an instant. The nearest schedule has a customer's usage.

    Parents come before their children. Nobody is in the pool of a metric that the schedule does not
    price at that instant.
    """
    at = as_of or now
    schedule, found = show_pool(tx, who.workspace, schedule_id, at)
    part, following = page_of(found, limit, after)
    names = customers.names(tx, who.workspace.id, [one.customer for one in part])
    items = [
        PoolCustomer(
            customer_id=one.customer,
            legal_name=names[one.customer],
            depth=len(one.path) - 1,
            path=list(one.path),
            usage_metric_ids=sorted(one.metrics),
            price_ids=sorted(one.prices),
            carved_out=[
                CarvedOut(
                    usage_metric_id=metric,
                    reason=left_out.reason,
                    billing_schedule_id=left_out.schedule_id,
                )
                for metric, left_out in sorted(one.left_out.items())
            ],
        )
        for one in part
    ]
    return PoolOut(
        billing_schedule_id=schedule.id,
        as_of=at,
        roll_up_billing=schedule.roll_up,
        items=items,
        pagination=Pagination(after=following, total_result_size=len(found)),
    )
