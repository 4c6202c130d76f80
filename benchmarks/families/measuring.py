"""Seconds, processor seconds and memory of this process, and tables of them."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Mapping, Sequence

Figures = dict[str, float]


class Stopwatch:
    """Runs from its making until ``stop``."""

    def __init__(self) -> None:
        gc.collect()
        self._at, self._cpu = time.perf_counter(), time.process_time()

    def stop(self) -> Figures:
        """What it took, and the most memory the process ever had."""
        return {
            "seconds": time.perf_counter() - self._at,
            "cpu": time.process_time() - self._cpu,
            "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def best(runs: Sequence[Figures]) -> Figures:
    """The run that took the least time."""
    return min(runs, key=lambda one: one["seconds"])


def table(title: str, rows: Sequence[tuple[str, Mapping[str, float | str]]]) -> str:
    """Rows as Markdown, the columns in the order in which they first appear."""
    columns = list(dict.fromkeys(name for _, row in rows for name in row))
    lines = [f"\n**{title}**\n", f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows:
        cells = (_text(row[column]) if column in row else "" for column in columns)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _text(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
