"""A run sees by one value that what it has read is no longer what is agreed."""

import pytest

from catchment.store import stamps
from catchment.store.engine import writing
from catchment.store.schedules import schedule_records
from tests.flows.books import START, Books, fixed


@pytest.mark.parametrize("started", [True, False])
def test_it_is_another_one_once_a_started_schedule_is_written(books: Books, started: bool) -> None:
    """Also where another change was asked for no sooner, but written before: no time tells that."""
    who, terms = books.customer("Solo"), books.price(fixed("1"))
    id = books.schedule(who, terms, activated_at=START if started else None)
    books.write()

    with writing(books.engine) as tx:
        before = stamps.of(tx, books.workspace.id)
        record = schedule_records.one(tx, books.workspace.id, id)
        schedule_records.save(tx, books.workspace.id, record)
        after = stamps.of(tx, books.workspace.id)

    assert (after != before) is started
