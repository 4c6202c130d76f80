"""What is told of the next invoice is what a run then drafts, whatever the family."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine

from catchment import ids
from catchment.core.shares.allocation import METHODS, Method
from catchment.core.terms.schedules import BillTo
from catchment.flows.billing.previews.next_invoice import NextInvoice, NothingToBill, next_invoice
from catchment.flows.billing.previews.simulate_schedule import simulate_schedule
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.store import access
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoice_contents, invoices
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import Contents, LineItem
from catchment.store.schedules import schedules
from catchment.usage import UsageStore
from tests.flows.books import START, Books
from tests.flows.kept_family import KeptFamily, in_zone, unarchived
from tests.flows.racing import ROUNDS
from tests.flows.test_law_of_late_usage import Seller
from tests.laws.billing import AS_OF
from tests.laws.families import Family, told
from tests.laws.laws import ONCE

NOW = datetime.combine(AS_OF, time(), UTC)
Invoices = Mapping[tuple[object, ...], Invoice]


def key(one: Invoice) -> tuple[object, ...]:
    return one.schedule_id, one.due_on, one.ordinal


def figures(lines: tuple[LineItem, ...]) -> list[tuple[object, ...]]:
    return [
        (line.schedule_id, line.price_id, line.service, line.quantity, line.net) for line in lines
    ]


def shares(found: Contents, method: Method) -> dict[tuple[str, int], tuple[object, ...]]:
    """What each member has of each line and of its tax by a method, with what it used."""
    place = METHODS.index(method)
    return {
        (member.customer_id, one.line_index): (
            one.quantity,
            one.parts[place],
            one.taxes and one.taxes[place],
        )
        for member in found.usage
        for one in member.shares
    }


def previews(
    engine: Engine, usage: UsageStore, workspace: Workspace, today: date = AS_OF
) -> tuple[list[tuple[NextInvoice, Method | None]], list[Invoice]]:
    """The next invoice of every schedule that has one, by one method after the other, and all that
    are simulated.
    """
    now = datetime.combine(today, time(9), ZoneInfo(workspace.timezone))
    methods = cycle([*METHODS, None])
    coming: list[tuple[NextInvoice, Method | None]] = []
    simulated: list[Invoice] = []
    with reading(engine) as tx:
        for schedule in schedules.live(tx, workspace.id):
            with suppress(NothingToBill):
                method = next(methods)
                one = next_invoice(tx, usage, workspace, schedule.id, method=method, now=now)
                coming.append((one, method))
                found = simulate_schedule(
                    tx, usage, workspace, schedule.id, until=None, given={}, now=now
                )
                simulated += (other.invoice for other in found.invoices)
    return coming, simulated


def standing(tx: Connection, workspace: Workspace) -> Invoices:
    """The invoices in force."""
    everything = [one.id for one in schedules.live(tx, workspace.id)]
    return {key(one): one for one in invoices.live(tx, workspace.id, everything)}


def compare(
    tx: Connection,
    coming: Iterable[tuple[NextInvoice, Method | None]],
    drafted: Invoices,
    family: Family,
) -> None:
    """What is stored is what was told of it."""
    for one, method in coming:
        stored = drafted.get(key(one.invoice))
        if stored is not None:
            kept_of_it = invoice_contents.of(tx, stored.workspace_id, stored.id)
            shown = one.contents(0, len(one.members))
            assert figures(shown.lines) == figures(kept_of_it.lines), told(family)
            assert one.invoice.customer_id == stored.customer_id, told(family)
            if method is not None:
                assert shares(shown, method) == shares(kept_of_it, method), told(family)


@pytest.mark.parametrize("seed", range(max(ROUNDS // 8, 1)))
def test_the_next_invoice_is_the_one_that_is_drafted(
    engine: Engine, usage: UsageStore, seed: int
) -> None:
    family = unarchived(ONCE.draw(Random(seed)))
    with writing(engine) as tx:
        home = access.named_workspace(tx, name="Test Ltd", id=ids.new_id(), at=START)
    kept = KeptFamily(in_zone(Books(engine, usage, home), str(family.zone)), family)
    workspace = kept.books.workspace
    coming, simulated = previews(engine, usage, workspace)

    bill_workspace(engine, usage, workspace, as_of=AS_OF, now=NOW, new_id=ids.new_id)

    with reading(engine) as tx:
        drafted = standing(tx, workspace)
        assert any(key(one.invoice) in drafted for one, _ in coming), f"seed {seed}"
        compare(tx, coming, drafted, family)
    for head in (*simulated, *(one.invoice for one, _ in coming)):
        stored = drafted.get(key(head))
        assert (stored is None) == (head.due_on is None or head.due_on > AS_OF), told(family)
        if stored is not None:
            assert (head.net, head.customer_id) == (stored.net, stored.customer_id), told(family)


def joining(family: Family, random: Random) -> Family:
    """The same with some schedules that bill their parent."""
    bills = list(BillTo)
    made = [replace(one, bill_to=random.choice(bills)) for one in family.schedules]
    return replace(family, schedules=tuple(made))


@pytest.mark.parametrize("seed", range(max(ROUNDS // 8, 1)))
def test_what_comes_late_is_told_of_the_invoice_that_then_adjusts_it(
    engine: Engine, usage: UsageStore, seed: int
) -> None:
    """Whoever the invoice was addressed to, and whether the schedule is over."""
    random = Random(seed)
    family = joining(unarchived(ONCE.draw(random)), random)
    half = len(family.events) // 2
    seller = Seller(engine, usage, family, half)
    workspace = seller.books.workspace
    # What begins once its parent has been billed gets invoices of its own.
    begun = [one for one in family.schedules if random.random() < 0.5]
    seller.kept.begin(begun, at=None)
    for _ in range(2):
        seller.run(AS_OF)
        seller.settle()
        seller.kept.begin(begun, at=START)
    seller.kept.send(family.events[half:])

    for day in (AS_OF, AS_OF + timedelta(days=100)):
        with reading(engine) as tx:
            before = standing(tx, workspace).keys()
        coming, _ = previews(engine, usage, workspace, day)
        seller.run(day)

        with reading(engine) as tx:
            drafted = standing(tx, workspace)
            compare(tx, coming, drafted, family)
        first: dict[object, tuple[object, ...]] = {}
        for one in sorted(drafted.keys() - before):
            first.setdefault(one[0], one)
        keys = {key(one.invoice) for one, _ in coming}
        assert set(first.values()) <= keys, told(family)
