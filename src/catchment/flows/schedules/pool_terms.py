"""Whom a schedule may leave out of its pools, and whom its prices may name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from catchment.core.terms.pricing import Graduated
from catchment.core.values.errors import Invalid, NotFound, NotSupportedYet
from catchment.store.catalog.price_terms import Terms
from catchment.store.families import customers

_NEEDED = "roll_up_needed"


def check_exclusions(
    tx: Connection, workspace: str, customer_id: str, exclusions: Sequence[str], *, roll_up: bool
) -> None:
    """Refuse to leave out whom a schedule of ``customer_id`` cannot. Raises Invalid, NotFound.

    Who is not below the customer may be left out: it may come to be.
    """
    at = "/rollUpExclusions"
    if exclusions and not roll_up:
        message = "Only roll-up billing has others to leave out."
        raise Invalid.field(at, message, _NEEDED)
    if customer_id in exclusions:
        message = "The schedule's own customer cannot be left out."
        raise Invalid.field(f"{at}/{exclusions.index(customer_id)}", message)
    check_named(tx, workspace, exclusions, at)


def check_named(tx: Connection, workspace: str, ids: Sequence[str], at: str) -> None:
    """Refuse customers named twice, or who do not exist; ``at`` points to ``ids`` in the body.

    Raises Invalid, NotFound.
    """
    known = customers.names(tx, workspace, ids) if ids else {}
    for index, id in enumerate(ids):
        if id in ids[:index]:
            message = "A customer is named only once."
            raise Invalid.field(f"{at}/{index}", message, "customer_twice")
        if id not in known:
            message = f"There is no customer {id}."
            raise NotFound.field(f"{at}/{index}", message)


def check_scopes(priced: Iterable[tuple[str, Terms]], *, roll_up: bool) -> None:
    """Refuse prices of one phase, with pointers to them, that cannot share its pools.

    Prices on one metric name the same customers, or have none in common: so no usage is in two of
    their pools in part. Those that name the same, or nobody, set its parameters alike: what is
    shown as used is one figure. Raises Invalid, and NotSupportedYet where one of them has tiers
    that begin anew within its periods, so that these are cut as the others' are not.
    """
    scopes: dict[str | None, list[Terms]] = {}
    for pointer, terms in priced:
        if terms.restrict_to and not roll_up:
            message = f"The price {terms.name!r} names customers, so it needs roll-up billing."
            raise Invalid.field(pointer, message, _NEEDED)
        mine = set(terms.restrict_to)
        for other in scopes.setdefault(terms.metric_id, []):
            if mine == set(other.restrict_to) and set(terms.parameters) != set(other.parameters):
                message = (
                    f"The prices {other.name!r} and {terms.name!r} measure one metric of the same"
                    " customers, but set its parameters differently; use a metric for each."
                )
                raise Invalid.field(pointer, message, "parameters_differ")
            if mine != set(other.restrict_to) and not mine.isdisjoint(other.restrict_to):
                message = (
                    f"The prices {other.name!r} and {terms.name!r} on one metric name some of the"
                    " same customers, but not all; they may name the same ones, or different ones."
                )
                raise Invalid.field(pointer, message, "scopes_overlap")
            same = terms.metric_id is not None and mine == set(other.restrict_to)
            if same and (_is_cut(terms) or _is_cut(other)):
                message = (
                    f"The prices {other.name!r} and {terms.name!r} measure one metric, and the"
                    " tiers of one are PERIODIC; beside another price that is not supported yet."
                )
                raise NotSupportedYet.field(pointer, message)
        scopes[terms.metric_id].append(terms)


def _is_cut(terms: Terms) -> bool:
    return isinstance(terms.price, Graduated) and terms.price.window is not None
