"""Lines are found by these through an index, however many lines there are."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import Connection, Engine, event

from catchment import ids
from catchment.store.credits import ledger
from catchment.store.engine import reading
from catchment.store.invoices import adjustments, invoice_customers, lines_behind
from catchment.store.invoices.rows import evidence
from catchment.store.schedules import changed_charges
from catchment.store.usage import usage_lines

Question = Callable[[Connection, str, list[str]], object]

DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    "question",
    [
        ledger.drawn_by,
        ledger.paid_by,
        ledger.held,
        evidence.bodies,
        invoice_customers.customers_on,
        lines_behind.behind,
        lambda tx, workspace, _: lines_behind.behind(tx, workspace),
        changed_charges.of,
        adjustments.stretches,
        lambda tx, workspace, _: adjustments.stretches(tx, workspace),
        lambda tx, workspace, _: adjustments.adjusted(tx, workspace),
        lambda tx, workspace, _: usage_lines.issued_before(tx, workspace, DAY),
        lambda tx, workspace, _: usage_lines.stands_from_before(tx, workspace, DAY),
    ],
)
def test_sqlite_walks_through_the_lines_of_no_other(engine: Engine, question: Question) -> None:
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

    looked = [one for one in plans if re.search(r"\b(line_items|own|again)\b", one)]
    assert looked
    assert not [one for one in looked if one.startswith("SCAN")]
