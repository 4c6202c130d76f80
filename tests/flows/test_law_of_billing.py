"""The whole way, from what is kept to the lines that are written, against a walk up the tree for each event."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal as D
from itertools import count
from random import Random

import pytest
from sqlalchemy import Engine

from catchment import ids
from catchment.core.values.money import Money
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.store import access
from catchment.store.engine import writing
from catchment.usage import UsageStore
from tests.flows.books import START, Books
from tests.flows.kept_family import KeptFamily, Key, in_zone, unarchived
from tests.flows.racing import ROUNDS
from tests.laws import oracle
from tests.laws.billing import AS_OF
from tests.laws.families import Family, told
from tests.laws.laws import ONCE


def expected(family: Family) -> dict[Key, tuple[str, int]]:
    """Quantity and net of every line with usage, by the definition."""
    bits = {event.id: int(event.properties["bit"]) for event in family.events}
    prices = {item.id: item for one in family.schedules for p in one.phases for item in p.items}
    found = {}
    for (schedule, price, service), used in oracle.lines(family).items():
        quantity = sum(bits[id] for id in used)
        net = Money.rounded(oracle.amount(prices[price].price, D(quantity)), "EUR")
        found[schedule, price, service.start] = str(quantity), net.minor
    return found


def billed(engine: Engine, usage: UsageStore, family: Family) -> dict[Key, tuple[str, int]]:
    """Quantity and net of every line with usage, by a run over what is kept of a family."""
    with writing(engine) as tx:
        home = access.named_workspace(tx, name="Test Ltd", id=ids.new_id(), at=START)
    kept = KeptFamily(in_zone(Books(engine, usage, home), str(family.zone)), family)
    now = datetime.combine(AS_OF, time(), UTC)

    result = bill_workspace(
        engine, usage, kept.books.workspace, as_of=AS_OF, now=now, new_id=ids.new_id
    )

    assert result.failures == ()
    return {key: line for key, line in kept.lines().items() if line != ("0", 0)}


@pytest.mark.parametrize("seed", range(max(ROUNDS // 2, 1)))
def test_every_event_is_on_the_lines_that_its_way_up_says(
    engine: Engine, usage: UsageStore, seed: int
) -> None:
    family = unarchived(ONCE.draw(Random(seed)))

    assert billed(engine, usage, family) == expected(family), f"seed {seed}:\n{told(family)}"


def test_another_tree_gives_other_lines(engine: Engine, usage: UsageStore) -> None:
    families = (unarchived(ONCE.draw(Random(seed))) for seed in count())
    strangers = ((family, replace(family, relocations=())) for family in families)
    family, scattered = next(pair for pair in strangers if expected(pair[0]) != expected(pair[1]))

    assert billed(engine, usage, scattered) != expected(family)
