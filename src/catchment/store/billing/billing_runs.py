"""Billing runs: how far each is, what it drafted and issued, and the control sheet it ended with.

A run is at work from the moment it is stored until somebody ends it. Who works on it says so in
the transactions in which invoices are written, on the condition that it has not ended: what is
cancelled writes nothing more.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from catchment.core.control import Difference, Failure, LateBalance, MetricBalance
from catchment.core.values.errors import NotFound
from catchment.core.values.money import Money, Taxed
from catchment.store import access
from catchment.store.access import Workspace
from catchment.store.billing import billing_run_failures
from catchment.store.catalog import metrics
from catchment.store.families import customers
from catchment.store.schema import billing_runs

_c = billing_runs.c


class RunStatus(StrEnum):
    """How a run stands."""

    RUNNING = "RUNNING"
    BALANCED = "BALANCED"
    UNBALANCED = "UNBALANCED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class Source(StrEnum):
    """Who asked for a run."""

    API = "API"
    CLI = "CLI"
    SCHEDULE = "SCHEDULE"


class RunEnded(Exception):
    """Somebody has ended the run, so nothing more may be written for it."""


@dataclass(frozen=True, slots=True)
class RunTotal(Taxed):
    """What the invoices of one currency come to."""

    currency: str
    invoice_count: int
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the planned invoices were gone through, in how many of the planned chunks."""

    done: int = 0
    planned: int = 0
    chunks_done: int = 0
    chunks: int = 0


@dataclass(frozen=True, slots=True)
class BillingRun:
    """A run. ``last_seq`` is the place in the order of acknowledgement up to which it counted.

    ``undecided_taxes`` invoices were drafted with lines that no tax rate was found for. A run that
    is a ``retry_of`` another is about the failures of that one only; ``occasion`` is when the clock
    asked for it. ``attempts`` processes took it up since it last got any further.
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
    retry_of: str | None = None
    accept_bounds: bool = False
    occasion: datetime | None = None
    attempts: int = 0
    progress: Progress = Progress()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a run ends with: the sheet by metric, who could not be billed, what does not add up.

    ``late`` is what of it came too late, by metric. ``invoice_count`` invoices with ``line_count``
    lines were checked. ``differences`` and ``failures`` are the first; the run has their number.
    """

    sheet: tuple[MetricBalance, ...] = ()
    failures: tuple[Failure, ...] = ()
    differences: tuple[Difference, ...] = ()
    invoice_count: int = 0
    line_count: int = 0
    late: tuple[LateBalance, ...] = ()


def add(tx: Connection, workspace_id: str, run: BillingRun) -> None:
    """Note that a run begins; not where its occasion has one already."""
    row = {"id": run.id, "workspace_id": workspace_id, **_columns(run)}
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    once = insert(billing_runs).on_conflict_do_nothing(index_elements=["workspace_id", "occasion"])
    tx.execute(once.values(row))


def advance(tx: Connection, run_id: str, **columns: Any) -> None:
    """Note how far a run is, or how it ended. Raises RunEnded where it has."""
    running = _c.id == run_id, _c.status == RunStatus.RUNNING
    if not tx.execute(update(billing_runs).where(*running).values(columns)).rowcount:
        raise RunEnded(run_id)


def planned(tx: Connection, run_id: str, invoice_count: int, chunk_count: int) -> None:
    """Note what a run is about to draft, beside what it has done. Raises RunEnded."""
    advance(
        tx,
        run_id,
        planned_count=_c.done_count + invoice_count,
        chunk_count=_c.chunks_done + chunk_count,
    )


def chunk_done(tx: Connection, run_id: str, invoice_count: int, drafted: int) -> None:
    """Note that a chunk is done, of whose invoices so many were drafted. Raises RunEnded."""
    advance(
        tx,
        run_id,
        done_count=_c.done_count + invoice_count,
        chunks_done=_c.chunks_done + 1,
        drafted_count=_c.drafted_count + drafted,
        attempts=0,
    )


def issued(tx: Connection, run_id: str, count: int) -> None:
    """Note that a run has issued so many more invoices. Raises RunEnded."""
    advance(tx, run_id, issued_count=_c.issued_count + count, attempts=0)


def end(tx: Connection, run: BillingRun, report: Report | None = None) -> None:
    """Note how a run ended. Raises RunEnded where it has already.

    What was noted of its progress stays as it is.
    """
    body = None
    if report is not None:
        body = zlib.compress(msgspec.json.encode(replace(report, failures=())), 6)
    advance(
        tx,
        run.id,
        status=run.status,
        finished_at=run.finished_at,
        drafted_count=run.drafted_count,
        failure_count=run.failure_count,
        difference_count=run.difference_count,
        undecided_taxes=run.undecided_taxes,
        totals=_totals(run),
        error=run.error,
        report=body,
    )


def running(tx: Connection, workspace_id: str) -> list[BillingRun]:
    """The runs at work, the oldest first."""
    query = listed(workspace_id).where(_c.status == RunStatus.RUNNING)
    return [of_row(row) for row in tx.execute(query.order_by(_c.id))]


def newest(tx: Connection, workspace_id: str, limit: int) -> list[BillingRun]:
    """The latest runs, the newest first."""
    query = listed(workspace_id).order_by(_c.id.desc()).limit(limit)
    return [of_row(row) for row in tx.execute(query)]


def waiting_workspaces(tx: Connection) -> list[Workspace]:
    """Which workspaces have runs at work, whether or not anybody works on them."""
    query = select(_c.workspace_id).where(_c.status == RunStatus.RUNNING).distinct()
    ids = set(tx.execute(query).scalars())
    return [home for home in access.all_workspaces(tx) if home.id in ids] if ids else []


def last_occasion(tx: Connection, workspace_id: str) -> datetime | None:
    """When the clock last asked for a run of a workspace."""
    query = select(func.max(_c.occasion)).where(_c.workspace_id == workspace_id)
    found: datetime | None = tx.execute(query).scalar_one()
    return found


def find(
    tx: Connection, workspace_id: str, id: str, *, for_change: bool = False
) -> BillingRun | None:
    """A run; ``for_change`` keeps others from it until ``tx`` ends."""
    query = listed(workspace_id).where(_c.id == id)
    row = tx.execute(query.with_for_update() if for_change else query).one_or_none()
    return None if row is None else of_row(row)


def home_of(tx: Connection, id: str) -> Workspace | None:
    """Whose run it is."""
    owner = tx.execute(select(_c.workspace_id).where(_c.id == id)).scalar_one_or_none()
    return next((home for home in access.all_workspaces(tx) if home.id == owner), None)


def one(tx: Connection, workspace_id: str, id: str) -> tuple[BillingRun, Report]:
    """A run and what it ended with; while it is at work only whom it could not bill so far.

    Raises NotFound.
    """
    row = tx.execute(listed(workspace_id).add_columns(_c.report).where(_c.id == id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no billing run {id}.")
    report = Report()
    if row.report is not None:
        report = msgspec.json.decode(zlib.decompress(row.report), type=Report)
    return of_row(row), replace(report, failures=billing_run_failures.first(tx, id))


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
        row.retry_of,
        row.accept_bounds,
        row.occasion,
        row.attempts,
        Progress(row.done_count, row.planned_count, row.chunks_done, row.chunk_count),
        row.error,
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
        "totals": _totals(run),
        "retry_of": run.retry_of,
        "accept_bounds": run.accept_bounds,
        "occasion": run.occasion,
    }


def _totals(run: BillingRun) -> list[list[Any]]:
    return [[t.currency, t.invoice_count, t.net.minor, t.tax.minor] for t in run.totals]
