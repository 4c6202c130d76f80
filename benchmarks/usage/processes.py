"""Processor time of a server and of the processes that it keeps."""

from __future__ import annotations

import os
from pathlib import Path

_WRITER = b"catchment.api.usage.writing.program"


def cpu_by_process(server: int) -> dict[str, float]:
    """Processor seconds so far of the server, of its writer, and of its loader, if it has them."""
    found = {"server": _cpu(server)}
    for threads in Path(f"/proc/{server}/task").glob("*/children"):
        for child in map(int, threads.read_text().split()):
            writes = _WRITER in Path(f"/proc/{child}/cmdline").read_bytes()
            name = "writer" if writes else "loader"
            found[name] = found.get(name, 0) + _cpu(child)
    return found


def _cpu(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
