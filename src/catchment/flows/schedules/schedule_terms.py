"""What a billing schedule must be before anyone bills by it: its days, its prices, its customer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.terms.schedules import BillTo
from catchment.core.values.errors import Conflict, FieldError, Invalid, NotFound
from catchment.core.values.ids import NewId
from catchment.core.values.period import Period, day_after
from catchment.flows.families.save_customer import CustomerArchived
from catchment.flows.schedules.granting_terms import Granting, PhaseGrantTerms
from catchment.flows.schedules.keep_product import ProductArchived
from catchment.flows.schedules.make_price import ListPriceArchived
from catchment.flows.schedules.pool_terms import check_scopes
from catchment.flows.schedules.settling_terms import (
    DiscountTerms,
    MinimumTerms,
    PhasePrices,
    check_discounts,
    check_minimums,
    discounts_of,
    minimums_of,
)
from catchment.store.access import Workspace
from catchment.store.catalog import list_prices, prices, products
from catchment.store.catalog.list_prices import ListPrice
from catchment.store.catalog.prices import StoredPrice
from catchment.store.families import customers
from catchment.store.schedules import schedule_records
from catchment.store.schedules.schedule_records import PhasePrice, PhaseRecord, ScheduleRecord


class RollUpNeedsChildren(Invalid):
    """Roll-up billing needs a customer with children."""

    code = "roll_up_needs_children"


class CustomerDraft(Conflict):
    """The customer is a draft."""

    code = "customer_draft"


class PriceDraft(Conflict):
    """The price is a draft."""

    code = "price_draft"


@dataclass(frozen=True, slots=True)
class PhaseTerms:
    """A phase as it is asked for. Copies of its list prices come after its prices.

    ``arr`` and ``list_arr`` say INCLUDE or EXCLUDE by price and list price. A phase that ends with
    a ``milestone`` has no ``end`` until that is reached, and the one after it no ``start``.
    """

    name: str | None
    external_contract_ref: str | None
    start: date | None
    end: date | None
    recurrence_preference: str
    price_ids: tuple[str, ...]
    list_price_ids: tuple[str, ...]
    arr: Mapping[str, str] = field(default_factory=dict)
    list_arr: Mapping[str, str] = field(default_factory=dict)
    discounts: tuple[DiscountTerms, ...] = ()
    minimums: tuple[MinimumTerms, ...] = ()
    credit_grants: tuple[PhaseGrantTerms, ...] | None = None
    milestone: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What may be agreed anew in a schedule.

    ``custom_fields`` of None keeps those there are, ``bill_to`` of None who was billed,
    ``adjust_late`` of None whether late usage is billed, and ``exclusions`` of None, while the
    schedule rolls up, who is left out. ``tax_rates`` are pairs of a price, or of a list price for
    its copies, and a rate.
    """

    start: date
    end: date | None
    recurrence_day: int | None
    roll_up: bool
    bill_to: BillTo | None
    exclusions: tuple[str, ...] | None
    auto_issue: bool
    adjust_late: bool | None
    purchase_order_number: str | None
    memo: str | None
    due_days: int | None
    custom_fields: Mapping[str, str] | None
    phases: tuple[PhaseTerms, ...]
    tax_rates: tuple[tuple[str, str], ...] = ()


def check_days(terms: Terms) -> None:
    """Refuse phases that do not cover the schedule's days exactly, one after the other.

    Raises Invalid, naming every day that is wrong.
    """
    wrong = tuple(_wrong_days(terms))
    if wrong:
        raise Invalid(wrong[0].message, errors=wrong)


def _wrong_days(terms: Terms) -> Iterator[FieldError]:
    if terms.end is not None and terms.end < terms.start:
        yield FieldError("/endDate", "invalid", "The schedule ends before it starts.")
    expected: date | None = terms.start
    for index, phase in enumerate(terms.phases):
        at = f"/phases/{index}"
        last = index == len(terms.phases) - 1
        waits = phase.milestone is not None and phase.end is None
        if phase.start != expected:
            what = "the schedule starts" if index == 0 else "the phase before ends the day before"
            message = f"The phase must start on {expected}: {what}."
            if expected is None:
                message = "Leave it out: it follows from when the milestone before is reached."
            yield FieldError(f"{at}/startDate", "phase_gap", message)
        if phase.end is None:
            if not (last or waits):
                message = "Only the last phase can be open-ended, or one that ends by a milestone."
                yield FieldError(f"{at}/endDate", "phase_open", message)
                return
        elif phase.start is not None and phase.end < phase.start:
            yield FieldError(f"{at}/endDate", "invalid", "The phase ends before it starts.")
        if last and phase.end != terms.end and not waits:
            until = f"on {terms.end}" if terms.end else "open, as the schedule does"
            message = f"The last phase must end {until}."
            yield FieldError(f"{at}/endDate", "phase_gap", message)
        expected = None if phase.end is None else day_after(phase.end)


def phases_of(
    tx: Connection,
    workspace: str,
    terms: Terms,
    before: Sequence[PhaseRecord],
    *,
    now: datetime,
    new_id: NewId,
) -> tuple[PhaseRecord, ...]:
    """The phases asked for, with prices made of their list prices.

    A phase that starts on the day of one of ``before`` is that one, changed; one that waits for a
    milestone, as the same among all. Raises Invalid, NotFound, ListPriceArchived, ProductArchived.
    """
    known, catalogue = check_prices(tx, workspace, terms)
    _check_products(tx, workspace, terms, catalogue)
    same = {phase.start or index: phase for index, phase in enumerate(before)}
    granting = Granting(
        tx,
        workspace,
        new_id,
        {one.id: one for phase in before for one in phase.credit_grants},
        said=any(phase.credit_grants is not None for phase in terms.phases),
    )
    made: list[StoredPrice] = []
    found = []
    for index, phase in enumerate(terms.phases):
        copies = [_copy(catalogue[id], now, new_id) for id in phase.list_price_ids]
        made += copies
        old = same.get(phase.start or index)
        settled = _settled(phase, known, copies)
        check_discounts(f"/phases/{index}", phase.discounts, settled)
        check_minimums(f"/phases/{index}", phase.minimums, settled)
        discounts, minimums = (old.discounts, old.minimums) if old else ((), ())
        granted = old.credit_grants if old else ()
        found.append(
            PhaseRecord(
                old.id if old else new_id(),
                phase.name,
                phase.external_contract_ref,
                phase.start,
                phase.end,
                phase.recurrence_preference,
                _priced(phase, copies),
                old.created_at if old else now,
                discounts_of(phase.discounts, settled, discounts, now=now, new_id=new_id),
                minimums_of(phase.minimums, settled, minimums, now=now, new_id=new_id),
                granting.of_phase(f"/phases/{index}", phase.credit_grants, granted, settled),
                phase.milestone,
            )
        )
    prices.add(tx, workspace, made)
    return tuple(found)


def check_prices(
    tx: Connection, workspace: str, terms: Terms
) -> tuple[Mapping[str, StoredPrice], Mapping[str, ListPrice]]:
    """The prices and list prices that are asked for, by id. Raises Invalid, NotFound."""
    known = prices.some(tx, workspace, [id for phase in terms.phases for id in phase.price_ids])
    catalogue = list_prices.some(
        tx, workspace, [id for phase in terms.phases for id in phase.list_price_ids]
    )
    _check_prices(terms, known, catalogue)
    return known, catalogue


def check_start(tx: Connection, workspace: Workspace, record: ScheduleRecord) -> None:
    """Refuse to start a schedule whose customer, prices or roll-up are not ready.

    Raises CustomerArchived, CustomerDraft, PriceDraft, RollUpNeedsChildren.
    """
    _check_ready(tx, workspace, record)
    if record.roll_up:
        check_roll_up(tx, workspace, record)


def check_change(
    tx: Connection, workspace: Workspace, before: ScheduleRecord, record: ScheduleRecord
) -> None:
    """Refuse to make of a started schedule what could not be started.

    One that rolled up ``before`` may end while its customer has no child yet, or no more.
    Raises as ``check_start``.
    """
    _check_ready(tx, workspace, record)
    if record.roll_up and not before.roll_up:
        check_roll_up(tx, workspace, record)


def check_roll_up(tx: Connection, workspace: Workspace, record: ScheduleRecord) -> None:
    """Raises RollUpNeedsChildren where the customer has no child during the schedule."""
    life = Period(record.start, day_after(record.end)).span(ZoneInfo(workspace.timezone))
    if not schedule_records.has_children(tx, workspace.id, record.customer_id, life):
        message = (
            "The customer has no children during the schedule, so there is nothing to roll up."
        )
        raise RollUpNeedsChildren.field("/rollUpBilling", message)


def customer_archived(name: str, what: str = "new schedule") -> CustomerArchived:
    """The refusal of ``what`` for an archived customer."""
    message = f"{name} is archived and can have no {what}."
    return CustomerArchived.field("/customerId", message)


def _priced(phase: PhaseTerms, copies: Iterable[StoredPrice]) -> tuple[PhasePrice, ...]:
    """The prices of a phase: those it names, then the copies of list prices made for it."""
    named = [PhasePrice(id, phase.arr.get(id)) for id in phase.price_ids]
    copied = [PhasePrice(p.id, phase.list_arr.get(p.list_price_id or "")) for p in copies]
    return (*named, *copied)


def _settled(
    phase: PhaseTerms, known: Mapping[str, StoredPrice], copies: Iterable[StoredPrice]
) -> PhasePrices:
    """What discounts, minimums and grants of a phase may be of, by how they call it: a copy goes by
    the id of its list price.
    """
    named = {id: known[id].terms for id in phase.price_ids}
    called = {one.list_price_id or "": one.id for one in copies}
    return PhasePrices(
        named | {one.id: one.terms for one in copies}, {id: id for id in named} | called
    )


def _check_ready(tx: Connection, workspace: Workspace, record: ScheduleRecord) -> None:
    """Raises CustomerArchived, CustomerDraft, PriceDraft."""
    customer = customers.one(tx, workspace.id, record.customer_id)
    if customer.archived_at is not None:
        raise customer_archived(customer.legal_name)
    if customer.status == "DRAFT":
        message = f"{customer.legal_name} is a draft; approve it before its schedule is started."
        raise CustomerDraft.field("/customerId", message)
    known = prices.shown(tx, workspace.id, record.price_ids)
    for i, phase in enumerate(record.phases):
        for j, priced in enumerate(phase.prices):
            price = known[priced.price_id]
            if price.status == "DRAFT":
                message = f"The price {price.terms.name!r} is a draft; approve it first."
                pointer = f"/phases/{i}/priceIds/{j}"
                raise PriceDraft.field(pointer, message)


def _check_prices(
    terms: Terms, known: Mapping[str, StoredPrice], catalogue: Mapping[str, ListPrice]
) -> None:
    currency: str | None = None
    for i, phase in enumerate(terms.phases):
        if not phase.price_ids and not phase.list_price_ids:
            pointer = f"/phases/{i}/priceIds"
            raise Invalid.field(pointer, "A phase needs a price.", "price_missing")
        for key, ids, where in (
            ("priceIds", phase.price_ids, known),
            ("listPriceIds", phase.list_price_ids, catalogue),
        ):
            for j, id in enumerate(ids):
                pointer = f"/phases/{i}/{key}/{j}"
                if id not in where:
                    message = f"There is no {'' if where is known else 'list '}price {id}."
                    raise NotFound.field(pointer, message)
                if id in ids[:j]:
                    message = "A price can be in a phase only once."
                    raise Invalid.field(pointer, message, "price_twice")
                of_price = where[id].terms.currency
                currency = currency or of_price
                if of_price != currency:
                    message = f"All prices of a schedule share one currency; {currency} came first."
                    raise Invalid.field(pointer, message, "currency_mixed")
        priced = [
            (f"/phases/{i}/priceIds/{j}", known[id].terms) for j, id in enumerate(phase.price_ids)
        ]
        priced += [
            (f"/phases/{i}/listPriceIds/{j}", catalogue[id].terms)
            for j, id in enumerate(phase.list_price_ids)
        ]
        check_scopes(priced, roll_up=terms.roll_up)


def _check_products(
    tx: Connection, workspace: str, terms: Terms, catalogue: Mapping[str, ListPrice]
) -> None:
    """Refuse copies of what is no longer sold."""
    sold = products.some(tx, workspace, {p.terms.product_id for p in catalogue.values()})
    for i, phase in enumerate(terms.phases):
        for j, id in enumerate(phase.list_price_ids):
            pointer = f"/phases/{i}/listPriceIds/{j}"
            price = catalogue[id]
            if price.archived_at is not None:
                message = f"The list price {price.terms.name!r} is archived."
                raise ListPriceArchived.field(pointer, message)
            product = sold[price.terms.product_id]
            if product.archived_at is not None:
                message = f"The product {product.name!r} is archived and can have no new price."
                raise ProductArchived.field(pointer, message)


def _copy(price: ListPrice, now: datetime, new_id: NewId) -> StoredPrice:
    return StoredPrice(new_id(), price.terms, price.id, "ACTIVE", now, now)
