"""The explanation of a line item as the API shows it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from catchment.api.edge.wire import At, Day, Pagination, Wire, after_key
from catchment.api.invoices.adjustment_wire import AdjustmentStepsOut
from catchment.api.invoices.date_ranges import DateRange
from catchment.api.invoices.line_tax_wire import LineTaxOut
from catchment.api.invoices.line_wire import LineStepOut, SegmentOut
from catchment.core.invoices.settling import StepKind
from catchment.core.terms.pricing import SeatBased, SeatPart, seats_of_part
from catchment.core.terms.pricing.seats import Stretches
from catchment.core.usage.metering import Metric
from catchment.core.values.money import CURRENCIES, Money, decimal_text, exact_sum, money_text
from catchment.core.values.period import FOREVER, Span
from catchment.flows.billing.agreed.seat_usage import of_seats
from catchment.flows.invoices.explain_line import Explanation
from catchment.store.catalog import structures
from catchment.store.invoices.rows.evidence import Counted, EvidenceMember
from catchment.store.invoices.rows.invoice_rows import segment_texts


class StretchOut(Wire):
    """From an instant up to but not including another; without ``to`` it has no end."""

    from_: Annotated[At, Field(alias="from")]
    to: At | None = None

    @classmethod
    def of(cls, span: Span) -> "StretchOut":
        end = None if span.end == FOREVER else span.end
        return cls.model_validate({"from": span.start, "to": end})


class PriceUsedOut(Wire):
    """The price as it was when the line was calculated."""

    id: str | None = None
    name: str
    currency: str
    billing_frequency: str
    billing_type: str
    structure: dict[str, Any]


class ProrationOut(Wire):
    """The days charged, of the days of the full cycle."""

    days: int
    of_days: int


class RoundingOut(Wire):
    """The one rounding of a line: its segments exactly, and what they are rounded to."""

    exact: str
    rounded: str
    minor_digits: int
    mode: Literal["HALF_AWAY_FROM_ZERO"] = "HALF_AWAY_FROM_ZERO"


class ParameterUsedOut(Wire):
    name: str
    value: str


class MetricUsedOut(Wire):
    """The usage metric as it was when the line was calculated, and what the price set of it."""

    id: str
    name: str | None = None
    event_type: str
    aggregation_type: str
    aggregation_property: str | None = None
    percentile: str | None = None
    expression: str | None = None
    parameters: list[ParameterUsedOut] | None = None
    property_filters: dict[str, list[str]]
    properties_to_negate: list[str]
    case_sensitive: bool

    @classmethod
    def of(cls, metric: Metric, name: str | None) -> "MetricUsedOut":
        return cls(
            id=metric.id,
            name=name,
            event_type=metric.event_type,
            aggregation_type=metric.aggregation.value,
            aggregation_property=metric.property,
            percentile=None if metric.percentile is None else decimal_text(metric.percentile),
            expression=metric.expression,
            parameters=[
                ParameterUsedOut(name=name, value=decimal_text(value))
                for name, value in metric.parameters
            ]
            or None,
            property_filters={key: sorted(values) for key, values in metric.filters},
            properties_to_negate=sorted(metric.negated),
            case_sensitive=metric.case_sensitive,
        )


class MemberShareOut(Wire):
    """What a member contributed: events under its id and aliases during the stretches ``counted``.

    ``path`` leads from the payer to the member, ``parentLinkIds`` are the links that put it there.
    """

    customer_id: str
    name: str
    depth: int
    path: list[str]
    quantity: str
    event_count: int
    counted: list[StretchOut]
    aliases: list[str]
    parent_link_ids: list[str]

    @classmethod
    def of(cls, name: str, member: EvidenceMember) -> "MemberShareOut":
        standing = member.standing
        return cls(
            customer_id=standing.customer,
            name=name,
            depth=standing.depth,
            path=list(standing.path),
            quantity=decimal_text(member.quantity),
            event_count=member.event_count,
            counted=[StretchOut.of(span) for span in standing.spans],
            aliases=list(standing.aliases),
            parent_link_ids=list(standing.links),
        )


class MembersPage(Wire):
    items: list[MemberShareOut]
    pagination: Pagination


class TiersBeganOut(Wire):
    """Where the tiers of a CUMULATIVE or PERIODIC price had got to before the line's service.

    They count from the day ``since``; by then ``reached`` had been used.
    """

    since: Day
    reached: str

    @classmethod
    def of(cls, since: date | None, reached: Decimal) -> "TiersBeganOut | None":
        """The wire form; None where nothing came before."""
        return None if since is None else cls(since=since, reached=decimal_text(reached))


class SeatsOfDaysOut(Wire):
    """A stretch of days on which the ``seats`` of all members stayed the same, and how many of them
    the line charges for: below zero where fewer are left than were charged in advance.
    """

    start: date
    days: int
    seats: str
    charged: str

    @classmethod
    def of_line(cls, found: Explanation, there: Stretches) -> "list[SeatsOfDaysOut]":
        """What a line that counts seats is made of."""
        price = structures.parse(found.evidence.terms.structure)
        assert isinstance(price, SeatBased), price
        assert found.line.service is not None, found.line
        charged = seats_of_part(replace(price, part=SeatPart(found.line.part)), there)
        made = []
        start = found.line.service.start
        for (seats, days), (counted, _) in zip(there, charged, strict=True):
            made.append(
                cls(
                    start=start, days=days, seats=decimal_text(seats), charged=decimal_text(counted)
                )
            )
            start += timedelta(days=days)
        return made


class UsageUsedOut(Wire):
    """What was measured. ``events`` is the query that lists exactly the events which counted; where
    seats were, also each customer's last one before the window, which says what it began with.

    ``membersTotal`` is the sum of all members' own quantities; where the metric does not add up
    over members it differs from the pooled ``quantity``. ``treeKnownAt`` is when the tree and the
    aliases that were used were last changed. ``restrictToCustomers`` are those whom the price
    named, ``rollUpExclusions`` those whom the schedule left out; each only where there are any.
    ``seats`` are there where seats were counted, in the order of time.
    ``eventsKeptSince`` is there where events of the window were dropped: all of before then.
    """

    metric: MetricUsedOut
    window: StretchOut
    quantity: str
    members_total: str
    event_count: int
    events: str
    events_kept_since: At | None = None
    tree_known_at: At
    restrict_to_customers: list[str] | None = None
    roll_up_exclusions: list[str] | None = None
    tiers_began: TiersBeganOut | None = None
    seats: list[SeatsOfDaysOut] | None = None
    members: MembersPage


class ExplanationOut(Wire):
    """Why a line has its amount: the values that made it, kept when it was calculated.

    ``steps`` are what discounts or a minimum made of it after it was rounded; a line that
    ``settles`` others has no segments of its own. Of an adjustment ``usage``, ``segments``,
    ``rounding`` and ``steps`` are of the whole charge; ``adjustment`` says what of it was billed
    before. ``customerEventId`` is of the one event that it charges, if it is for one.
    """

    invoice_id: str
    line_item_id: str
    title: str
    calculated_at: At | None = None
    service_period: DateRange | None = None
    customer_event_id: str | None = None
    price: PriceUsedOut
    quantity: str
    unit: str | None = None
    proration: ProrationOut | None = None
    usage: UsageUsedOut | None = None
    segments: list[SegmentOut]
    rounding: RoundingOut
    settles: StepKind | None = None
    steps: list[LineStepOut] | None = None
    adjustment: AdjustmentStepsOut | None = None
    tax: LineTaxOut
    net_total: str
    total_tax: str
    gross_total: str

    @classmethod
    def of(cls, found: Explanation, limit: int, after: str | None) -> "ExplanationOut":
        """The wire form, with up to ``limit`` members after a cursor. Raises Invalid."""
        line, kept = found.line, found.evidence
        currency = line.net.currency
        exact = exact_sum(segment.amount for segment in line.segments)
        prorated = kept.counted is None and line.service and line.service != kept.terms.full
        return cls(
            invoice_id=line.invoice_id,
            line_item_id=line.id,
            title=line.title,
            calculated_at=found.invoice.calculated_at,
            service_period=DateRange.of(line.service) if line.service else None,
            customer_event_id=line.event,
            price=PriceUsedOut(
                id=line.shown_price_id,
                name=kept.terms.price_name,
                currency=currency,
                billing_frequency=kept.terms.frequency,
                billing_type=kept.terms.timing,
                structure=kept.terms.structure,
            ),
            quantity=decimal_text(line.quantity),
            unit=line.unit,
            proration=(
                ProrationOut(days=line.service.days, of_days=kept.terms.full.days)
                if prorated and line.service
                else None
            ),
            usage=_usage(found, kept.counted, limit, after) if kept.counted else None,
            segments=[SegmentOut.model_validate(segment_texts(s)) for s in line.segments],
            rounding=RoundingOut(
                exact=decimal_text(exact),
                rounded=money_text(Money.rounded(exact, currency)),
                minor_digits=CURRENCIES[currency],
            ),
            settles=line.settles,
            steps=[LineStepOut.of(step) for step in line.steps] or None,
            adjustment=AdjustmentStepsOut.of(found, line.deducted) if line.deducted else None,
            tax=LineTaxOut.of_line(found),
            net_total=money_text(line.net),
            total_tax=money_text(line.tax),
            gross_total=money_text(line.gross),
        )


def _usage(found: Explanation, counted: Counted, limit: int, after: str | None) -> UsageUsedOut:
    taken = found.line.deducted
    start = after_key([member.customer for _, member in found.members], after)
    shown = found.members[start : start + limit]
    more = start + limit < len(found.members)
    return UsageUsedOut(
        metric=MetricUsedOut.of(counted.how.metric, counted.how.metric_name),
        window=StretchOut.of(counted.how.span),
        quantity=decimal_text(found.line.whole_quantity),
        members_total=decimal_text(exact_sum(member.quantity for _, member in found.members)),
        event_count=(found.line.event_count or 0) + (taken.event_count if taken else 0),
        events=f"/{_events(counted.how.metric)}?lineItemId={found.line.id}",
        events_kept_since=_dropped(counted, found.kept_since),
        tree_known_at=counted.known_at,
        restrict_to_customers=list(counted.how.scope) or None,
        roll_up_exclusions=list(counted.how.exclusions) or None,
        tiers_began=TiersBeganOut.of(found.line.tiers_from, counted.reached),
        seats=SeatsOfDaysOut.of_line(found, counted.seats) if counted.seats else None,
        members=MembersPage(
            items=[MemberShareOut.of(name, member) for name, member in shown],
            pagination=Pagination(
                after=shown[-1][1].customer if shown and more else None,
                total_result_size=len(found.members),
            ),
        ),
    )


def _events(metric: Metric) -> str:
    return "seat-events" if of_seats(metric) else "usage-events"


def _dropped(counted: Counted, kept_since: datetime | None) -> datetime | None:
    """Since when events are kept, where some that were counted no longer are."""
    earlier = (span.start for member in counted.before for span in member.spans)
    start = min(earlier, default=counted.how.span.start)
    read = counted.how.metric.aggregation.reads_from(start)
    return kept_since if kept_since is not None and read < kept_since else None
