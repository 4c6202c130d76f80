"""The command line: the same flows as the API, for people and cron."""

from catchment.cli import (  # noqa: F401 -- importing them registers their commands
    bill,
    customers,
    demo,
    events,
    moving,
    runs,
    usage,
    verify,
    workspaces,
)
from catchment.cli.app import app

__all__ = ["app"]
