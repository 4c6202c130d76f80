"""A random family of the laws, kept in a database as if it had come through the API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import select, update

from catchment import ids
from catchment.core.terms.schedules import Phase, PricedItem, Schedule
from catchment.core.usage.metering import Event, Metric
from catchment.core.values.money import decimal_text
from catchment.store.catalog import structures
from catchment.store.engine import reading, writing
from catchment.store.schema import (
    billing_schedules,
    customer_aliases,
    line_items,
    phase_prices,
    phases,
    usage_metrics,
    workspaces,
)
from catchment.usage import SentEvent, batch
from tests.flows.books import NOW, START, Books
from tests.laws.families import CUSTOMERS, Family, aliases, links

Key = tuple[str, str, date]
"""A line: the schedule and the price, by the family's names for them, and its first day."""


def unarchived(family: Family) -> Family:
    """The same with no schedule archived: a run bills no more of those, not even what was due."""
    running = (replace(one, archived_at=None) for one in family.schedules)
    return replace(family, schedules=tuple(running))


@dataclass
class KeptFamily:
    """``books`` with a family in them. Only the ``first`` of its events are sent (None: all)."""

    books: Books
    family: Family
    first: int | None = None

    def __post_init__(self) -> None:
        self._ids = {who: self.books.customer(who) for who in CUSTOMERS}
        for who in CUSTOMERS:
            for alias in aliases(who)[1:]:
                self._row(
                    customer_aliases,
                    customer_id=self._ids[who],
                    value=self._name(alias),
                    created_at=START,
                )
        for link in links(self.family.relocations):
            parent = None if link.parent is None else self._ids[link.parent]
            self.books.link(self._ids[link.customer], parent, link.start, link.end)
        for schedule in self.family.schedules:
            self._keep(schedule)
        self.books.write()
        self.send(self.family.events[: self.first])

    def lines(self) -> dict[Key, tuple[str, int]]:
        """What the lines in force of every charge come to: quantity and net."""
        names = {id: name for name, id in self._ids.items()}
        c = line_items.c
        wanted = select(c.schedule_id, c.price_id, c.service_start, c.quantity, c.net_minor)
        mine = c.workspace_id == self.books.workspace.id, c.live_key == ""
        found: dict[Key, tuple[Decimal, int]] = {}
        with reading(self.books.engine) as tx:
            for schedule, price, start, quantity, net in tx.execute(wanted.where(*mine)):
                key = names[schedule], names[price], start
                used, cost = found.get(key, (Decimal(0), 0))
                found[key] = used + Decimal(quantity), cost + net
        return {key: (decimal_text(used), cost) for key, (used, cost) in found.items()}

    def _row(self, table: Any, **values: Any) -> str:
        id = ids.new_id()
        self.books._row(table, id=id, **values)
        return id

    def _name(self, alias: str) -> str:
        """Under which name a customer's events are sent: its id, or an alias."""
        return self._ids.get(alias, alias)

    def _keep(self, schedule: Schedule) -> None:
        self._ids[schedule.id] = id = self._row(
            billing_schedules,
            customer_id=self._ids[schedule.customer],
            start_date=schedule.start,
            end_date=schedule.end,
            recurrence_day_of_month=schedule.billing_day,
            bill_to=schedule.bill_to,
            roll_up_billing=schedule.roll_up,
            roll_up_exclusions=[self._ids[who] for who in sorted(schedule.exclusions)] or None,
            auto_issue_invoices=False,
            custom_fields={},
            created_at=START,
            updated_at=START,
            activated_at=START,
        )
        for position, phase in enumerate(schedule.phases):
            self._keep_phase(id, position, phase)

    def _keep_phase(self, schedule: str, position: int, phase: Phase) -> None:
        id = self._row(
            phases,
            schedule_id=schedule,
            position=position,
            start_date=phase.start,
            end_date=phase.end,
            recurrence_preference="RESET" if phase.resets else "CONTINUE_FROM_PREVIOUS_PHASE",
            created_at=START,
        )
        for place, item in enumerate(phase.items):
            price = self._ids[item.id] = self._price(item)
            self.books._row(phase_prices, phase_id=id, price_id=price, position=place)

    def _price(self, item: PricedItem) -> str:
        assert item.metric is not None, item
        metric = self._ids.get(item.metric.id) or self._metric(item.metric)
        terms = structures.dump(item.price, metric)
        only = [self._ids[who] for who in sorted(item.scope)]
        return self.books.price(
            terms, metric, frequency=item.frequency, currency=item.currency, only=only
        )

    def _metric(self, metric: Metric) -> str:
        self._ids[metric.id] = self._row(
            usage_metrics,
            name=metric.id,
            metric_type="SIMPLE",
            event_type=metric.event_type,
            aggregation_type=metric.aggregation,
            aggregation_property=metric.property,
            property_filters={name: sorted(texts) for name, texts in metric.filters},
            properties_to_negate=[],
            case_sensitive=True,
            created_at=START,
        )
        return self._ids[metric.id]

    def begin(self, schedules: Iterable[Schedule], at: datetime | None) -> None:
        """Say when some of the family's schedules were started; None leaves them drafts."""
        found = billing_schedules.c.id.in_([self._ids[one.id] for one in schedules])
        with writing(self.books.engine) as tx:
            tx.execute(update(billing_schedules).where(found).values(activated_at=at))

    def send(self, events: Iterable[Event]) -> None:
        """Every event in a request of its own, in the order they came."""
        for event in events:
            sent = SentEvent(
                self._name(event.alias),
                event.event_type,
                event.at,
                event.customer_event_id,
                msgspec.Raw(msgspec.json.encode(event.properties)),
            )
            with writing(self.books.engine) as tx:
                self.books.usage.accept(tx, self.books.workspace.id, batch([sent]), NOW)


def in_zone(books: Books, zone: str) -> Books:
    """The books of the same workspace, whose days are those of a time zone."""
    with writing(books.engine) as tx:
        here = workspaces.c.id == books.workspace.id
        tx.execute(update(workspaces).where(here).values(timezone=zone))
    return replace(books, workspace=replace(books.workspace, timezone=zone))
