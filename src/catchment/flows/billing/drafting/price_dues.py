"""From what was measured to drafts: names, taxes and prices put to it.

One schedule that cannot be billed keeps nobody else from being billed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from catchment.core.control import Failure
from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.consolidation import Due, Key, Part
from catchment.core.invoices.invoicing import Adjustment, Draft, Joined, draft, joined
from catchment.core.shares.allocation import METHODS, Methods
from catchment.core.shares.breakdown import Measured, named
from catchment.core.terms.schedules import Charge, Schedule
from catchment.core.terms.taxes import Taxation, TaxTerms
from catchment.core.values.errors import BillingError
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.taxes.tax_terms import tax_terms
from catchment.store.families import customers

_T = TypeVar("_T")

Failures = dict[str, Failure]
"""By schedule: one that failed is not asked again."""


class MeasuredPart(NamedTuple):
    """The charges of one schedule on an invoice, each with its usage."""

    part: Part
    measured: tuple[Measured, ...]


MeasuredDue = tuple[Due, tuple[MeasuredPart, ...]]
"""What an invoice bills; parts that could not be measured are left out."""


class Facts(NamedTuple):
    """What drafts say of customers besides their usage: names, and how who pays is taxed."""

    names: Mapping[CustomerId, str]
    taxed: Mapping[CustomerId, TaxTerms]

    def hold(self, tx: Connection, workspace_id: str) -> bool:
        """Whether they are still so."""
        return self == facts(tx, workspace_id, self.names, self.taxed)


def facts(
    tx: Connection,
    workspace_id: str,
    named: Collection[CustomerId],
    paying: Collection[CustomerId],
) -> Facts:
    """What is known of these customers by now."""
    return Facts(customers.names(tx, workspace_id, named), tax_terms(tx, workspace_id, paying))


def drafted_from(
    tx: Connection,
    agreed: Agreements,
    found: Sequence[MeasuredDue],
    late: Mapping[Key, Sequence[Adjustment]],
    methods: Methods = (),
) -> list[tuple[Due, Draft]]:
    """A draft of each invoice whose usage is given, with what it adjusts of others, ``late``.

    Whose the invoice's own lines are is said by ``methods`` alone.
    """
    known = facts_for(tx, agreed.workspace.id, found, late)
    return price(known, found, late, None, {}, as_it_is, methods)


def facts_for(
    tx: Connection,
    workspace_id: str,
    found: Sequence[MeasuredDue],
    late: Mapping[Key, Sequence[Adjustment]],
) -> Facts:
    """What drafts need to know of customers, with what they adjust of others, ``late``."""
    wanted = {who for _, parts in found for of in parts for who in _named(of)}
    wanted.update(who for made in late.values() for one in made for who in _named_by(one))
    return facts(tx, workspace_id, wanted, {due.payer for due, _ in found})


def price(
    known: Facts,
    found: Sequence[MeasuredDue],
    late: Mapping[Key, Sequence[Adjustment]],
    failures: Failures | None,
    failed: Failures,
    finish: Callable[[Due, Draft], _T],
    methods: Methods = METHODS,
) -> list[tuple[Due, _T]]:
    """The drafts with what they adjust of others, ``late``, each finished.

    That is done while a draft has just been made: it is a thousand values, which are sooner looked
    through at once than after those of all others.
    """
    drafts = []
    for due, parts in found:
        adjusted = late.get(due.key, ())
        terms = known.taxed[due.payer]
        make = partial(_draft, due, parts, adjusted, known.names, terms, failed, methods)
        made = attempt(due.schedule, failures, make)
        if made is not None:
            drafts.append((due, finish(due, made)))
    return [(due, made) for due, made in drafts if due.schedule.id not in failed]


def as_it_is(due: Due, made: Draft) -> Draft:  # noqa: ARG001 -- one of several ways to finish
    """A draft that nothing more is to be done to."""
    return made


def attempt(schedule: Schedule, failures: Failures | None, make: Callable[[], _T]) -> _T | None:
    """What ``make`` returns; None where it fails, which is then reported under the customer.

    A database that is away is nobody's in particular: that stops the run.
    """
    if failures is None:
        return make()
    try:
        return make()
    except DBAPIError:
        raise
    except Exception as error:  # noqa: BLE001 -- one bad schedule bills nobody less
        reason = f"{type(error).__name__}: {error}"
        failure = Failure(schedule.customer, schedule.id, reason)
        if isinstance(error, BillingError):
            failure = replace(failure, reason=error.detail, code=error.code)
        failures.setdefault(schedule.id, failure)
        return None


def _named(of: MeasuredPart) -> Iterator[CustomerId]:
    """Whose names a draft needs for a part of it."""
    if of.part.joined or of.part.schedule.roll_up:
        yield from of.part.path
        yield from named(of.measured)


def _named_by(one: Adjustment) -> Iterator[CustomerId]:
    """Whose names a draft needs for an adjustment on it."""
    yield from one.adjusting.path
    for path in one.paths.values():
        yield from path


def _draft(
    due: Due,
    parts: Sequence[MeasuredPart],
    late: Sequence[Adjustment],
    names: Mapping[CustomerId, str],
    taxed: TaxTerms,
    failed: Failures,
    methods: Methods,
) -> Draft | None:
    """The invoice, less what joins it and cannot be priced; None where nothing is left."""
    own = [one for of in parts if not of.part.joined for one in of.measured]
    guests: list[Joined] = []
    for part, found in (of for of in parts if of.part.joined):
        join = partial(joined, part.schedule, part.path, found, methods)
        made = attempt(part.schedule, failed, join)
        if made is not None:
            guests.append(made)
    if not (own or guests or late):
        return None

    rate_of = cache(taxed.of)

    def taxing(schedule: Schedule, charge: Charge) -> Taxation:
        named = schedule.tax_rates.get(charge.item.price_id)
        return rate_of(named, charge.item.tax_category_id)

    status = taxed.status
    return draft(
        due.schedule, own, names, guests, late, status, on=due.on, taxing=taxing, methods=methods
    )
