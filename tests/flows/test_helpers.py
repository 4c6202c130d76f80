"""Other processes draft, one writes: the same invoices, whatever becomes of the others."""

import multiprocessing
import os
import select as polling
import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Engine, select, update

from catchment import ids
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.flows.billing.runs.work import Helpers
from catchment.flows.billing.runs.work_on_run import RunResult, work_on_run
from catchment.store.billing.billing_runs import RunStatus
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoice_contents
from catchment.store.invoices.rows import evidence
from catchment.store.schema import customers as people
from catchment.store.schema import invoices as heads
from catchment.usage import UsageStore
from catchment.usage.opening import opened
from tests.flows.books import GRADUATED, NOW, Books, fixed, linear
from tests.flows.crashing import Place, wipe
from tests.flows.running import FEBRUARY, run, started, working
from tests.flows.test_runs_go_on import bad_customer
from tests.flows.test_runs_go_on import customers as fees

HELPERS = 2
Stores = Callable[[], tuple[Engine, UsageStore]]


def helped(books: Books, stores: Stores, **more: Any) -> RunResult:
    """A run in portions of one, a few of them measured together by helpers with these stores."""
    work = working(books, at_once=1, **more)
    work = replace(work, helpers=Helpers(HELPERS, stores, ids.new_id))
    return work_on_run(work, started(work))


@pytest.fixture
def place(engine: Engine, data_dir: Path, books: Books) -> Place:
    found = Place(engine.url.render_as_string(hide_password=False), data_dir)
    found.opened = engine, books.usage, books.workspace
    return found


@pytest.fixture
def stores(place: Place) -> Stores:
    """What a helper opens."""
    return partial(opened, place.url, place.data_dir, "")


@pytest.fixture
def many(books: Books) -> Books:
    """Families that pool, one whose parent pays for what its child agreed to, loners, and one who
    cannot be billed.
    """
    calls, users = books.metric("calls"), books.metric("users", "UNIQUE")
    prices = books.price(GRADUATED, calls), books.price(linear("3"), users)
    used = []
    for number in range(3):
        top = books.customer(f"Family {number}")
        children = [books.customer(f"Child {n} of {number}", top) for n in range(2)]
        books.schedule(top, *prices, roll_up_billing=True, auto_issue_invoices=True)
        used += [(child, "calls", "2026-01-05", str(70 + number)) for child in children]
        used += [(child, "users", "2026-01-06", child) for child in children]
    books.schedule(children[0], books.price(fixed("7")), bill_to="PARENT")
    bad_customer(books)
    fees(books, 5)
    books.write()
    books.used(*used)
    return books


def billed(books: Books) -> dict[Any, Any]:
    """All that stands on invoices, and what it was made from, without ids and instants."""
    found = {}
    home = books.workspace.id
    with reading(books.engine) as tx:
        for head in tx.execute(select(heads)).mappings():
            id = head["id"]
            contents = invoice_contents.of(tx, home, id)
            kept = evidence.bodies(tx, home, [id])
            lines = [
                (
                    structs.replace(line, id="", invoice_id="", group_id=None, known_at=None),
                    evidence.read(kept[line.id]),
                )
                for line in contents.lines
            ]
            members = [structs.replace(one, id="", invoice_id="") for one in contents.usage]
            groups = [structs.replace(one, id="", invoice_id="") for one in contents.groups]
            own = {name: value for name, value in head.items() if not name.endswith("id")}
            found[head["billing_schedule_id"], head["due_on"]] = own, groups, lines, members
    return found


def test_helpers_draft_the_same_invoices(
    many: Books, place: Place, stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    alone = run(many)
    expected = billed(many)
    wipe(place)

    together = helped(many, stores)

    assert billed(many) == expected
    assert len(expected) == 8
    assert (together.run.progress.chunks_done, caplog.text) == (9, "")
    assert [(one.customer, one.reason) for one in together.failures] == [
        (one.customer, one.reason) for one in alone.failures
    ]
    assert (together.run.status, together.run.issued_count) == (RunStatus.BALANCED, 8)


def dead() -> tuple[Engine, UsageStore]:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("killed")


def at_a_loss() -> tuple[Any, Any]:
    """Stores with which nothing can be drafted."""
    return None, None


@pytest.mark.parametrize(
    ("stores", "said"), [(dead, "has died"), (at_a_loss, "could not, so it is tried again")]
)
def test_what_helpers_cannot_draft_is_drafted_here(
    books: Books, stores: Stores, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    fees(books, 5)

    result = helped(books, stores)

    assert (result.run.status, result.run.issued_count) == (RunStatus.BALANCED, 5)
    assert said in caplog.text


def test_what_changes_after_helpers_have_read_it_is_on_the_invoices(
    many: Books, stores: Stores
) -> None:
    """All is drafted before the first invoices are stored: there is so little of it."""
    with reading(many.engine) as tx:
        named = {row.legal_name: row.id for row in tx.execute(select(people))}

    def progress(done: int, _of: int) -> None:
        if done == 1:
            with writing(many.engine) as tx:
                ids_of = named["Child 0 of 2"], named["Customer 1"]
                tx.execute(
                    update(people)
                    .where(people.c.id.in_(ids_of))
                    .values(legal_name="Renamed", tax_status="REVERSE_CHARGED")
                )

    helped(many, stores, progress=progress)

    with reading(many.engine) as tx:
        found = {
            row.customer_id: row.id
            for row in tx.execute(select(heads.c.customer_id, heads.c.id).order_by(heads.c.id))
        }
        home = many.workspace.id
        family = invoice_contents.of(tx, home, found[named["Family 2"]])
        head = tx.execute(select(heads).where(heads.c.id == found[named["Customer 1"]])).one()
    assert "Renamed" in {member.title for member in family.usage}
    assert (head.customer_legal_name, head.customer_tax_status) == ("Renamed", "REVERSE_CHARGED")


def noted(path: Path, stores: Stores) -> tuple[Engine, UsageStore]:
    """The stores, once it is written down who opened them."""
    (path / str(os.getpid())).touch()
    return stores()


def die_billing(url: str, data_dir: Path, pids: Path, ready: Pipe) -> None:
    """Bill, and die when the first invoices are stored."""
    engine, usage, home = Place(url, data_dir).opened
    stores = partial(opened, url, data_dir, "")

    def progress(done: int, _of: int) -> None:
        if done:
            ready.send("billing")
            os.kill(os.getpid(), signal.SIGKILL)

    bill_workspace(
        engine,
        usage,
        home,
        as_of=FEBRUARY,
        now=NOW,
        new_id=ids.new_id,
        progress=progress,
        at_once=2,
        helpers=Helpers(HELPERS, partial(noted, pids, stores), ids.new_id),
    )


def test_helpers_end_with_who_bills(books: Books, place: Place, tmp_path: Path) -> None:
    fees(books, 5)
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=die_billing, args=(place.url, place.data_dir, tmp_path, theirs)
    )
    process.start()
    theirs.close()
    assert ours.recv() == "billing"
    process.join()

    for pid in (int(path.name) for path in tmp_path.iterdir()):
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        assert polling.select([descriptor], [], [], 60)[0], pid
        os.close(descriptor)

    assert process.exitcode == -signal.SIGKILL
    assert run(books).run.issued_count == 5
