"""How an adjustment came about, as the explanation of its line shows it."""

from catchment.api.edge.wire import At, Wire
from catchment.api.invoices.date_ranges import DateRange
from catchment.core.invoices.adjustments import Deducted
from catchment.core.values.money import decimal_text, money_text
from catchment.flows.invoices.explain_line import AgreedAnew, Explanation


class AgreedAnewOut(Wire):
    """The schedule was changed: the ``days`` of the ``period``, of those of the full cycle, are
    given back, or else charged after all.
    """

    changed_at: At
    given_back: bool
    period: DateRange
    days: int
    of_days: int

    @classmethod
    def of(cls, one: AgreedAnew, of_days: int) -> "AgreedAnewOut":
        return cls(
            changed_at=one.changed_at,
            given_back=one.moved.given_back,
            period=DateRange.of(one.moved.days),
            days=one.moved.days.days,
            of_days=of_days,
        )


class AdjustmentStepsOut(Wire):
    """How an adjustment came about: what the charge comes to by all that is known, less what its
    lines in force had billed. ``agreedAnew`` where that is for other days than they were.
    """

    quantity: str
    net_total: str
    event_count: int
    billed_quantity: str
    billed_net_total: str
    billed_event_count: int
    billed_by: list[str]
    agreed_anew: AgreedAnewOut | None = None

    @classmethod
    def of(cls, found: Explanation, taken: Deducted) -> "AdjustmentStepsOut":
        line, change = found.line, found.agreed_anew
        of_days = found.evidence.terms.full.days
        return cls(
            quantity=decimal_text(line.whole_quantity),
            net_total=money_text(line.net + taken.net),
            event_count=(line.event_count or 0) + taken.event_count,
            billed_quantity=decimal_text(taken.quantity),
            billed_net_total=money_text(taken.net),
            billed_event_count=taken.event_count,
            billed_by=list(taken.line_ids),
            agreed_anew=AgreedAnewOut.of(change, of_days) if change else None,
        )
