"""Billing runs: what each drafted, issued and could not do, and the control sheet it ended with."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, insert, select, update

from catchment.core.control import Difference, Failure, LateBalance, MetricBalance
from catchment.core.errors import NotFound
from catchment.core.money import Money, Taxed
from catchment.store.catalog import metrics
from catchment.store.families import customers
from catchment.store.schema import billing_runs

_c = billing_runs.c


class RunStatus(StrEnum):
    """How a run stands. INTERRUPTED: another began before it ended, which it may do yet."""

    RUNNING = "RUNNING"
    BALANCED = "BALANCED"
    UNBALANCED = "UNBALANCED"
    INTERRUPTED = "INTERRUPTED"


class Source(StrEnum):
    """Who asked for a run."""

    API = "API"
    CLI = "CLI"


@dataclass(frozen=True, slots=True)
class RunTotal(Taxed):
    """What the invoices of one currency come to."""

    currency: str
    invoice_count: int
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class BillingRun:
    """A run. ``last_seq`` is the place in the order of acknowledgement up to which it counted.

    ``undecided_taxes`` invoices were drafted with lines that no tax rate was found for.
    """

    id: str
    as_of: date
    status: RunStatus
    source: Source
    last_seq: int
    created_at: datetime
    finished_at: datetime | None = None
    drafted_count: int = 0
    issued_count: int = 0
    failure_count: int = 0
    difference_count: int = 0
    undecided_taxes: int = 0
    totals: tuple[RunTotal, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a run ends with: the sheet by metric, who could not be billed, what does not add up.

    ``late`` is what of it came too late, by metric. ``invoice_count`` invoices with ``line_count``
    lines were checked. ``differences`` are the first; the run has their number.
    """

    sheet: tuple[MetricBalance, ...] = ()
    failures: tuple[Failure, ...] = ()
    differences: tuple[Difference, ...] = ()
    invoice_count: int = 0
    line_count: int = 0
    late: tuple[LateBalance, ...] = ()


def add(tx: Connection, workspace_id: str, run: BillingRun) -> None:
    """Note that a run begins."""
    tx.execute(insert(billing_runs).values(id=run.id, workspace_id=workspace_id, **_columns(run)))


def finish(tx: Connection, run: BillingRun, report: Report) -> None:
    """Note how a run ended, also where another has taken it for interrupted."""
    body = zlib.compress(msgspec.json.encode(report), 6)
    tx.execute(update(billing_runs).where(_c.id == run.id).values(report=body, **_columns(run)))


def interrupt(tx: Connection, workspace_id: str) -> None:
    """Note that the runs that have not ended never did."""
    running = (_c.workspace_id == workspace_id, _c.status == RunStatus.RUNNING)
    tx.execute(update(billing_runs).where(*running).values(status=RunStatus.INTERRUPTED))


def one(tx: Connection, workspace_id: str, id: str) -> tuple[BillingRun, Report]:
    """A run and what it ended with, nothing while it is at work. Raises NotFound."""
    row = tx.execute(listed(workspace_id).add_columns(_c.report).where(_c.id == id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no billing run {id}.")
    if row.report is None:
        return of_row(row), Report()
    return of_row(row), msgspec.json.decode(zlib.decompress(row.report), type=Report)


def names_in(tx: Connection, workspace_id: str, report: Report) -> dict[str, str]:
    """What everyone and every metric that a report mentions is called today, by id."""
    people = {one.customer for one in report.failures}
    people |= {one.customer for one in report.differences if one.customer is not None}
    people |= {who for row in report.sheet for who, _ in row.unpriced_customers}
    measured = {row.metric_id for row in report.sheet} | {row.metric_id for row in report.late}
    return customers.names(tx, workspace_id, people) | metrics.names(tx, workspace_id, measured)


def listed(workspace_id: str) -> Select[Any]:
    """The runs of a workspace, for ``of_row``."""
    return select(*(column for column in _c if column is not _c.report)).where(
        _c.workspace_id == workspace_id
    )


def of_row(row: Row[Any]) -> BillingRun:
    """The value of a row of ``listed``."""
    return BillingRun(
        row.id,
        row.as_of,
        RunStatus(row.status),
        Source(row.source),
        row.last_seq,
        row.created_at,
        row.finished_at,
        row.drafted_count,
        row.issued_count,
        row.failure_count,
        row.difference_count,
        row.undecided_taxes,
        tuple(
            RunTotal(currency, count, Money(net, currency), Money(tax, currency))
            for currency, count, net, tax in row.totals
        ),
    )


def _columns(run: BillingRun) -> dict[str, Any]:
    return {
        "as_of": run.as_of,
        "status": run.status,
        "source": run.source,
        "last_seq": run.last_seq,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
        "drafted_count": run.drafted_count,
        "issued_count": run.issued_count,
        "failure_count": run.failure_count,
        "difference_count": run.difference_count,
        "undecided_taxes": run.undecided_taxes,
        "totals": [[t.currency, t.invoice_count, t.net.minor, t.tax.minor] for t in run.totals],
    }
