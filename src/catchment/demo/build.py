"""New York's airports bill the airlines for 2013, from the raw file to the PDFs.

Everything is done through the public API, as a program of the seller's would do it, except what the
API has no operation for: the workspace, its user and its key are made as the command line makes
them, and the billing run is the one of ``catchment bill``. The server's clock is set to the day on
which the story is (see ``server``). Whatever exists already is left alone, so that a second run
changes nothing and one that was interrupted goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.progress import Progress
from sqlalchemy import Engine

from catchment import ids
from catchment.api.app import create_app
from catchment.demo import flights, invoices, seller
from catchment.demo.catalogue import load_catalogue, load_schedules
from catchment.demo.credentials import Credentials, credentials
from catchment.demo.customers import load_customers
from catchment.demo.families import AGREEMENTS, GROUPS, OPENING
from catchment.demo.server import Api, Clock, Failed, serving
from catchment.demo.summary import Summary
from catchment.demo.tariff import CHARGES, MEASURES, PRODUCTS
from catchment.demo.usage import load_usage
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.settings import Settings
from catchment.store import access
from catchment.store.engine import writing
from catchment.usage import UsageStore


@dataclass(frozen=True, slots=True)
class Demo:
    """What was built, and how to enter it."""

    workspace: access.Workspace
    credentials: Credentials
    summary: Summary
    invoice_count: int


def build_demo(
    engine: Engine,
    usage: UsageStore,
    settings: Settings,
    *,
    data: Path,
    now: datetime,
    progress: Progress,
) -> Demo:
    """Build the demo in these stores, or what is missing of it, from the files in ``data``.

    Raises Failed.
    """
    with writing(engine) as tx:
        home = access.named_workspace(tx, name=seller.WORKSPACE, id=ids.new_id(), at=now)
        entry = credentials(
            tx,
            home,
            settings.data_dir,
            seller.EMAIL,
            at=now,
            hashing_key=settings.hashing_key(),
        )
    clock = Clock(OPENING)
    app = create_app(engine, usage, settings, clock=clock)
    with serving(app, entry.key) as api:
        _load(api, clock, data, progress)
        if not invoices.is_billed(api):
            _bill(engine, usage, home, now, progress)
        issued = _issue(api, clock, settings.data_dir / "invoices", progress)
    summary = Summary(invoices.billed(one) for one in issued)
    summary.write(settings.data_dir / "summary.csv")
    return Demo(home, entry, summary, len(issued))


def _load(api: Api, clock: Clock, data: Path, progress: Progress) -> None:
    """Catalogue, customers, usage and schedules."""
    reading = progress.add_task("Reading flights", total=1)
    flown = flights.departures(data)
    airlines, fleet = flights.airlines(data), flights.fleet(data, flown)
    progress.advance(reading)
    done = _bar(progress, "Price list", len(MEASURES) + len(PRODUCTS) + len(CHARGES))
    list_prices = load_catalogue(api, done)
    many = _counter(progress, "Customers", len(GROUPS) + len(airlines) + len(fleet))
    customers = load_customers(api, clock, airlines, fleet, many)
    load_usage(api, flown, _counter(progress, "Departures", len(flown)))
    done = _bar(progress, "Billing schedules", len(AGREEMENTS))
    load_schedules(api, clock, customers, list_prices, done)


def _bill(
    engine: Engine, usage: UsageStore, home: access.Workspace, now: datetime, progress: Progress
) -> None:
    """Draft every invoice that fell due by ``CLOSING``, and see that it adds up. Raises Failed."""
    task = progress.add_task("Drafting invoices", total=None)
    result = bill_workspace(
        engine,
        usage,
        home,
        as_of=invoices.CLOSING,
        now=now,
        new_id=ids.new_id,
        progress=lambda done, total: progress.update(task, completed=done, total=total),
    )
    if result.failures:
        raise Failed("; ".join(f"{one.customer}: {one.reason}" for one in result.failures))
    if not result.balanced:
        raise Failed(f"The billing run {result.run.id} does not balance.")


def _issue(api: Api, clock: Clock, folder: Path, progress: Progress) -> list[dict[str, Any]]:
    """Finalise all drafts and keep their PDFs; every invoice of the year, by number."""
    drafts = invoices.of_the_year(api, "DRAFT")
    invoices.issue(api, clock, drafts, _bar(progress, "Issuing invoices", len(drafts)))
    issued = invoices.of_the_year(api, "FINAL")
    invoices.write_documents(api, issued, folder, _bar(progress, "Writing PDFs", len(issued)))
    return issued


def _bar(progress: Progress, title: str, total: int) -> Callable[[], None]:
    many = _counter(progress, title, total)
    return lambda: many(1)


def _counter(progress: Progress, title: str, total: int) -> Callable[[int], None]:
    task = progress.add_task(title, total=total)
    return lambda count: progress.advance(task, count)
