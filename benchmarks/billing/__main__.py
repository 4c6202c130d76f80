"""python -m benchmarks.billing run|rating|persisting|next-invoice [FOLDER]

``FOLDER`` keeps what is begun from, so that it is made once; without one it is made anew. ``run``
bills ``--payers``, each with a small family. ``next-invoice`` takes a folder of
``benchmarks.usage.dataset``, with ``--events`` of 100,000 names and 10 types: each name is a
customer, ``--members`` are a family that pools ten metrics, 1,000 others have a schedule.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.billing import next_invoice
from benchmarks.billing.databases import copied
from benchmarks.billing.month import EVENTS, PRICES
from benchmarks.billing.persisting import persisting
from benchmarks.billing.rating import rating
from benchmarks.billing.running import AT_ONCE, run
from benchmarks.families.measuring import Figures, table
from benchmarks.usage import sustained


def main() -> None:
    """Print the table asked for. What is measured runs in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.billing", description=__doc__)
    parser.add_argument("what", choices=["run", "rating", "persisting", "next-invoice", "one"])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--payers", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="invoices a transaction")
    parser.add_argument("--processes", type=int, default=1, help="how many draft")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--members", type=int, default=1_000)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.what == "one":
        print(json.dumps(_measured(*json.loads(asked.one))))
        return
    if asked.what == "rating":
        print(table("Prices applied, one core", list(rating().items())))
        return
    with tempfile.TemporaryDirectory(prefix="catchment-benchmark-") as spare:
        folder = asked.folder or Path(spare)
        folder.mkdir(parents=True, exist_ok=True)
        if asked.what == "next-invoice":
            rows = next_invoice.run(folder, asked.events, asked.members)
            print(table(f"The next invoice, {asked.events:,} events in its month", rows))
            return
        syncs = sustained.syncs(folder)["syncs/s"]
        print(f"On {asked.database}, with {syncs:,.0f} syncs a second", end="")
        print(f" and a load of {os.getloadavg()[0]:.1f} before.")
        sizes = asked.payers if asked.what == "run" else [min(asked.payers)]
        rows = []
        for payers in sizes:
            sized = str(folder), payers, asked.database, asked.at_once, asked.processes
            rows += _apart(asked.what, *sized).items()
        print(table(_TITLES[asked.what], rows))


_TITLES = {
    "run": f"A billing run: {PRICES} usage lines and a minimum an invoice, {EVENTS} events",
    "persisting": "Invoices stored with all that is on them",
}


def _measured(
    what: str, folder: str, payers: int, kind: str, at_once: int, processes: int
) -> dict[str, Figures]:
    with copied(Path(folder), payers, kind) as copy:
        if what == "make":
            return {}
        if what == "persisting":
            return persisting(copy)
        return {f"{payers:,} invoices": run(copy, at_once, processes)}


def _apart(*arguments: object) -> dict[str, Figures]:
    """Made in one process, and measured in another: so the memory is what was measured."""
    told = ""
    for what in ("make", arguments[0]):
        asked = json.dumps([what, *arguments[1:]])
        command = [sys.executable, "-m", "benchmarks.billing", "one", "--one", asked]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        told = done.stdout.splitlines()[-1]
    found: dict[str, Figures] = json.loads(told)
    return found


if __name__ == "__main__":
    main()
