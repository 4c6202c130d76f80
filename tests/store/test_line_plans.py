"""Lines are found by these through an index, however many lines there are."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from catchment import ids
from catchment.store.credits import ledger, sales
from catchment.store.invoices import adjustments, invoice_customers, lines_behind
from catchment.store.invoices.rows import evidence
from catchment.store.schedules import changed_charges, joining
from catchment.store.usage import usage_lines

Question = Callable[[Connection, str, list[str]], object]

DAY = date(2026, 3, 1)

NO_OTHER_INDEX = """
UPDATE pg_index SET indisvalid = false
WHERE indrelid = 'line_items'::regclass AND indexrelid <> 'ix_line_items_again'::regclass
"""
ONLY_AGAIN = ("SET LOCAL enable_seqscan = off", NO_OTHER_INDEX)


def planned(engine: Engine, question: Question, *before: str) -> list[str]:
    """The steps in which the database would answer a question, were it told ``before``."""
    asked: list[tuple[str, Any]] = []
    steps: list[str] = []

    def note(_c: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        asked.append((statement, values))

    explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    with engine.connect() as tx:  # what it is told goes with it
        for statement in before:
            tx.exec_driver_sql(statement)
        event.listen(engine, "before_cursor_execute", note)
        question(tx, ids.new_id(), [ids.new_id() for _ in range(500)])
        event.remove(engine, "before_cursor_execute", note)
        for statement, values in asked:
            plan = tx.exec_driver_sql(f"{explain} {statement}", values)
            steps += (str(step[-1]) for step in plan)
    return steps


@pytest.mark.parametrize(
    "question",
    [
        ledger.drawn_by,
        ledger.paid_by,
        ledger.held,
        sales.invoices_of,
        joining.billed,
        lambda tx, workspace, ids: joining.hosts(tx, workspace, ids[0]),
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
    plans = planned(engine, question)

    looked = [one for one in plans if re.search(r"\b(line_items|own|again)\b", one)]
    assert looked
    assert not [one for one in looked if one.startswith("SCAN")]


@pytest.mark.parametrize("question", [lines_behind.behind, adjustments.adjusted])
def test_what_was_billed_again_is_found_by_an_index_of_few(
    engine: Engine, question: Callable[[Connection, str], object]
) -> None:
    """PostgreSQL prefers it where there are many lines: among none, only if it has no other."""
    only = () if engine.dialect.name == "sqlite" else ONLY_AGAIN

    plans = planned(engine, lambda tx, workspace, _: question(tx, workspace), *only)

    assert [step for step in plans if "ix_line_items_again" in step]
