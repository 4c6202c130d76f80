"""However late events and corrections come, and whatever is final by then, the lines of a charge add up to the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from sqlalchemy import Engine

from catchment import ids
from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.flows.invoices.finalize_invoice import finalize_invoice
from catchment.flows.invoices.recalculate_invoice import recalculate_invoice
from catchment.flows.invoices.void_invoice import void_invoice
from catchment.store import access
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoices
from catchment.store.invoices.invoices import Status
from catchment.usage import UsageStore
from tests.flows.books import START, Books
from tests.flows.kept_family import KeptFamily, Key, in_zone, unarchived
from tests.flows.racing import ROUNDS
from tests.flows.test_law_of_billing import expected
from tests.laws.billing import AS_OF
from tests.laws.families import Family, told
from tests.laws.generator import FIRST_DAY
from tests.laws.laws import ONCE

ONE_DAY = timedelta(days=1)


class Seller:
    """Bills a family while its events still come."""

    def __init__(self, engine: Engine, usage: UsageStore, family: Family, first: int) -> None:
        with writing(engine) as tx:
            home = access.named_workspace(tx, name="Test Ltd", id=ids.new_id(), at=START)
        books = in_zone(Books(engine, usage, home), str(family.zone))
        self.kept = KeptFamily(books, family, first)
        self.books, self._day = self.kept.books, FIRST_DAY

    def run(self, as_of: date) -> int:
        """Draft what is due, and say how many invoices that made."""
        self._day = as_of
        result = bill_workspace(
            self.books.engine,
            self.books.usage,
            self.books.workspace,
            as_of=as_of,
            now=datetime.combine(AS_OF, time(), UTC),
            new_id=ids.new_id,
        )
        assert (result.failures, result.report.differences) == ((), ())
        return len(result.drafted)

    def recalculate(self, id: str) -> None:
        with writing(self.books.engine) as tx:
            recalculate_invoice(
                tx,
                self.books.usage,
                self.books.workspace,
                id,
                now=datetime.combine(AS_OF, time(), UTC),
                new_id=ids.new_id,
            )

    def issue(self, id: str) -> None:
        now = datetime.combine(AS_OF, time(), UTC)
        with writing(self.books.engine) as tx:
            finalize_invoice(tx, self.books.workspace.id, id, on=self._day, now=now)

    def void(self, id: str) -> None:
        now = datetime.combine(AS_OF, time(), UTC)
        with writing(self.books.engine) as tx:
            void_invoice(tx, self.books.workspace.id, id, on=self._day, now=now)

    def called(self, *statuses: Status) -> list[str]:
        """The invoices that stand so, oldest first."""
        query = invoices.heads(self.books.workspace.id)
        with reading(self.books.engine) as tx:
            found = [invoices.of_row(row) for row in tx.execute(query)]
        found = [one for one in found if one.status in statuses]
        return [one.id for one in sorted(found, key=lambda one: (one.due_on or date.min, one.id))]

    def settle(self, *, anew: bool = False) -> None:
        """Issue every draft, made ``anew`` or as it is."""
        for id in self.called(Status.DRAFT):
            if anew:
                self.recalculate(id)
            self.issue(id)

    def differing(self) -> list[str]:
        with reading(self.books.engine) as tx:
            found = verify_invoices(tx, self.books.usage, self.books.workspace)
            return [str(one.difference) for one in found if one.difference is not None]


def billed(engine: Engine, usage: UsageStore, family: Family, random: Random) -> Seller:
    """A family billed in steps: some events, a run, some invoices issued, some voided."""
    count = len(family.events)
    cuts = sorted(random.randrange(count + 1) for _ in range(3))
    seller = Seller(engine, usage, family, cuts[0])
    days = sorted(FIRST_DAY + random.randrange(200) * ONE_DAY for _ in range(3))
    for day, sent, until in zip(days, cuts, [*cuts[1:], count], strict=True):
        seller.run(day)
        for id in seller.called(Status.DRAFT):
            if random.random() < 0.7:
                if random.random() < 0.3:
                    seller.recalculate(id)
                seller.issue(id)
        for id in seller.called(Status.FINAL):
            if random.random() < 0.1:
                seller.void(id)
        seller.kept.send(family.events[sent:until])
    seller.settle(anew=True)
    for days_later in (0, 100):  # by then everyone has had another invoice
        seller.run(AS_OF + days_later * ONE_DAY)
        seller.settle()
    return seller


@pytest.mark.parametrize("seed", range(max(ROUNDS // 20, 1)))
def test_the_lines_of_a_charge_add_up_to_what_it_costs_by_all_that_is_known(
    engine: Engine, usage: UsageStore, seed: int
) -> None:
    random = Random(seed)
    family = unarchived(ONCE.draw(random))

    seller = billed(engine, usage, family, random)

    assert lines(seller) == expected(family), f"seed {seed}:\n{told(family)}"
    assert seller.differing() == []
    assert seller.run(AS_OF + 100 * ONE_DAY) == 0


def test_without_adjustments_they_would_not(engine: Engine, usage: UsageStore) -> None:
    family = unarchived(ONCE.draw(Random(1)))
    late = Seller(engine, usage, family, len(family.events) // 2)
    late.run(AS_OF)

    late.kept.send(family.events[len(family.events) // 2 :])

    assert lines(late) != expected(family)


def lines(seller: Seller) -> dict[Key, tuple[str, int]]:
    return {key: line for key, line in seller.kept.lines().items() if line != ("0", 0)}
