"""The process that works on billing runs, beside the one that answers requests.

It is there only while a run is: what a large family took of memory goes back with it. It ends with
its parent, however that ends, and may die at any moment: whoever looks next goes on.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection
from threading import Event, Thread

from catchment import ids
from catchment.core.values.errors import Unavailable
from catchment.flows.billing.runs.work_on_run import THE_WORLDS
from catchment.jobs.apart import apart, kept
from catchment.jobs.billing import BillingJobs, watch
from catchment.settings import Settings
from catchment.stores import Built, build


def jobs_of(built: Built) -> BillingJobs:
    """The billing runs of all workspaces, by the settings of this process."""
    return BillingJobs(
        built.engine,
        built.usage,
        partial(datetime.now, UTC),
        ids.new_id,
        built.settings.billing_cron(),
        helpers=built.helpers(),
    )


@contextmanager
def working(built: Built) -> Iterator[None]:
    """Have processes of their own work on billing runs while the block runs.

    A thread of this one where usage is in chDB, which only one process can open.
    """
    stopping = Event()
    jobs = jobs_of(built)
    bill: Callable[[], None] = partial(_bill_apart, built.settings, stopping)
    if built.settings.usage_url.startswith("chdb:"):
        bill = jobs.work_off
    keeper = Thread(target=watch, args=(jobs, stopping.wait, bill), name="billing's keeper")
    with kept(keeper, stopping):
        yield


def _bill_apart(settings: Settings, stopping: Event) -> None:
    """Let another process bill what waits, or kill it once we are ``stopping``.

    Raises Unavailable where it could not, or died.
    """
    process, ours = apart(_bill, settings, "billing", stopping)
    if stopping.is_set():
        process.kill()
    process.join()
    reason = f"The process that bills ended with {process.exitcode}."
    with ours, suppress(EOFError, ConnectionError):
        reason = ours.recv()
    if process.exitcode and not stopping.is_set():
        raise Unavailable(reason)


def _bill(settings: Settings, parent: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    Thread(target=_end_with, args=(parent,), name="parent's end", daemon=True).start()
    try:
        built = build(settings)
        jobs_of(built).work_off()
    except THE_WORLDS as error:
        parent.send(str(error))
        sys.exit(1)
    built.usage.close()
    built.engine.dispose()


def _end_with(parent: Connection) -> None:
    """End this process once its parent has ended: then there is something to read."""
    parent.poll(None)
    os._exit(1)
