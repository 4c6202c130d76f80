"""Drafts that were found sound are issued without being read again, unless they have changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, Engine, event, update

from catchment import ids
from catchment.flows.billing.checking.check_sums import OutOfBalance
from catchment.flows.billing.issue_drafts import issue_drafts
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.flows.invoices.finalize_invoice import finalize_invoice, sound_invoice
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing
from catchment.store.invoices.invoices import Invoice, Status
from catchment.store.schema import invoices, line_items
from catchment.usage import UsageStore
from tests.flows.books import NOW, Books, fixed

TODAY = date(2026, 2, 1)


@pytest.fixture
def draft(engine: Engine, usage: UsageStore, workspace: Workspace) -> Invoice:
    """A draft that was found sound, and that is to issue itself."""
    books = Books(engine, usage, workspace)
    books.schedule(books.customer("Group"), books.price(fixed("100")))
    books.write()
    [made] = bill_workspace(
        engine, usage, workspace, as_of=TODAY, now=NOW, new_id=ids.new_id
    ).drafted
    with writing(engine) as tx:
        tx.execute(update(invoices).values(auto_issue=True))
    with reading(engine) as tx:
        return sound_invoice(tx, workspace.id, made.id)


def change(tx: Connection) -> None:
    """Make the draft wrong, as something that writes drafts would."""
    tx.execute(update(line_items).values(net_minor=1))
    tx.execute(update(invoices).values(updated_at=NOW + timedelta(seconds=1)))


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def test_a_sound_draft_is_issued_without_reading_its_members(
    engine: Engine, workspace: Workspace, draft: Invoice
) -> None:
    with statements(engine) as found, writing(engine) as tx:
        [issued], wrong = issue_drafts(tx, workspace, [draft.id], now=NOW, sound=[draft])

    assert (issued.status, wrong) == (Status.FINAL, [])
    assert not any("usage_item_groups" in one for one in found)


def test_a_draft_that_nobody_has_looked_at_is_read(
    engine: Engine, workspace: Workspace, draft: Invoice
) -> None:
    with statements(engine) as found, writing(engine) as tx:
        issue_drafts(tx, workspace, [draft.id], now=NOW)

    assert any("usage_item_groups" in one for one in found)


def test_what_has_changed_since_is_read_again(
    engine: Engine, workspace: Workspace, draft: Invoice
) -> None:
    with writing(engine) as tx:
        change(tx)
        issued, wrong = issue_drafts(tx, workspace, [draft.id], now=NOW, sound=[draft])

    assert issued == []
    assert {(one.part, one.invoice_id) for one in wrong} >= {("line", draft.id)}


def test_a_draft_that_changes_before_it_is_finalised_is_read_again(
    engine: Engine, workspace: Workspace, draft: Invoice
) -> None:
    with writing(engine) as tx:
        change(tx)
        with pytest.raises(OutOfBalance):
            finalize_invoice(tx, workspace.id, draft.id, on=TODAY, now=NOW, sound=draft)
