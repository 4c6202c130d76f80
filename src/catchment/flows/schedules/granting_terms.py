"""What a phase is to grant, as it is asked for, and what it becomes.

A grant stays what it is: it is named by its id, or said again in the same terms. Whoever says
nothing of grants in any phase leaves them all as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sqlalchemy import Connection

from catchment.core.terms.credits import CreditUnit, PhaseGrant, Refresh, Rollover
from catchment.core.values.errors import Invalid
from catchment.core.values.ids import NewId
from catchment.flows.credits.credit_amounts import check_amount
from catchment.flows.schedules.settling_terms import PhasePrices, prices_covered
from catchment.flows.taxes.named_rates import check_rate


@dataclass(frozen=True, slots=True)
class PhaseGrantTerms:
    """A grant as it is asked for; ``prices`` may be list prices that the phase copies."""

    id: str | None
    name: str
    unit: CreditUnit
    currency: str | None
    amount: Decimal
    cost: Decimal | None
    tax_rate_id: str | None
    refresh: Refresh
    rollover: Rollover
    prices: tuple[str, ...]


@dataclass(slots=True)
class Granting:
    """What is made of the grants asked for, phase by phase; ``before`` are those there were."""

    tx: Connection
    workspace_id: str
    new_id: NewId
    before: Mapping[str, PhaseGrant]
    said: bool
    _left: dict[str, PhaseGrant] = field(init=False)

    def __post_init__(self) -> None:
        self._left = dict(self.before)

    def of_phase(
        self,
        at: str,
        asked: Iterable[PhaseGrantTerms] | None,
        old: Iterable[PhaseGrant],
        prices: PhasePrices,
    ) -> tuple[PhaseGrant, ...]:
        """The grants of the phase at ``at``, which had those of ``old``. Raises Invalid, NotFound.

        Where nothing is said of grants at all, it keeps them.
        """
        at = f"{at}/creditGrants"
        if not self.said:
            return self._kept(at, old, prices)
        return tuple(
            self._one(f"{at}/{index}", one, prices) for index, one in enumerate(asked or ())
        )

    def _kept(
        self, at: str, old: Iterable[PhaseGrant], prices: PhasePrices
    ) -> tuple[PhaseGrant, ...]:
        kept = tuple(old)
        for one in kept:
            if one.prices - prices.terms.keys():
                message = (
                    f"{one.name!r} pays prices that the phase has no more: say what it grants."
                )
                raise Invalid.field(at, message)
        return kept

    def _one(self, at: str, asked: PhaseGrantTerms, prices: PhasePrices) -> PhaseGrant:
        made = self._made(at, asked, prices)
        if asked.id is not None:
            there = self._left.pop(asked.id, None)
            if there is None:
                message = f"The schedule has no credit grant {asked.id} to keep."
                raise Invalid.field(f"{at}/id", message)
            if replace(made, id=there.id) != there:
                message = "A grant cannot be changed: leave its id out to agree on another."
                raise Invalid.field(f"{at}/id", message)
            return there
        same = (one for one in self._left.values() if replace(made, id=one.id) == one)
        found = next(same, None)
        if found is None:
            return replace(made, id=self.new_id())
        return self._left.pop(found.id)

    def _made(self, at: str, asked: PhaseGrantTerms, prices: PhasePrices) -> PhaseGrant:
        """The grant asked for, without an id."""
        named = f"{at}/restrictToPrices"
        paid = prices_covered(named, asked.prices, prices)
        currency = asked.currency or paid[0].currency
        metric_id = None
        if asked.unit is CreditUnit.METRIC:
            found = {terms.metric_id for terms in paid if terms.metric_id is not None}
            if len(found) != 1:
                message = "Units are of one usage metric: name prices that charge for just one."
                raise Invalid.field(named, message)
            [metric_id] = found
        elif currency != paid[0].currency:
            message = f"The prices of the schedule are in {paid[0].currency}."
            raise Invalid.field(f"{at}/currency", message)
        check_amount(at, asked.unit, currency, asked.amount)
        if asked.tax_rate_id is not None:
            pointer = f"{at}/taxRateId"
            check_rate(self.tx, self.workspace_id, pointer, asked.tax_rate_id, archived=True)
        return PhaseGrant(
            id="",
            name=asked.name,
            unit=asked.unit,
            currency=currency,
            metric_id=metric_id,
            amount=asked.amount,
            refresh=asked.refresh,
            rollover=asked.rollover,
            prices=frozenset(prices.named[id] for id in asked.prices),
            cost=asked.cost,
            tax_rate_id=asked.tax_rate_id,
        )
