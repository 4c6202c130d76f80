"""``catchment serve`` on a socket that outlives it: ``python -m tests.faults.server fd:N [--loader] [--writer]``."""

import sys
from contextlib import nullcontext

import uvicorn

from catchment.api.server import config
from catchment.api.usage.writing.process import writing_apart
from catchment.jobs.loading import loading
from catchment.main import app_of
from catchment.settings import Settings
from catchment.stores import build
from tests.programs import listening


def main(port: str, *flags: str) -> None:
    built = build(Settings())
    app = app_of(built)
    apart = writing_apart(app.state.intake, built.settings)
    with (
        loading(built) if "--loader" in flags else nullcontext(),
        apart if "--writer" in flags else nullcontext(),
    ):
        uvicorn.Server(config(app)).run(sockets=[listening(port)])


if __name__ == "__main__":
    main(*sys.argv[1:])
