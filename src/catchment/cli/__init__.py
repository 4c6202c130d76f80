"""The command line: the same flows as the API, for people and cron."""

from catchment.cli.app import app

__all__ = ["app"]
