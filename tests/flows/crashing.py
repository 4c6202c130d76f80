"""Bill and finalise, die at a given step, bill again, and tell what is wrong afterwards.

Run as a program: ``python -m tests.flows.crashing URL DATA_DIR HOW_MANY [--broken]``. Every life is a fork
of this process, which has billed once, so that none has to compile its statements first, and has no connection
open. It prints JSON: how many steps a clean run takes and, for every step died at, what was wrong. Beyond one
death at each step, who comes next dies too, somewhere. ``--broken`` commits heads before their lines and dies
between: the checker must see it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, event, select

from catchment import ids
from catchment.flows.billing.checking.check_sums import OutOfBalance
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.flows.invoices.finalize_invoice import finalize_invoice
from catchment.store import access, bulk
from catchment.store.billing import billing_runs
from catchment.store.billing.billing_runs import RunStatus
from catchment.store.engine import connect, reading, writing
from catchment.store.invoices import invoice_contents, invoices
from catchment.store.invoices.invoices import Invoice, of_row
from catchment.store.invoices.rows import invoice_writing
from catchment.store.invoices.rows.invoice_writing import Rows
from catchment.store.schema import (
    billing_run_failures,
    invoice_evidence,
    invoice_usage_metrics,
    line_item_groups,
    line_items,
    sequences,
    usage_branches,
    usage_item_groups,
)
from catchment.store.schema import billing_runs as runs
from catchment.store.schema import invoices as heads
from catchment.usage import UsageStore
from catchment.usage.opening import usage_store
from tests.flows.books import NOW, Books

AS_OF = date(2026, 2, 1)
AT_ONCE = 12


@dataclass
class Place:
    """Where the books are; each life opens them for itself, when it first asks, or connects anew."""

    url: str
    data_dir: Path

    @cached_property
    def opened(self) -> tuple[Engine, UsageStore, access.Workspace]:
        engine = connect(self.url)
        with reading(engine) as tx:
            [home] = access.all_workspaces(tx)
        return engine, usage_store(engine, self.data_dir), home

    def close(self) -> None:
        """Leave nothing open that a fork must not have."""
        engine, usage, _ = self.opened
        usage.close()
        engine.dispose()


def bill_and_finalise(place: Place, die_at: int = 0) -> tuple[list[str], list[str]]:
    """Bill everything and finalise it; die before step ``die_at``, counted from 1.

    What was done, and what of the run is wrong: it must balance, and issue all that issues itself.
    """
    engine, usage, home = place.opened
    steps: list[str] = []

    def step(what: str) -> None:
        steps.append(what)
        if len(steps) == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", lambda *args: step(args[2][:40]))
    event.listen(engine, "commit", lambda _: step("COMMIT"))
    copy = bulk.copy

    def copying(tx: Connection, table: Table, *args: Any) -> None:
        step(f"COPY {table.name} ")
        copy(tx, table, *args)

    bulk.copy = copying
    result = bill_workspace(
        engine, usage, home, as_of=AS_OF, now=NOW, new_id=ids.new_id, at_once=AT_ONCE
    )
    assert result.failures == (), result.failures
    wrong = [f"unbalanced: {one}" for one in result.report.differences]
    with reading(engine) as tx:
        query = select(heads.c.id, heads.c.auto_issue).where(heads.c.status == "DRAFT")
        drafts = tx.execute(query.order_by(heads.c.id)).all()
    for id, auto_issue in drafts:
        if auto_issue:
            wrong.append(f"not issued by the run: {id}")
        with suppress(OutOfBalance), writing(engine) as tx:
            finalize_invoice(tx, home.id, id, on=AS_OF, now=NOW)
    return steps, wrong


def state(place: Place) -> tuple[list[str], dict[str, Any]]:
    """What is wrong in itself, and what each (schedule, day) was billed."""
    engine, _, home = place.opened
    wrong: list[str] = []
    billed: dict[str, Any] = {}
    numbers = []
    with reading(engine) as tx:
        for row in tx.execute(invoices.heads(home.id)).all():
            invoice = of_row(row)
            key = f"{invoice.schedule_id} {invoice.due_on}"
            if key in billed:
                wrong.append(f"duplicate: {key}")
            billed[key] = _contents(tx, invoice, wrong)
            if invoice.number is None:
                wrong.append(f"not finalised: {key}")
            else:
                numbers.append(int(invoice.number.removeprefix("SEQ-")))
        known = map(billing_runs.of_row, tx.execute(billing_runs.listed(home.id)))
        wrong += [f"still running: {run.id}" for run in known if run.status is RunStatus.RUNNING]
    if sorted(numbers) != list(range(1, len(numbers) + 1)):
        wrong.append(f"gap: {sorted(numbers)}")
    return wrong, billed


def _contents(tx: Connection, invoice: Invoice, wrong: list[str]) -> Any:
    found = invoice_contents.of(tx, invoice.workspace_id, invoice.id)
    net = sum(line.net.minor for line in found.lines)
    if net != invoice.net.minor or net != sum(group.net.minor for group in found.groups):
        wrong.append(f"total: {invoice.id} says {invoice.net.minor}, its lines {net}")
    return [
        [
            [ln.schedule_id, ln.price_id, str(ln.service), str(ln.quantity), ln.net.minor]
            for ln in found.lines
        ],
        [[m.customer_id, [[i.metric_id, str(i.value)] for i in m.items]] for m in found.usage],
    ]


def wipe(place: Place) -> None:
    """Back to the day before billing."""
    engine, _, _ = place.opened
    with writing(engine) as tx:
        for table in (
            usage_branches,
            usage_item_groups,
            invoice_usage_metrics,
            invoice_evidence,
            line_items,
            line_item_groups,
            heads,
            billing_run_failures,
            runs,
            sequences,
        ):
            tx.execute(delete(table))


def commit_heads_first() -> None:
    """Break the run: an invoice is no longer written whole."""
    insert = invoice_writing.insert

    def broken(tx: Connection, rows: Rows) -> None:
        insert(tx, Rows(rows.heads))
        tx.exec_driver_sql("COMMIT")
        tx.exec_driver_sql("BEGIN IMMEDIATE" if tx.dialect.name == "sqlite" else "BEGIN")
        insert(tx, rows._replace(heads=()))

    invoice_writing.insert = broken


def life(work: Callable[[], Any]) -> Any:
    """What ``work`` returns in a process of its own; None where that was killed."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(out)
            answer = work()
            with os.fdopen(into, "w") as pipe:
                json.dump(answer, pipe)
            os._exit(0)
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
            os._exit(1)
    os.close(into)
    with os.fdopen(out) as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL, status
        return None
    assert os.WEXITSTATUS(status) == 0, status
    return json.loads(told)


def after_kills(place: Place, deaths: Sequence[int], clean: Any) -> list[str]:
    """What is wrong once a run was killed before the first of these steps, who took it up before the
    next, if it came that far, and then another one finished.
    """
    for number, at in enumerate(deaths):
        survived = life(partial(bill_and_finalise, place, die_at=at))
        assert survived is None or number, f"step {at} was never reached"
    return after(place, clean)


def after(place: Place, clean: Any) -> list[str]:
    """What is wrong once somebody has finished what others have begun; everything is wiped then."""

    def recover() -> tuple[list[str], Any]:
        _, of_run = bill_and_finalise(place)
        in_itself, billed = state(place)
        wipe(place)
        return of_run + in_itself, billed

    wrong, billed = life(recover)
    wrong += [f"missing: {key}" for key in clean if key not in billed]
    wrong += [f"other: {key}" for key in billed if billed[key] != clean.get(key)]
    return wrong


def sample(steps: int, how_many: int) -> list[tuple[int, ...]]:
    """Steps from the first to the last, evenly; once that is every step, two anywhere."""
    once = sorted({1 + (steps - 1) * i // (how_many - 1) for i in range(how_many)})
    chance = random.Random(how_many)
    twice = [
        (chance.randint(1, steps), chance.randint(1, steps)) for _ in range(how_many - len(once))
    ]
    return [*((at,) for at in once), *twice]


def books(place: Place) -> None:
    """A family of five billed together, and 35 others, usage for all; two of three issue themselves.

    Two of the family have prices of their own that the parent pays for.
    """
    engine, usage, home = place.opened
    made = Books(engine, usage, home)
    calls, users = made.metric("calls"), made.metric("users", "UNIQUE")
    from tests.flows.books import GRADUATED, fixed, linear

    product = made.product("Platform")
    pooled = made.price(GRADUATED, calls, product=product)
    per_user = made.price(linear("0.333"), users)
    fee = made.price(fixed("9.99"), product=product)
    parent = made.customer("Parent")
    family = [parent, *(made.customer(f"Child {n}", parent) for n in range(4))]
    made.schedule(parent, fee, pooled, per_user, roll_up_billing=True)
    for child in family[1:3]:
        made.schedule(child, fee, made.price(linear("0.5"), calls), bill_to="PARENT")
    others = [made.customer(f"Customer {n}") for n in range(35)]
    for n, other in enumerate(others):
        made.schedule(other, fee, pooled, auto_issue_invoices=n % 3 != 0)
    made.write()
    made.used(
        *((who, "calls", "2026-01-05", str(20 + n)) for n, who in enumerate(family + others)),
        *((who, "users", "2026-01-06", str(n // 2)) for n, who in enumerate(family)),
    )
    usage.catch_up(home.id)


def billed_once(place: Place) -> dict[str, Any]:
    """What a clean run bills, which is wiped again; nothing is open afterwards."""
    life(lambda: books(place))
    _, wrong = bill_and_finalise(place)
    wrong_in_itself, clean = state(place)
    assert not wrong + wrong_in_itself, wrong + wrong_in_itself
    wipe(place)
    place.close()
    return clean


def main(url: str, data_dir: str, how_many: str, *flags: str) -> None:
    place = Place(url, Path(data_dir))
    clean = billed_once(place)
    steps, _ = life(lambda: bill_and_finalise(place))
    life(lambda: wipe(place))
    points = sample(len(steps), int(how_many))
    if "--broken" in flags:
        commit_heads_first()
        steps, _ = life(lambda: bill_and_finalise(place))
        life(lambda: wipe(place))
        writing_lines = "INSERT INTO line_items ", "COPY line_items "
        lines = [at for at, what in enumerate(steps, 1) if what.startswith(writing_lines)]
        points = [(at,) for at in lines[: int(how_many)]]
    found = {" ".join(map(str, at)): after_kills(place, at, clean) for at in points}
    json.dump({"steps": len(steps), "invoices": len(clean), "wrong": found}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
