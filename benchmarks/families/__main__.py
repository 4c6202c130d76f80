"""python -m benchmarks.families members|invoice|preview|import|all [--scale 0.01]"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.families import imports, invoice, members, preview
from benchmarks.families.measuring import Figures, table

MILLION = 1_000_000


def main() -> None:
    """Print the tables asked for. What is measured runs in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.families", description=__doc__)
    parser.add_argument("what", choices=[*_TABLES, "all", "one"])
    parser.add_argument("--scale", type=float, default=1.0, help="a part of the full size")
    parser.add_argument("--one", default="[]", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.what == "one":
        name, *arguments = json.loads(asked.one)
        print(json.dumps(_MEASURED[name](*arguments)))
        return
    for name, make in _TABLES.items():
        if asked.what in {name, "all"}:
            print(make(asked.scale), flush=True)


def _members(scale: float) -> str:
    rows = []
    for depth in (1, 5, 50):
        found: dict[str, Figures] = _apart("members", int(MILLION * scale), depth)
        base = found["PostgreSQL, recursive query, counted there"]["seconds"]
        for name, figures in found.items():
            ratio = {"times as fast as PostgreSQL": base / figures["seconds"]}
            rows.append((f"depth {depth}: {name}", figures | ratio))
    return table(f"Members of a family of {MILLION * scale:,.0f} as of a date", rows)


def _invoice(scale: float) -> str:
    rows = []
    for children in (10_000, 100_000, MILLION):
        size = int(children * scale)
        figures = _in_folder("invoice", size)
        rows.append((f"{size:,} children", figures | {"ms a user": _each(figures, size // 5)}))
    return table("One invoice: drafted, allocated and stored; a fifth used, 50 events each", rows)


def _preview(scale: float) -> str:
    size = int(10_000 * scale)
    figures = _in_folder("preview", size)
    return table("Preview of a move over twelve months", [(f"family of {size:,}", figures)])


def _import(scale: float) -> str:
    sizes = [int(rows * scale) for rows in (100_000, MILLION)]
    rows = [(f"{size:,} rows", _in_folder("import", size)) for size in sizes]
    return table("catchment customers import", rows)


def _each(figures: Figures, users: int) -> float:
    return figures["cpu"] * 1000 / users


def _in_folder(name: str, size: int) -> Figures:
    """Prepare in one process, measure in another."""
    folder = Path(tempfile.mkdtemp(prefix="catchment-benchmark-"))
    try:
        _apart(f"prepare {name}", str(folder), size)
        found: Figures = _apart(name, str(folder))
        return found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _apart(*arguments: object) -> Any:
    command = [sys.executable, "-m", "benchmarks.families", "one", "--one", json.dumps(arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


_MEASURED: dict[str, Callable[..., object]] = {
    "members": members.run,
    "prepare invoice": lambda folder, size: invoice.prepare(Path(folder), size),
    "invoice": lambda folder: invoice.run(Path(folder)),
    "prepare preview": lambda folder, size: preview.prepare(Path(folder), size),
    "preview": lambda folder: preview.run(Path(folder)),
    "prepare import": lambda folder, size: imports.prepare(Path(folder), size),
    "import": lambda folder: imports.run(Path(folder)),
}
_TABLES: dict[str, Callable[[float], str]] = {
    "members": _members,
    "invoice": _invoice,
    "preview": _preview,
    "import": _import,
}

if __name__ == "__main__":
    main()
