"""``python -m catchment.api.usage.writing.program SOCKET ROOM``: what runs in the writer's process.

Both are descriptors that it inherits. It imports little, for that is most of its memory.
"""

from __future__ import annotations

import gc
import mmap
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from catchment.api.edge.clock import utcnow
from catchment.api.usage.group_commit import GroupCommit, Told
from catchment.api.usage.writing import wire
from catchment.flows.usage.ingest_usage import Arrival
from catchment.store.engine import connect
from catchment.usage.intake.pressure import Pressure

Write = Callable[[list[Arrival]], Sequence[Told]]


def main(server: str, shared: str) -> None:
    """Write until the server is gone."""
    # The server ends first, and hears of all that it handed over.
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.SIG_IGN)
    connected = socket.socket(fileno=int(server))
    with mmap.mmap(int(shared), 0) as room, connected, suppress(ConnectionError):
        database = wire.greeted(connected)
        engine = connect(database.url)
        pressure = Pressure(database.inbox_limit_mib)
        writer = GroupCommit(engine, utcnow, database.hashing_key, pressure)
        gc.freeze()
        serve(connected, memoryview(room), writer.write)
        engine.dispose()


def serve(connected: socket.socket, room: memoryview, write: Write) -> None:
    """Write together what has come meanwhile, until the other end of ``connected`` is closed.

    Raises what a failed commit raises: nobody knows then what of that was kept.
    """
    frames = wire.Frames()
    connected.sendall(wire.READY)
    while read := connected.recv(wire.READ):
        arrivals = [one.arrival(room) for one in frames.handed(read)]
        if arrivals:  # else not even one frame is whole
            connected.sendall(b"".join(map(wire.told, write(arrivals))))


if __name__ == "__main__":
    main(*sys.argv[1:])
