"""Whatever is granted, drafted, issued, voided and taken back, in whatever order: the ledger and the invoices agree."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from random import Random

import pytest
from sqlalchemy import Engine

from catchment import ids
from catchment.core.terms.credits import rest
from catchment.core.values.money import exact_sum
from catchment.flows.billing.checking.check_sums import OutOfBalance
from catchment.flows.credits.apply_credits import CreditsOutdated
from catchment.flows.invoices.delete_invoice import delete_invoice
from catchment.store.access import Workspace
from catchment.store.credits import credit_grants, ledger
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoices
from catchment.store.invoices.invoices import Invoice, Status
from catchment.usage import UsageStore
from tests.flows.books import GRADUATED, Books, fixed
from tests.flows.test_credits import again, became, grant, take_back
from tests.flows.test_discounts_and_minimums import TEN_PERCENT
from tests.flows.test_late_usage import issue, run, verdicts, void

MONTHS = [date(2026, month, 1) for month in range(2, 7)]
ISSUED = {Status.FINAL, Status.SENT}


class Seller:
    """A family whose parent is paid for in units and in money, and a child that brings its own."""

    def __init__(self, books: Books, random: Random) -> None:
        self.books, self.random = books, random
        self.parent = books.customer("Parent")
        self.child = books.customer("Child", self.parent)
        self.calls = books.metric("calls")
        books.schedule(
            self.parent,
            books.price(GRADUATED, self.calls),
            books.price(fixed("33.33")),
            roll_up_billing=True,
            off=[TEN_PERCENT],
            given=[{"amount": "25", "rollover": "ON_GRANT_REFRESH"}],
        )
        books.schedule(self.child, books.price(fixed("50")), bill_to="PARENT")
        books.write()

    def step(self) -> None:
        """Do something."""
        drafts, issued = self.called(Status.DRAFT), self.called(*ISSUED)
        match self.random.choice(
            ["grant", "take", "run", "run", "issue", "issue", "again", "delete", "void"]
        ):
            case "grant":
                amount = str(D(self.random.randrange(1, 20_000)).scaleb(-2))
                terms: dict[str, object] = {}
                if self.random.random() < 0.3:
                    terms["metric_id"] = self.calls
                if self.random.random() < 0.3:
                    terms |= {"cost": D(80), "sold": True}
                grant(self.books, self.random.choice([self.parent, self.child]), amount, **terms)
            case "take":
                closed = [one for one, of in self.grants().items() if not of]
                if closed:
                    take_back(self.books, self.random.choice(closed))
            case "run":
                month = self.random.choice(MONTHS)
                who = self.random.choice([self.parent, self.child])
                self.books.used((who, "calls", f"{month}", str(self.random.randrange(1, 200))))
                run(self.books, self.random.choice(MONTHS))
            case "issue" if drafts:
                self.issue(self.random.choice(drafts))
            case "again" if drafts:
                again(self.books, self.random.choice(drafts))
            case "delete" if drafts:
                with writing(self.books.engine) as tx:
                    gone = self.random.choice(drafts).id
                    delete_invoice(tx, self.books.workspace.id, gone, new_id=ids.new_id)
            case "void" if issued:
                void(self.books, self.random.choice(issued))

    def issue(self, draft: Invoice) -> None:
        try:
            issue(self.books, draft)
        except (CreditsOutdated, OutOfBalance):
            issue(self.books, again(self.books, draft))

    def called(self, *statuses: Status) -> list[Invoice]:
        with reading(self.books.engine) as tx:
            found = map(invoices.of_row, tx.execute(invoices.heads(self.books.workspace.id)))
            return sorted(
                (one for one in found if one.status in statuses), key=lambda one: str(one.due_on)
            )

    def grants(self) -> dict[str, bool]:
        """Every grant, and whether it was taken back."""
        with reading(self.books.engine) as tx:
            found = credit_grants.of_customers(
                tx, self.books.workspace.id, [self.parent, self.child]
            )
        return {one.grant.id: one.closed for one in found}

    def check(self) -> None:
        """What must hold at any time."""
        workspace_id = self.books.workspace.id
        known = self.called(*Status)
        for id in self.grants():
            parts = became(self.books, id)
            assert parts.granted == exact_sum(parts[1:]), parts
            assert min(parts) >= 0, parts
        with reading(self.books.engine) as tx:
            entries = ledger.of_grants(tx, workspace_id, self.grants())
            held = ledger.held(tx, workspace_id, self.grants())
            drawn = ledger.drawn_by(tx, workspace_id, [one.id for one in known])
            applied = ledger.of_invoices(tx, workspace_id, [one.id for one in known])
        for id, own in entries.items():
            assert held.get(id, D(0)) <= rest(one.entry for one in own)
        for one in known:
            assert one.net.minor >= 0, one
            assert one.gross.minor >= 0, one
            taken: dict[str, D] = {}
            for entry in applied.get(one.id, ()):
                if entry.kind != "VOIDED":
                    taken[entry.grant_id] = taken.get(entry.grant_id, D(0)) - entry.amount
            expected = drawn.get(one.id, {}) if one.status in ISSUED else {}
            assert {id: amount for id, amount in taken.items() if amount} == expected


@pytest.mark.parametrize("seed", range(2))
def test_the_ledger_and_the_invoices_always_agree(
    engine: Engine, usage: UsageStore, workspace: Workspace, seed: int
) -> None:
    seller = Seller(Books(engine, usage, workspace), Random(seed))

    for _ in range(12):
        seller.step()
        seller.check()
    for draft in seller.called(Status.DRAFT):
        seller.issue(draft)

    seller.check()
    assert set(verdicts(seller.books).values()) == {None}
