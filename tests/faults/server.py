"""``catchment serve`` on a socket that outlives it: ``python -m tests.faults.server fd:N [--loader]``."""

import sys
from contextlib import nullcontext

import uvicorn

from catchment.api.server import config
from catchment.cli.loading import loading
from catchment.main import build
from catchment.settings import Settings
from tests.programs import listening


def main(port: str, *flags: str) -> None:
    built = build(Settings())
    with loading(built) if "--loader" in flags else nullcontext():
        uvicorn.Server(config(built.app())).run(sockets=[listening(port)])


if __name__ == "__main__":
    main(*sys.argv[1:])
