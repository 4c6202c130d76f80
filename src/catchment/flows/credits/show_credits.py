"""What a customer has left of its credits, and how it came about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.terms.credits import Account, CreditUnit, account
from catchment.core.values.money import exact_sum
from catchment.core.values.period import day_after
from catchment.store.catalog import metrics
from catchment.store.credits import credit_grants, ledger, sales
from catchment.store.credits.credit_grants import GrantRecord
from catchment.store.credits.ledger import Recorded
from catchment.store.families import customers

_EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Movement:
    """What happened to a grant on a day; ``amount`` is above zero where more is left after it.

    Of what expired there is no ``number`` in the ledger.
    """

    number: int | None
    grant_id: str
    reason: str
    amount: Decimal
    on: date
    invoice_id: str = ""
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A grant and what became of it. ``held`` is what drafts draw from it, ``invoice_id`` the
    invoice that sells it.
    """

    record: GrantRecord
    account: Account
    held: Decimal
    movements: tuple[Movement, ...]
    invoice_id: str | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """All of a customer's grants in one currency, or in units of one metric, the oldest first.

    ``id`` is the currency or the metric, ``name`` what that is called.
    """

    id: str
    unit: CreditUnit
    name: str
    grants: tuple[Standing, ...]

    @property
    def left(self) -> Decimal:
        """What is left today."""
        return exact_sum(one.account.balance for one in self.grants)

    @property
    def projected(self) -> Decimal:
        """What drafts draw."""
        return exact_sum(one.held for one in self.grants)

    @property
    def movements(self) -> list[Movement]:
        """What happened to all of them, the latest first."""
        found = (entry for one in self.grants for entry in one.movements)
        return sorted(found, key=_place, reverse=True)


def balances(tx: Connection, workspace_id: str, customer: CustomerId, *, on: date) -> list[Balance]:
    """A customer's balances on a day: money first, by currency, then units by metric's name.

    Raises NotFound.
    """
    found: dict[tuple[CreditUnit, str], list[Standing]] = {}
    for one in standings(tx, workspace_id, customer, on=on):
        grant = one.record.grant
        found.setdefault((grant.unit, grant.metric_id or grant.currency), []).append(one)
    named = metrics.names(tx, workspace_id, [id for _, id in found])
    made = (
        Balance(id, unit, named.get(id, id), tuple(grants)) for (unit, id), grants in found.items()
    )
    return sorted(made, key=lambda one: (one.unit is CreditUnit.METRIC, one.name, one.id))


def standings(
    tx: Connection, workspace_id: str, customer: CustomerId, *, on: date
) -> list[Standing]:
    """A customer's grants and what became of each by a day, the oldest first. Raises NotFound."""
    customers.one(tx, workspace_id, customer)
    known = credit_grants.of_customers(tx, workspace_id, [customer])
    ids = [one.grant.id for one in known]
    entries = ledger.of_grants(tx, workspace_id, ids)
    held = ledger.held(tx, workspace_id, ids)
    sold = sales.invoices_of(tx, workspace_id, ids)
    return [
        _standing(one, entries.get(id, ()), held.get(id, Decimal(0)), on, sold.get(id))
        for one in known
        for id in [one.grant.id]
    ]


def _standing(
    record: GrantRecord,
    recorded: Sequence[Recorded],
    held: Decimal,
    on: date,
    invoice_id: str | None,
) -> Standing:
    became = account(record.grant, (one.entry for one in recorded), on)
    movements = tuple(_movements(record, recorded, became))
    return Standing(record, became, held, movements, invoice_id)


def _movements(
    record: GrantRecord, recorded: Iterable[Recorded], became: Account
) -> Iterator[Movement]:
    for one in recorded:
        entry = one.entry
        yield Movement(
            one.number,
            entry.grant_id,
            entry.kind.value,
            entry.amount,
            one.on,
            one.invoice_id,
            one.run_id,
        )
    if became.expired:
        day = day_after(record.grant.expiry)
        yield Movement(None, record.grant.id, _EXPIRED, -became.expired, day)


def _place(one: Movement) -> tuple[object, ...]:
    return one.on, one.number is None, one.number or 0
