"""Books that tests write in; a family with usage that is billed together, and a loner."""

import pytest
from sqlalchemy import Engine

from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.flows.books import GRADUATED, Books, linear


@pytest.fixture
def books(engine: Engine, usage: UsageStore, workspace: Workspace) -> Books:
    return Books(engine, usage, workspace)


@pytest.fixture
def family(books: Books) -> dict[str, str]:
    """A family that is billed together and issues by itself, and a loner with a schedule of its own."""
    made = {"parent": books.customer("Parent"), "loner": books.customer("Loner")}
    for name in ("North", "South"):
        made[name] = books.customer(name, made["parent"])
    made["calls"] = books.metric("calls")
    made["schedule"] = books.schedule(
        made["parent"],
        books.price(GRADUATED, made["calls"]),
        roll_up_billing=True,
        auto_issue_invoices=True,
    )
    books.schedule(made["loner"], books.price(linear("2"), made["calls"]))
    books.write()
    books.used(
        (made["North"], "calls", "2026-01-05", "60"),
        (made["North"], "calls", "2026-01-06", "1"),
        (made["South"], "calls", "2026-01-06", "40"),
        (made["loner"], "calls", "2026-01-07", "25"),
    )
    return made
