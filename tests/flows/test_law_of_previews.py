"""What is told of the next invoice is what a run then drafts, whatever the family."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, time
from itertools import cycle
from random import Random

import pytest
from sqlalchemy import Engine

from catchment import ids
from catchment.core.shares.allocation import METHODS, Method
from catchment.flows.billing.previews.next_invoice import NextInvoice, NothingToBill, next_invoice
from catchment.flows.billing.previews.simulate_schedule import simulate_schedule
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.store import access
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoice_contents, invoices
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import Contents, LineItem
from catchment.store.schedules import schedules
from catchment.usage import UsageStore
from tests.flows.books import START, Books
from tests.flows.kept_family import KeptFamily, in_zone, unarchived
from tests.flows.racing import ROUNDS
from tests.laws.billing import AS_OF
from tests.laws.families import told
from tests.laws.laws import ONCE

NOW = datetime.combine(AS_OF, time(), UTC)


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


@pytest.mark.parametrize("seed", range(max(ROUNDS // 8, 1)))
def test_the_next_invoice_is_the_one_that_is_drafted(
    engine: Engine, usage: UsageStore, seed: int
) -> None:
    family = unarchived(ONCE.draw(Random(seed)))
    with writing(engine) as tx:
        home = access.named_workspace(tx, name="Test Ltd", id=ids.new_id(), at=START)
    kept = KeptFamily(in_zone(Books(engine, usage, home), str(family.zone)), family)
    workspace = kept.books.workspace
    methods = cycle([*METHODS, None])
    coming: list[tuple[NextInvoice, Method | None]] = []
    simulated: list[Invoice] = []
    with reading(engine) as tx:
        for schedule in schedules.live(tx, workspace.id):
            with suppress(NothingToBill):
                method = next(methods)
                one = next_invoice(tx, usage, workspace, schedule.id, method=method, now=NOW)
                coming.append((one, method))
                found = simulate_schedule(
                    tx, usage, workspace, schedule.id, until=None, given={}, now=NOW
                )
                simulated += (other.invoice for other in found.invoices)

    bill_workspace(engine, usage, workspace, as_of=AS_OF, now=NOW, new_id=ids.new_id)

    with reading(engine) as tx:
        everything = [one.id for one in schedules.live(tx, workspace.id)]
        drafted = {key(one): one for one in invoices.live(tx, workspace.id, everything)}
        previewed = [key(one.invoice) for one, _ in coming if key(one.invoice) in drafted]
        assert previewed, f"seed {seed}"
        for one, method in coming:
            stored = drafted.get(key(one.invoice))
            if stored is not None:
                kept_of_it = invoice_contents.of(tx, workspace.id, stored.id)
                shown = one.contents(0, len(one.members))
                assert figures(shown.lines) == figures(kept_of_it.lines), told(family)
                if method is not None:
                    assert shares(shown, method) == shares(kept_of_it, method), told(family)
    for head in (*simulated, *(one.invoice for one, _ in coming)):
        stored = drafted.get(key(head))
        assert (stored is None) == (head.due_on is None or head.due_on > AS_OF), told(family)
        if stored is not None:
            assert (head.net, head.customer_id) == (stored.net, stored.customer_id), told(family)
