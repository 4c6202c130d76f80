"""/billing-schedules/preview and /simulate: what terms would bring that are no schedule yet."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from catchment.api.edge.deps import NewId, Now, Tx, Usage, WhoIs
from catchment.api.edge.route import router, writes_nothing
from catchment.api.edge.wire import Day, Whole, Wire
from catchment.api.schedules.schedule_wire import SCHEDULE_EXAMPLE, ScheduleIn
from catchment.api.schedules.simulation_wire import SimulationOut, UsageIn, given
from catchment.core.terms.schedules import Frequency, Timing
from catchment.core.values.errors import Invalid
from catchment.flows.schedules.occurrences import occurrences
from catchment.flows.schedules.preview_schedule import preview_schedule

routes = router("/billing-schedules", "Billing schedules")


class CadenceIn(Wire):
    """How often a price is charged, and when."""

    billing_frequency: Frequency
    billing_type: Timing


class PreviewIn(Wire):
    """Days, both included, and how often prices are charged; without prices it is monthly."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {
                "startDate": "2026-01-15",
                "endDate": "2026-12-31",
                "recurrenceDayOfMonth": 1,
                "prices": [{"billingFrequency": "MONTHLY", "billingType": "IN_ARREARS"}],
            }
        }
    )

    start_date: Day
    end_date: Day
    recurrence_day_of_month: Annotated[Whole, Field(ge=1, le=31)] | None = None
    prices: Annotated[list[CadenceIn], Field(max_length=500)] | None = None


class Occurrence(Wire):
    """A billing period from its first day to its last."""

    start: date
    end: date


class OccurrencesOut(Wire):
    occurrences: list[Occurrence]


class SimulateTermsIn(ScheduleIn):
    """A whole schedule, and what is supposed of its usage: `until` and `usage` are as in simulating
    one that is there.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {
                **SCHEDULE_EXAMPLE,
                "until": "2026-12-31",
                "usage": {},
            }
        }
    )

    until: Day | None = None
    usage: UsageIn | None = None


@routes.post("/preview")
@writes_nothing
def preview(body: PreviewIn, who: WhoIs) -> OccurrencesOut:  # noqa: ARG001 -- it must be somebody
    """The billing periods of such prices, by start; they are cut at both ends."""
    if body.end_date < body.start_date:
        raise Invalid.field("/endDate", "The schedule ends before it starts.")
    found = occurrences(
        body.start_date,
        body.end_date,
        body.recurrence_day_of_month,
        [(one.billing_frequency, one.billing_type) for one in body.prices or ()],
    )
    return OccurrencesOut(
        occurrences=[Occurrence(start=one.start, end=one.last_day) for one in found]
    )


@routes.post("/simulate")
def simulate_terms(
    body: SimulateTermsIn, tx: Tx, usage: Usage, who: WhoIs, now: Now, new_id: NewId
) -> SimulationOut:
    """The invoices that a schedule would bring, were it created; nothing is written.

    It is refused as creating it would be. What is not named in `usage` is that of its customers in
    the last full month, whoever was billed for it.
    """
    body.payment()
    found = preview_schedule(
        tx,
        usage,
        who.workspace,
        body.record(new_id(), now),
        body.terms(),
        start=not body.is_draft,
        until=body.until,
        given=given(body.usage),
        now=now,
        new_id=new_id,
    )
    return SimulationOut.of(found)
