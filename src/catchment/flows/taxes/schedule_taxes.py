"""The tax rates that a schedule names for some of its prices, and whether every price has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from catchment.core.terms.taxes import Taxation
from catchment.core.values.errors import FieldError, Invalid, NotFound
from catchment.flows.schedules.schedule_terms import Terms, check_days, check_prices
from catchment.flows.taxes.named_rates import check_rate
from catchment.flows.taxes.tax_terms import tax_terms
from catchment.store.catalog import prices, products
from catchment.store.catalog.price_terms import Terms as PriceTerms
from catchment.store.schedules.schedule_records import PhaseRecord


class TaxRateMissing(Invalid):
    """No tax rate was found for a price."""

    code = "tax_rate_missing"


@dataclass(frozen=True, slots=True)
class PriceTaxation:
    """How a price of a phase would be taxed; ``pointer`` is where the body names the price."""

    pointer: str
    phase: int
    price_id: str
    name: str
    taxation: Taxation


def agreed_rates(
    tx: Connection,
    workspace: str,
    terms: Terms,
    phases: Sequence[PhaseRecord],
    before: Mapping[str, str],
) -> dict[str, str]:
    """The rate that is named for some of the prices of ``phases``, by price.

    What is named for a list price holds for its copies. A rate that was named ``before`` may be
    archived by now. Raises Invalid, NotFound, TaxArchived.
    """
    wanted = _wanted(terms)
    _check_rates(tx, workspace, terms, before)
    asked = {id for phase in terms.phases for id in phase.price_ids}
    ids = {one.price_id for phase in phases for one in phase.prices}
    found = {id: wanted[id] for id in ids & wanted.keys()}
    for id, price in prices.shown(tx, workspace, ids - asked).items():
        if price.list_price_id in wanted:
            found[id] = wanted[price.list_price_id]
    return found


def price_taxations(
    tx: Connection, workspace: str, customer_id: str, terms: Terms
) -> list[PriceTaxation]:
    """How every price of the schedule asked for would be taxed today, were its customer invoiced.

    Raises Invalid, NotFound, TaxArchived, and TaxRateMissing naming every price without a rate.
    """
    check_days(terms)
    payer = tax_terms(tx, workspace, [customer_id]).get(customer_id)
    if payer is None:
        message = f"There is no customer {customer_id}."
        raise NotFound.field("/customerId", message)
    wanted = _wanted(terms)
    _check_rates(tx, workspace, terms, {})
    priced = list(_priced(tx, workspace, terms))
    sold = products.some(tx, workspace, {of.product_id for *_, of in priced})
    found = [
        PriceTaxation(
            pointer,
            phase,
            id,
            of.name,
            payer.of(wanted.get(id), sold[of.product_id].tax_category_id),
        )
        for pointer, phase, id, of in priced
    ]
    missing = tuple(
        FieldError(one.pointer, TaxRateMissing.code, f"{one.name} has no tax rate: {_why(one)}")
        for one in found
        if one.taxation.undecided
    )
    if missing:
        raise TaxRateMissing(missing[0].message, errors=missing)
    return found


def _why(one: PriceTaxation) -> str:
    if one.taxation.reason == "AMBIGUOUS":
        return "several fit its tax category where the customer is."
    return "none fits its tax category where the customer is."


def _priced(
    tx: Connection, workspace: str, terms: Terms
) -> Iterator[tuple[str, int, str, PriceTerms]]:
    """Every price and list price: where the body names it, its phase, its id and its terms."""
    known, catalogue = check_prices(tx, workspace, terms)
    for i, phase in enumerate(terms.phases):
        for j, id in enumerate(phase.price_ids):
            yield f"/phases/{i}/priceIds/{j}", i, id, known[id].terms
        for j, id in enumerate(phase.list_price_ids):
            yield f"/phases/{i}/listPriceIds/{j}", i, id, catalogue[id].terms


def _wanted(terms: Terms) -> dict[str, str]:
    """The rates by price and list price. Raises Invalid."""
    priced = {id for of in terms.phases for id in (*of.price_ids, *of.list_price_ids)}
    found: dict[str, str] = {}
    for index, (price_id, rate_id) in enumerate(terms.tax_rates):
        pointer = f"/taxRates/{index}/priceId"
        if price_id not in priced:
            raise Invalid.field(pointer, f"{price_id} is not a price of this schedule.")
        if price_id in found:
            raise Invalid.field(pointer, "This price has another tax rate already.")
        found[price_id] = rate_id
    return found


def _check_rates(tx: Connection, workspace: str, terms: Terms, before: Mapping[str, str]) -> None:
    named = set(before.values())
    for index, (_, rate_id) in enumerate(terms.tax_rates):
        pointer = f"/taxRates/{index}/taxRateId"
        check_rate(tx, workspace, pointer, rate_id, archived=rate_id in named)
