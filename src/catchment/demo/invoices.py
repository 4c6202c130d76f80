"""Billing the year: the run, then every invoice issued on the day it fell due, then the PDFs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from catchment.demo.server import Api, Clock
from catchment.demo.summary import Billed

CLOSING = date(2014, 1, 1)
"""The last day on which anything falls due: December is billed on it."""


def is_billed(api: Api) -> bool:
    """Whether a run has drafted the whole year and found that it adds up."""
    return any(
        run["asOf"] == CLOSING.isoformat() and run["status"] == "BALANCED"
        for run in api.every("/billing-runs", {})
    )


def issue(
    api: Api, clock: Clock, drafts: Iterable[dict[str, Any]], done: Callable[[], None]
) -> None:
    """Finalise the drafts in the order in which they fell due, each on that day.

    The order makes the numbers run with the year, also when an earlier run was interrupted.
    """
    for draft in sorted(drafts, key=lambda one: (_due(one), _payer(one))):
        clock.set(_due(draft))
        api.post(f"/invoices/{draft['id']}/finalize")
        done()


def write_documents(
    api: Api, invoices: Sequence[dict[str, Any]], folder: Path, done: Callable[[], None]
) -> None:
    """Keep each invoice's PDF under its number. As many are made at once as there are cores."""
    folder.mkdir(exist_ok=True)

    def write(invoice: dict[str, Any]) -> None:
        path = folder / f"{invoice['invoiceNumber']}.pdf"
        if not path.is_file():
            fresh = path.with_suffix(".new")
            fresh.write_bytes(api.download(f"/invoices/{invoice['id']}/download"))
            fresh.replace(path)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(write, invoices):
            done()


def of_the_year(api: Api, status: str) -> list[dict[str, Any]]:
    """The invoices of schedules that fell due by ``CLOSING``, by number."""
    found = [
        one
        for one in api.every("/invoices", {"invoiceStatus": status})
        if "billingScheduleId" in one and "billingPeriod" in one and _due(one) <= CLOSING
    ]
    return sorted(found, key=lambda one: one.get("invoiceNumber") or "")


def billed(invoice: dict[str, Any]) -> Billed:
    """An invoice as a cell of the summary."""
    start = date.fromisoformat(invoice["billingPeriod"]["start"])
    return Billed(_payer(invoice), start.replace(day=1), Decimal(invoice["netTotal"]))


def _due(invoice: dict[str, Any]) -> date:
    """The day after the period: everything is charged afterwards."""
    return date.fromisoformat(invoice["billingPeriod"]["endInclusive"]) + timedelta(days=1)


def _payer(invoice: dict[str, Any]) -> str:
    return str(invoice["customerLegalCompanyName"])
