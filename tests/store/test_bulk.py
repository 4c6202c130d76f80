"""Many rows at once arrive as they were given, on either database, and what is wrong is told."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from catchment.store.access import Workspace
from catchment.store.bulk import add_new, add_rows, change_rows
from catchment.store.engine import reading, writing
from catchment.store.schema import customers, line_terms

NOW = datetime(2026, 1, 31, 23, 59, 59, 999999, UTC)
NAMES = ("plain", 'tab\tand "quotes"', "back\\slash \\N", "line\nand\r\nlines", "Zoë 漢字 🐟", "")


def add(engine: Engine, workspace: Workspace, names: tuple[str, ...], first: int = 0) -> None:
    same = {"workspace_id": workspace.id, "created_at": NOW, "updated_at": NOW}
    same |= {"tax_status": "TAXED", "status": "ACTIVE", "integration_ids": []}
    rows = (
        (f"{place}", name, {"line1": name, "n": [place, None]}, '{"ready":true}')
        for place, name in enumerate(names, start=first)
    )
    columns = ("id", "legal_name", "address", "custom_properties")
    with writing(engine) as tx:
        add_rows(tx, customers, same, columns, rows, ready=("custom_properties",))


def test_rows_are_read_as_they_were_written(engine: Engine, workspace: Workspace) -> None:
    add(engine, workspace, NAMES)

    with reading(engine) as tx:
        found = tx.execute(select(customers).order_by(customers.c.id)).all()

    assert [row.legal_name for row in found] == list(NAMES)
    assert [row.address for row in found] == [
        {"line1": name, "n": [place, None]} for place, name in enumerate(NAMES)
    ]
    assert {row.created_at for row in found} == {NOW}
    assert all(row.custom_properties == {"ready": True} for row in found)
    assert {row.archived_at for row in found} == {None}


def test_of_changed_rows_only_what_is_named_changes(engine: Engine, workspace: Workspace) -> None:
    add(engine, workspace, NAMES)
    later = NOW.replace(year=2027)
    columns = ("url", "address", "archived_at", "label")

    with writing(engine) as tx:
        change_rows(
            tx,
            customers,
            columns,
            [
                ("https://a", {"line1": "é"}, later, None, "0"),
                (None, {}, NOW, "B", "2"),
            ],
        )
        change_rows(tx, customers, columns, [])

    with reading(engine) as tx:
        query = select(customers).order_by(customers.c.id)
        found = [
            (row.legal_name, row.url, row.address, row.archived_at, row.label)
            for row in tx.execute(query)
        ]
    kept = [
        (name, None, {"line1": name, "n": [n, None]}, None, None) for n, name in enumerate(NAMES)
    ]
    kept[0] = (NAMES[0], "https://a", {"line1": "é"}, later, None)
    kept[2] = (NAMES[2], None, {}, NOW, "B")
    assert found == kept


def test_a_row_that_is_there_already_is_told_as_for_any_statement(
    engine: Engine, workspace: Workspace
) -> None:
    add(engine, workspace, ("once",))

    with pytest.raises(IntegrityError):
        add(engine, workspace, ("another", "twice"), first=-1)

    with reading(engine) as tx:
        assert tx.execute(select(customers.c.legal_name)).scalars().all() == ["once"]


def test_of_rows_kept_by_content_only_new_ones_are_added(
    engine: Engine, workspace: Workspace
) -> None:
    for names in (("first", "second"), ("second", "third")):
        with writing(engine) as tx:
            rows = [(name, workspace.id, name.encode()) for name in names]
            add_new(tx, line_terms, ("id", "workspace_id", "body"), rows)

    with reading(engine) as tx:
        found = tx.execute(select(line_terms.c.body).order_by(line_terms.c.id)).scalars().all()

    assert found == [b"first", b"second", b"third"]
