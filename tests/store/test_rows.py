"""A row's columns are told by their names, also where a tuple has a method of that name."""

from sqlalchemy import Engine, literal, select

from catchment.store.engine import reading
from catchment.store.rows import named


def test_columns_are_found_by_name_whatever_they_are_called(engine: Engine) -> None:
    query = select(
        literal(3).label("index"), literal("x").label("items"), literal(None).label("_key0")
    )

    with reading(engine) as tx:
        found = named(tx.execute(query).one())

    assert (found.index, found.items, tuple(found)) == (3, "x", (3, "x", None))
