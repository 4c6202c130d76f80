"""python -m benchmarks.billing next-invoice FOLDER [--events 10000000] [--members 1000]

The events of FOLDER (``benchmarks.usage.dataset``; made where they are missing) have 100,000 names
and 10 types. Each name is a customer: some are a family that pools ten metrics, 1,000 others have a
schedule of their own.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.billing import next_invoice
from benchmarks.families.measuring import table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.billing", description=__doc__)
    parser.add_argument("what", choices=["next-invoice"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--members", type=int, default=1_000)
    asked = parser.parse_args()
    rows = next_invoice.run(asked.folder, asked.events, asked.members)
    print(table(f"The next invoice, {asked.events:,} events in its month", rows))


if __name__ == "__main__":
    main()
