"""To prove billing: far more contracts than an ordinary run of the tests has time for.

`make prove-billing` bills CATCHMENT_CONTRACTS of them (50,000) from seed CATCHMENT_FIRST_SEED (0) on, over 13
months, and holds every line and invoice against the oracle. Where a thousand have a difference it tells the seeds
and the smallest contract that shows it, and goes on.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from catchment.core.values import money
from catchment.store.engine import connect
from catchment.store.migrating import migrate
from catchment.usage.opening import usage_store
from tests.oracle.contracts import MINOR_DIGITS
from tests.oracle.draw import MONTHS_BILLED, ZONES, contract
from tests.oracle.trial import Differs, agree

AT_ONCE = 1000
"""How many contracts share a workspace, and so a time zone."""


def main() -> int:
    contracts = int(os.environ.get("CATCHMENT_CONTRACTS", "50000"))
    first = int(os.environ.get("CATCHMENT_FIRST_SEED", "0"))
    blocks = [
        range(start, min(start + AT_ONCE, first + contracts))
        for start in range(first, first + contracts, AT_ONCE)
    ]
    print(f"{contracts:,} contracts over {MONTHS_BILLED} months, from seed {first} on", flush=True)
    done = lines = differing = 0
    started = time.monotonic()
    with get_context("spawn").Pool(os.cpu_count()) as pool:
        for seeds, found in pool.imap_unordered(_tried, blocks):
            done += len(seeds)
            if isinstance(found, str):
                differing += 1
                print(found)
            else:
                lines += found
            seconds = time.monotonic() - started
            print(
                f"{done:,} contracts, {lines:,} lines, {differing} thousands with a difference"
                f" (seeds {seeds[0]} to {seeds[-1]}; {seconds:,.0f} s)",
                flush=True,
            )
    return min(differing, 1)


def _tried(seeds: range) -> tuple[range, int | str]:
    """How many lines the contracts of ``seeds`` have, or how one of them differs."""
    zone = ZONES[seeds[0] // AT_ONCE % len(ZONES)]
    money.CURRENCIES = {**money.CURRENCIES, **MINOR_DIGITS}  # one of three digits, too
    with tempfile.TemporaryDirectory(prefix="catchment-proof-") as folder:
        shutil.copy(_empty(), f"{folder}/catchment.db")
        engine = connect(f"sqlite:///{folder}/catchment.db")
        usage = usage_store(engine, Path(folder), "")
        try:
            return seeds, agree(engine, usage, {seed: contract(seed, zone) for seed in seeds})
        except Differs as found:
            return seeds, f"{zone}: {found}"
        finally:
            usage.close()
            engine.dispose()


@cache
def _empty() -> Path:
    """An empty database of this version's schema, once for each process."""
    path = Path(tempfile.gettempdir()) / f"catchment-proof-{os.getpid()}.db"
    path.unlink(missing_ok=True)
    engine = connect(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()  # the last connection to close moves the WAL into the file
    return path


if __name__ == "__main__":
    sys.exit(main())
