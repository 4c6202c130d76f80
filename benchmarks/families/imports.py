"""``catchment customers import`` of a million rows, as a process of its own."""

from __future__ import annotations

import csv
import resource
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.families.measuring import Figures
from benchmarks.families.seller import levels


def prepare(data_dir: Path, rows: int) -> None:
    """A file of one family on four levels; the first row has what all others take from it."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "family.csv").open("w", newline="") as file:
        write = csv.writer(file)
        write.writerow(
            ["customer", "parent", "legalName", "email", "line1", "town", "postcode", "country"]
        )
        write.writerow(["c-0", "", "Top", "ada@pay.test", "1 Quay St", "Leeds", "LS1 1AA", "GB"])
        for number, above in enumerate(levels(rows - 1, 4), 1):
            write.writerow([f"c-{number}", f"c-{above}", f"Customer {number}"])


def run(data_dir: Path) -> Figures:
    """Import the file into a new data directory."""
    command = [
        sys.executable,
        "-c",
        "from catchment.cli import app; app()",
        "customers",
        "import",
        str(data_dir / "family.csv"),
        "--data-dir",
        str(data_dir / "data"),
    ]
    at = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": time.perf_counter() - at,
        "cpu": used.ru_utime + used.ru_stime,
        "peak MiB": used.ru_maxrss / 1024,
    }
