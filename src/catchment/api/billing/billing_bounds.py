"""/billing-bounds: what an invoice must keep to, to be issued without anybody looking at it."""

from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import AfterValidator, ConfigDict, Field

from catchment.api.edge.deps import Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import DecimalIn, PositiveDecimalIn, Whole, Wire
from catchment.core.control.bounds import Bounds
from catchment.store.billing import bounds

routes = router("/billing-bounds", "Billing runs")


def _above_zero(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError("This must be more than zero.")
    return value


class BoundsIn(Wire):
    """At most `mostLines` lines, and `jumpFactor` times the average of the schedule's last
    invoices; net totals below `jumpFrom`, in major units, may jump.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"example": {"mostLines": 10000, "jumpFactor": "10", "jumpFrom": "1000"}}
    )

    most_lines: Annotated[Whole, Field(ge=1, le=1_000_000)]
    jump_factor: Annotated[PositiveDecimalIn, AfterValidator(_above_zero)]
    jump_from: PositiveDecimalIn


class BoundsOut(Wire):
    """The bounds of the workspace."""

    most_lines: int
    jump_factor: DecimalIn
    jump_from: DecimalIn

    @classmethod
    def of(cls, one: Bounds) -> "BoundsOut":
        return cls(most_lines=one.most_lines, jump_factor=one.jump_factor, jump_from=one.jump_from)


@routes.get("")
def show_bounds(tx: Tx, who: WhoIs) -> BoundsOut:
    """What invoices must keep to; the usual bounds until others are set."""
    return BoundsOut.of(bounds.of(tx, who.workspace.id))


@routes.put("")
def set_bounds(body: BoundsIn, tx: Tx, who: WhoIs) -> BoundsOut:
    """Set what invoices must keep to, from the next billing run on."""
    wanted = Bounds(body.most_lines, body.jump_factor, body.jump_from)
    bounds.keep(tx, who.workspace.id, wanted)
    return BoundsOut.of(wanted)
