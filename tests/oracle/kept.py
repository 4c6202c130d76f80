"""Contracts in a workspace of the product, as if they had come through the API, and what it bills them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from catchment import ids
from catchment.core.terms.credits import CreditUnit
from catchment.flows.credits import keep_grant
from catchment.flows.credits.keep_grant import GrantTerms
from catchment.store.engine import writing
from catchment.store.schema import (
    billing_schedules,
    customer_aliases,
    discounts,
    invoices,
    minimums,
    phase_credit_grants,
    phase_prices,
    phases,
    prices,
    seat_metrics,
    tax_categories,
    tax_category_versions,
    tax_rate_versions,
    tax_rates,
    usage_metrics,
)
from catchment.store.seats import seat_events
from catchment.store.seats.seat_events import SeatEvent
from catchment.usage import SentEvent
from catchment.usage.intake.events import batches
from tests.flows.books import ADDRESS, NOW, START, Books
from tests.oracle.billed import bills
from tests.oracle.contracts import (
    Bill,
    Contract,
    Event,
    Grant,
    Metric,
    Minimum,
    Phase,
    Price,
    Rate,
    Schedule,
)
from tests.oracle.payables import CATEGORIES
from tests.oracle.structures import structure


@dataclass
class KeptContracts:
    """``books`` with contracts in them, each known by its number."""

    books: Books
    contracts: Mapping[int, Contract]
    _ids: dict[Any, str] = field(default_factory=dict)  # by name, or by what contracts share
    _sent: dict[int, list[SentEvent]] = field(default_factory=dict)  # by the run they come before
    _seats: list[SeatEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        for category in CATEGORIES:
            self._product(category)
        for number, contract in self.contracts.items():
            self._keep(number, contract)
        self.books.write()
        home = self.books.workspace.id
        with writing(self.books.engine) as tx:
            for event in self._seats:
                seat_events.add(tx, home, event, NOW)

    def send(self, place: int, now: datetime) -> None:
        """Acknowledge the events that come before a run."""
        home = self.books.workspace.id
        with writing(self.books.engine) as tx:
            for one in batches(self._sent.get(place, ())):
                self.books.usage.accept(tx, home, one, now)

    def grant(self, place: int, day: date, now: datetime) -> None:
        """Grant, and take back, what is before a run."""
        home = self.books.workspace
        with writing(self.books.engine) as tx:
            for number, contract in self.contracts.items():
                for one in contract.grants:
                    if one.come == place:
                        terms = self._grant_terms(number, one)
                        made = keep_grant.create(
                            tx, home, terms, today=day, now=now, new_id=ids.new_id
                        )
                        self._ids[number, one.id] = made.grant.id
                for one in contract.grants:
                    if one.taken_back == place:
                        id = self._ids[number, one.id]
                        keep_grant.take_back(tx, home, id, today=day, now=now, new_id=ids.new_id)

    def _grant_terms(self, number: int, one: Grant) -> GrantTerms:
        return GrantTerms(
            customer=self._ids[number, one.customer],
            name=one.id,
            unit=_unit(one.metric),
            currency=one.currency,
            metric_id=one.metric and self._metric(one.metric),
            amount=Decimal(one.amount),
            cost=None,
            effective=one.first,
            expiry=one.last,
        )

    def id_of(self, of: int | str, what: str | int) -> str:
        """The id of a schedule of a contract, by their names, or of the phase at a place of a schedule."""
        return self._ids[of, what]

    def last_invoice(self, tx: Connection, number: int, schedule: str) -> str | None:
        """The id of the invoice in force of a schedule that is due last; of those the last customer's."""
        c = invoices.c
        found = tx.execute(
            select(c.id, c.due_on, c.customer_id).where(
                c.billing_schedule_id == self._ids[number, schedule], c.live_key == ""
            )
        )
        names = {
            self._ids[number, who]: who for who in range(len(self.contracts[number].customers))
        }
        ordered = sorted((due, names[customer], id) for id, due, customer in found)
        return ordered[-1][-1] if ordered else None

    def number_of(self, schedule_id: str) -> int:
        """Whose schedule it is."""
        return next(name[0] for name, id in self._ids.items() if id == schedule_id)

    def bills(self) -> dict[int, Bill]:
        """What every contract has been billed so far."""
        return bills(self.books, self._ids, self.contracts)

    def _row(self, known: Any, table: Any, **values: Any) -> str:
        id = self._ids[known] = ids.new_id()
        self.books._row(table, id=id, **values)
        return id

    def _keep(self, number: int, contract: Contract) -> None:
        for rate in contract.rates:
            self._rate(rate)
        for who, customer in enumerate(contract.customers):
            place = {"country": customer.country} | (
                {"state": customer.region} if customer.region else {}
            )
            id = self._ids[number, who] = self.books.customer(
                f"{number}.{who}", address=ADDRESS | place, tax_status=customer.status
            )
            self.books._row(
                customer_aliases,
                id=ids.new_id(),
                customer_id=id,
                value=f"{number}.{who}",
                created_at=START,
            )
            moves = [move for move in contract.moves if move.customer == who]
            ends = [*(move.at for move in moves[1:]), None]
            for move, until in zip(moves, ends if moves else (), strict=True):
                if until != move.at:
                    parent = None if move.parent is None else self._ids[number, move.parent]
                    self.books.link(id, parent, move.at, until)
        for schedule in contract.schedules:
            self._schedule(number, schedule)
        for grant in contract.grants:
            if grant.metric is not None:
                self._metric(grant.metric)
        for event in contract.events:
            properties = msgspec.Raw(msgspec.json.encode(event.properties))
            alias, name = self._alias(number, event), f"{number}.{event.sent_as}"
            sent = SentEvent(alias, event.type, event.at, name, properties)
            self._sent.setdefault(event.come, []).append(sent)
        for event in contract.seats:
            alias, name = self._alias(number, event), f"{number}.{event.sent_as}"
            total = int(event.properties["total"])
            one = SeatEvent(ids.new_id(), name, alias, event.type, event.at, total)
            self._seats.append(one)

    def _alias(self, number: int, event: Event) -> str:
        """Under which of its customer's names an event is sent: the id, or another."""
        if event.customer is not None and event.name == 0:
            return self._ids[number, event.customer]
        return f"{number}.{event.customer}"

    def _schedule(self, number: int, schedule: Schedule) -> None:
        left_out = [self._ids[number, who] for who in sorted(schedule.exclusions)]
        for phase in schedule.phases:
            for price in phase.prices:
                self._price(number, schedule, price)
        rates = {
            self._ids[number, price]: self._ids[rate]
            for price, rate in schedule.rates.items()
            if (number, price) in self._ids
        }
        id = self._row(
            (number, schedule.id),
            billing_schedules,
            customer_id=self._ids[number, schedule.customer],
            start_date=schedule.start,
            end_date=None if schedule.phases[-1].milestone is not None else schedule.end,
            recurrence_day_of_month=schedule.billing_day,
            roll_up_billing=schedule.rolls_up,
            roll_up_exclusions=left_out or None,
            tax_rates=rates or None,
            auto_issue_invoices=schedule.issues,
            adjust_late_usage=schedule.adjusts,
            bill_to="PARENT" if schedule.bills_parent else "SELF",
            custom_fields={},
            created_at=START,
            updated_at=START,
            activated_at=START,
        )
        waits = False
        for position, phase in enumerate(schedule.phases):
            self._phase(number, id, schedule.currency, position, phase, waits=waits)
            waits = phase.milestone is not None

    def _phase(
        self,
        number: int,
        schedule: str,
        currency: str,
        position: int,
        phase: Phase,
        *,
        waits: bool,
    ) -> None:
        id = self._row(
            (schedule, position),
            phases,
            schedule_id=schedule,
            position=position,
            start_date=None if waits else phase.start,
            end_date=phase.end if phase.milestone is None else None,
            milestone=None if phase.milestone is None else "Go-live",
            recurrence_preference="RESET" if phase.resets else "CONTINUE_FROM_PREVIOUS_PHASE",
            created_at=START,
        )
        for place, price in enumerate(phase.prices):
            named = self._ids[number, price.id]
            self.books._row(phase_prices, phase_id=id, price_id=named, position=place)
        terms = {"schedule_id": schedule, "phase_id": id, "created_at": START, "updated_at": START}
        for place, one in enumerate((*phase.discounts, *phase.minimums)):
            values: dict[str, Any] = {}
            if not isinstance(one, Minimum):
                values = {"type": one.type, "separate_line_item": one.separate, "message": "Less"}
            self._row(
                (number, one.id),
                minimums if isinstance(one, Minimum) else discounts,
                position=place,
                amount=one.amount,
                price_ids=sorted(self._ids[number, price] for price in one.prices),
                **terms,
                **values,
            )

        for place, grant in enumerate(phase.grants):
            self._row(
                (number, grant.id),
                phase_credit_grants,
                schedule_id=schedule,
                phase_id=id,
                position=place,
                name=grant.id,
                unit_type=_unit(grant.metric),
                currency=currency,
                metric_id=grant.metric and self._metric(grant.metric),
                amount=grant.amount,
                refresh=grant.refresh,
                rollover=grant.rollover,
                price_ids=sorted(self._ids[number, price] for price in grant.prices),
            )

    def _price(self, number: int, schedule: Schedule, price: Price) -> None:
        if (number, price.id) in self._ids:
            return
        metric = price.metric and self._metric(price.metric)
        of_seats = price.model == "SEAT_BASED"
        called = "seatMetricId" if of_seats else "usageMetricId"
        self._row(
            (number, price.id),
            prices,
            product_id=self._product(price.category),
            name=price.id,
            currency=schedule.currency,
            structure=structure(price) | ({called: metric} if metric else {}),
            usage_metric_id=None if of_seats else metric,
            seat_metric_id=metric if of_seats else None,
            billing_frequency=price.frequency,
            billing_type=price.timing,
            integration_ids=[],
            custom_metric_parameters=[],
            restrict_to_customers=[self._ids[number, who] for who in sorted(price.names)] or None,
            status="ACTIVE",
            created_at=START,
            updated_at=START,
        )

    def _product(self, category: str | None) -> str:
        if ("product", category) not in self._ids:
            of = None if category is None else self._category(category)
            self._ids["product", category] = self.books.product(f"{category}", tax_category_id=of)
        return self._ids["product", category]

    def _metric(self, metric: Metric) -> str:
        if metric not in self._ids and metric.kind == "SEATS":
            words = {"seat_type": metric.event_type, "label": metric.name}
            self._row(metric, seat_metrics, created_at=START, updated_at=START, **words)
        return self._ids.get(metric) or self._row(
            metric,
            usage_metrics,
            name=metric.name,
            metric_type="SIMPLE",
            event_type=metric.event_type,
            aggregation_type=metric.kind,
            aggregation_property=metric.property,
            percentile=metric.percentile,
            expression=metric.expression,
            property_filters={name: list(texts) for name, texts in metric.filters},
            properties_to_negate=sorted(metric.negated),
            case_sensitive=metric.case_sensitive,
            created_at=START,
        )

    def _category(self, name: str) -> str:
        known = ("category", name)
        return self._ids.get(known) or self._versioned(
            known, tax_categories, tax_category_versions, name=name
        )

    def _rate(self, rate: Rate) -> None:
        if rate.name not in self._ids:
            self._versioned(
                rate.name,
                tax_rates,
                tax_rate_versions,
                name=rate.name,
                invoice_name=rate.name,
                invoice_short_name=rate.name,
                amount=rate.fraction,
                country=rate.country,
                region=rate.region,
                tax_category_id=rate.category and self._category(rate.category),
            )

    def _versioned(self, known: Any, heads: Any, versions: Any, **values: Any) -> str:
        id = self._row(known, heads, created_at=START)
        times = {"created_at": START, "updated_at": START}
        self._row(
            ("version", known),
            versions,
            head_id=id,
            version=1,
            is_published=True,
            **times,
            **values,
        )
        return id


def _unit(metric: Metric | None) -> CreditUnit:
    return CreditUnit.CURRENCY if metric is None else CreditUnit.METRIC
