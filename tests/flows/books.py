"""A seller's books written straight into the database: small families, prices, schedules, usage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Engine, insert

from catchment import ids
from catchment.core.values.period import BEGINNING
from catchment.store.access import Workspace
from catchment.store.engine import writing
from catchment.store.families import aliases
from catchment.store.families.aliases import Alias
from catchment.store.schema import (
    billing_schedules,
    contacts,
    customer_links,
    customers,
    discounts,
    metadata,
    minimums,
    phase_credit_grants,
    phase_prices,
    phases,
    prices,
    products,
    seat_metrics,
    usage_metrics,
)
from catchment.store.seats import seat_events
from catchment.store.seats.seat_events import SeatEvent
from catchment.usage import SentEvent, UsageStore, batch

_Store = TypeVar("_Store", bound=UsageStore)

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
ADDRESS = {"line1": "1 Quay St", "town": "Leeds", "postcode": "LS1 1AA", "country": "GB"}
GRADUATED = {
    "pricingType": "GRADUATED",
    "usageCalculationMode": "BILLING_PERIOD",
    "tiers": [
        {"upperBound": "100", "price": "1", "fee": "20", "isPricePercentage": False},
        {"price": "0.75", "fee": "50", "isPricePercentage": False},
    ],
}


def linear(price: str) -> dict[str, Any]:
    return {"pricingType": "LINEAR", "pricePerUnit": price, "isPricePercentage": False}


def fixed(price: str) -> dict[str, Any]:
    return {"pricingType": "FIXED", "price": price}


def seat(metric: str, price: str, **more: Any) -> dict[str, Any]:
    return {
        "pricingType": "SEAT_BASED",
        "seatMetricId": metric,
        "pricePerSeat": price,
        "prorationStrategy": "PRORATE_ALL_CHANGES",
        "contractedMinimumSeats": 0,
        "prorateFlatFees": False,
        "tiers": [],
    } | more


@dataclass
class Books:
    """Everything is named in order of making; ids come back from each call."""

    engine: Engine
    usage: UsageStore
    workspace: Workspace
    _events: int = 0
    _rows: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)

    def customer(
        self,
        name: str,
        parent: str | None = None,
        *,
        since: datetime = BEGINNING,
        **columns: Any,
    ) -> str:
        id = ids.new_id()
        self._row(
            customers,
            id=id,
            legal_name=name,
            **{"address": ADDRESS, "tax_status": "TAXED"} | columns,
            status="ACTIVE",
            custom_properties={},
            integration_ids=[],
            created_at=START,
            updated_at=START,
        )
        for email, preference in (("pay", "PRIMARY"), ("copy", "STANDARD"), ("hi", "NONE")):
            self._row(
                contacts,
                id=ids.new_id(),
                customer_id=id,
                name=email,
                email=f"{email}@{len(name)}.test",
                billing_preference=preference,
                created_at=START,
                updated_at=START,
            )
        if parent is not None:
            self.link(id, parent, since)
        return id

    def alias(self, customer: str, value: str, *, at: datetime) -> None:
        """Give a customer another name, at once."""
        new = Alias(ids.new_id(), customer, value, None, at)
        with writing(self.engine) as tx:
            aliases.add(tx, self.workspace.id, [new])

    def link(
        self, customer: str, parent: str | None, since: datetime, until: datetime | None = None
    ) -> None:
        self._row(
            customer_links,
            id=ids.new_id(),
            customer_id=customer,
            parent_id=parent,
            effective_from=since,
            effective_to=until,
            recorded_at=START,
        )

    def metric(self, name: str, kind: str = "SUM") -> str:
        id = ids.new_id()
        self._row(
            usage_metrics,
            id=id,
            name=name,
            metric_type="SIMPLE",
            event_type=name,
            aggregation_type=kind,
            aggregation_property=None if kind == "COUNT" else "n",
            unit=name,
            property_filters={},
            properties_to_negate=[],
            case_sensitive=True,
            created_at=START,
        )
        return id

    def seats(self, name: str) -> str:
        """The metric of the seats of a type."""
        id = ids.new_id()
        self._row(
            seat_metrics, id=id, seat_type=name, label=name, created_at=START, updated_at=START
        )
        return id

    def seated(self, *events: tuple[str, str, str, int]) -> None:
        """Acknowledge seat events: (customer, type of seat, day, seats from then on)."""
        with writing(self.engine) as tx:
            for alias, kind, day, total in events:
                at = datetime.fromisoformat(day).replace(tzinfo=UTC)
                event = SeatEvent(ids.new_id(), ids.new_id(), alias, kind, at, total)
                seat_events.add(tx, self.workspace.id, event, NOW)

    def price(
        self,
        structure: dict[str, Any],
        metric: str | None = None,
        *,
        product: str | None = None,
        frequency: str = "MONTHLY",
        timing: str = "IN_ARREARS",
        currency: str = "USD",
        only: Sequence[str] = (),
    ) -> str:
        id = ids.new_id()
        self._row(
            prices,
            id=id,
            product_id=product or self.product("Platform"),
            name=structure["pricingType"].title(),
            currency=currency,
            structure=structure | ({"usageMetricId": metric} if metric else {}),
            usage_metric_id=metric,
            seat_metric_id=structure.get("seatMetricId"),
            billing_frequency=frequency,
            billing_type=timing,
            integration_ids=[],
            custom_metric_parameters=[],
            restrict_to_customers=list(only) or None,
            status="ACTIVE",
            created_at=START,
            updated_at=START,
        )
        return id

    def product(self, name: str, **columns: Any) -> str:
        id = ids.new_id()
        self._row(products, id=id, name=name, created_at=START, updated_at=START, **columns)
        return id

    def schedule(
        self,
        customer: str,
        *price_ids: str,
        start: date = date(2026, 1, 1),
        end: date | None = None,
        off: Sequence[dict[str, Any]] = (),
        least: Sequence[dict[str, Any]] = (),
        given: Sequence[dict[str, Any]] = (),
        **columns: Any,
    ) -> str:
        """``off``, ``least`` and ``given`` are discounts, minimums and credit grants: what their rows say
        beyond a default.
        """
        id, phase = ids.new_id(), ids.new_id()
        head = {
            "roll_up_billing": False,
            "bill_to": "SELF",
            "auto_issue_invoices": False,
            "adjust_late_usage": True,
            "custom_fields": {},
            "activated_at": START,
        } | columns
        self._row(
            billing_schedules,
            id=id,
            customer_id=customer,
            start_date=start,
            end_date=end,
            created_at=START,
            updated_at=START,
            **head,
        )
        self._row(
            phases,
            id=phase,
            schedule_id=id,
            position=0,
            start_date=start,
            end_date=end,
            recurrence_preference="CONTINUE_FROM_PREVIOUS_PHASE",
            created_at=START,
        )
        for place, price in enumerate(price_ids):
            self._row(phase_prices, phase_id=phase, price_id=price, position=place)
        discount = {"type": "PERCENTAGE", "message": "Launch", "separate_line_item": True}
        for table, found in ((discounts, [discount | one for one in off]), (minimums, least)):
            for place, one in enumerate(found):
                self._row(
                    table,
                    id=ids.new_id(),
                    schedule_id=id,
                    phase_id=phase,
                    position=place,
                    created_at=START,
                    updated_at=START,
                    **{"price_ids": []} | one,
                )
        for place, one in enumerate(given):
            grant = {
                "name": "Included",
                "unit_type": "CURRENCY",
                "currency": "USD",
                "price_ids": [],
            }
            grant |= {"refresh": "MONTHLY", "rollover": "NONE"}
            of = {"schedule_id": id, "phase_id": phase, "position": place}
            self._row(phase_credit_grants, id=ids.new_id(), **of, **grant | one)
        return id

    def _row(self, table: Any, **values: Any) -> None:
        self._rows.setdefault(table, []).append({"workspace_id": self.workspace.id, **values})

    def write(self) -> None:
        """Put all that was noted into the database at once."""
        with writing(self.engine) as tx:
            for table in (t for t in metadata.sorted_tables if t in self._rows):
                columns = {name for row in self._rows[table] for name in row}
                rows = [dict.fromkeys(columns) | row for row in self._rows[table]]
                tx.execute(insert(table), rows)
        self._rows.clear()

    def used(self, *events: tuple[str, str, str, str]) -> None:
        """Acknowledge events: (customer, metric's name, day or instant, value of n)."""
        first = self._events + 1
        self._events += len(events)
        self._accept(enumerate(events, first))

    def used_again(self, number: int, event: tuple[str, str, str, str]) -> None:
        """Correct the event that was acknowledged as the ``number``-th."""
        self._accept([(number, event)])

    def _accept(self, events: Iterable[tuple[int, tuple[str, str, str, str]]]) -> None:
        sent = []
        for number, (alias, kind, at, n) in events:
            instant = datetime.fromisoformat(at)
            instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
            properties = msgspec.Raw(msgspec.json.encode({"n": n}))
            sent.append(SentEvent(alias, kind, instant, f"e{number}", properties))
        with writing(self.engine) as tx:
            self.usage.accept(tx, self.workspace.id, batch(sent), NOW)


def family(books: Books) -> dict[str, str]:
    """A parent whose three children used 60, 40 and 25 in January: 188.75 in all."""
    made = {"parent": books.customer("Parent")}
    for name in ("North", "South", "West"):
        made[name] = books.customer(name, made["parent"])
    made["metric"] = books.metric("calls")
    made["schedule"] = books.schedule(
        made["parent"], books.price(GRADUATED, made["metric"]), roll_up_billing=True
    )
    books.write()
    books.used(
        (made["North"], "calls", "2026-01-05", "60"),
        (made["South"], "calls", "2026-01-06", "40"),
        (made["West"], "calls", "2026-01-07", "25"),
    )
    return made


def instead(kind: type[_Store], usage: UsageStore) -> _Store:
    """A store of another kind over the same events."""
    return kind(usage._engine, usage._storage)
