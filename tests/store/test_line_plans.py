"""Lines of some invoices are found by these, however many lines a workspace has."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, event

from catchment import ids
from catchment.store.credits import ledger
from catchment.store.engine import reading
from catchment.store.invoices import evidence, invoice_customers, lines_behind

Question = Callable[[Connection, str, list[str]], object]


@pytest.mark.parametrize(
    "question",
    [
        ledger.drawn_by,
        ledger.paid_by,
        ledger.held,
        evidence.bodies,
        invoice_customers.customers_on,
        lines_behind.behind,
    ],
)
def test_sqlite_looks_for_lines_by_what_is_asked_for_not_by_workspace(
    engine: Engine, question: Question
) -> None:
    if engine.dialect.name != "sqlite":
        return  # PostgreSQL knows how many lines there are
    asked: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        asked.append((statement, values))

    with reading(engine) as tx:
        event.listen(engine, "before_cursor_execute", note)
        question(tx, ids.new_id(), [ids.new_id() for _ in range(500)])
        event.remove(engine, "before_cursor_execute", note)
        plans = [
            step.detail
            for statement, values in asked
            for step in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]

    looked = [one for one in plans if "line_items" in one]
    assert looked
    assert not [one for one in looked if "(workspace_id=?)" in one or one.startswith("SCAN")]
