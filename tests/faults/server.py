"""``catchment serve`` on a socket that outlives it: ``python -m tests.faults.server DESCRIPTOR [--loader]``.

Whoever connects while no server runs waits for the next one, so nobody has to try again and again.
"""

import socket
import sys
from contextlib import nullcontext

import uvicorn

from catchment.api.server import config
from catchment.cli.loading import loading
from catchment.main import build
from catchment.settings import Settings


def main(descriptor: str, *flags: str) -> None:
    built = build(Settings())
    listener = socket.socket(fileno=int(descriptor))
    with loading(built) if "--loader" in flags else nullcontext():
        uvicorn.Server(config(built.app())).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
