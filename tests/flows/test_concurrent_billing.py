"""Several processes bill the same books at once: everything is billed exactly once, and nobody fails."""

import json
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine, func, select

from catchment.store.access import Workspace
from catchment.store.engine import reading
from catchment.store.schema import invoices
from catchment.usage import UsageStore
from tests.flows.books import GRADUATED, Books, fixed

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, sys
from datetime import date
from pathlib import Path
from catchment import ids
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.store import access
from catchment.store.engine import connect, reading
from catchment.usage.opening import usage_store
from tests.flows.books import NOW

engine = connect(sys.argv[1])
usage = usage_store(engine, Path(sys.argv[2]))
with reading(engine) as tx:
    [home] = access.all_workspaces(tx)
print("ready", flush=True)
sys.stdin.readline()
result = bill_workspace(
    engine, usage, home, as_of=date(2026, 5, 1), now=NOW, new_id=ids.new_id, at_once=7
)
assert result.failures == (), result.failures
json.dump([i.id for i in result.drafted], sys.stdout)
"""


def test_four_runs_at_once_bill_everything_once(
    engine: Engine, workspace: Workspace, usage: UsageStore, data_dir: Path
) -> None:
    books = Books(engine, usage, workspace)
    calls, product = books.metric("calls"), books.product("Platform")
    price, fee = (
        books.price(GRADUATED, calls, product=product),
        books.price(fixed("5"), product=product),
    )
    parent = books.customer("Parent")
    children = [books.customer(f"Child {n}", parent) for n in range(5)]
    books.schedule(parent, price, roll_up_billing=True)
    for child in children[:3]:
        books.schedule(child, fee, bill_to="PARENT")
    for n in range(20):
        books.schedule(books.customer(f"Other {n}"), price, fee, auto_issue_invoices=n % 2 == 0)
    books.write()
    books.used(*((child, "calls", "2026-02-05", "30") for child in children))
    url = engine.url.render_as_string(hide_password=False)

    command = [sys.executable, "-c", PROGRAM, url, str(data_dir)]
    pipe = subprocess.PIPE
    runs = [
        subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        for _ in range(4)
    ]
    for run in runs:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("go\n")
        run.stdin.flush()
    told = [run.communicate() for run in runs]

    assert [run.returncode for run in runs] == [0] * 4, told
    drafted = [id for out, _ in told for id in json.loads(out)]
    with reading(engine) as tx:
        c = invoices.c
        days = tx.execute(select(c.billing_schedule_id, c.due_on)).all()
        numbers = tx.execute(
            select(c.invoice_number).where(c.invoice_number.is_not(None))
        ).scalars()
        assert len(days) == len(set(days)) == 21 * 4
        assert (
            tx.execute(select(func.sum(c.net_minor))).scalar_one()
            == (120 + 87.5) * 100 + (20 + 3) * 4 * 500
        )
        assert sorted(numbers) == [f"SEQ-{n:05d}" for n in range(1, 41)]
    assert len(drafted) == len(set(drafted)) == len(days)
