"""The application: the routers, which are under /api, the built dashboard under everything else."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, PlainTextResponse
from sqlalchemy import Engine
from starlette.staticfiles import StaticFiles

from catchment import __version__
from catchment.api import accounts, session
from catchment.api.billing import billing_bounds, billing_runs
from catchment.api.catalog import list_prices, merchants, prices, products, usage_metrics
from catchment.api.credits import credits as credit_routes
from catchment.api.edge import problems
from catchment.api.edge.clock import utcnow
from catchment.api.edge.described import Described
from catchment.api.edge.frame import Frame
from catchment.api.families import (
    aliases,
    contacts,
    customers,
    family_files,
    family_tree,
    hierarchy,
    move_preview,
    organizations,
    spend,
)
from catchment.api.invoices import (
    allocations,
    invoice_explanation,
    invoices,
    share_explanations,
    statements,
    usage_tables,
)
from catchment.api.schedules import (
    billing_schedules,
    discounts,
    milestones,
    payment_settings,
    previews,
    schedule_pool,
    schedule_previews,
    stopped_schedules,
    time_travellers,
)
from catchment.api.seats import seat_balances, seat_events, seat_metrics
from catchment.api.taxes import tax_categories, tax_rates, tax_registrations
from catchment.api.usage import backfills, usage_events, usage_imports, usage_intake
from catchment.api.usage.group_commit import GroupCommit
from catchment.api.usage.intake import Intake
from catchment.api.usage.large_reads import LargeReads
from catchment.core.values.errors import NotFound
from catchment.settings import Settings
from catchment.usage import UsageStore
from catchment.usage.intake.pressure import Pressure

STATIC = Path(__file__).parent.parent / "static"
RESOURCES = (
    usage_intake,  # first, because it is asked most
    session,
    accounts,
    family_files,  # before customers, whose ids would match "export"
    family_tree,  # and "roots"
    customers,
    contacts,
    aliases,
    organizations,
    hierarchy,
    move_preview,
    products,
    prices,
    list_prices,
    usage_events,
    backfills,
    usage_imports,
    usage_metrics,
    seat_metrics,
    seat_events,
    seat_balances,
    billing_schedules,
    discounts,
    milestones,
    stopped_schedules,
    schedule_pool,
    previews,
    schedule_previews,
    time_travellers,
    billing_runs,
    billing_bounds,
    invoices,
    allocations,
    invoice_explanation,
    share_explanations,
    credit_routes,
    usage_tables,
    statements,
    spend,
    merchants,
    tax_rates,
    tax_categories,
    tax_registrations,
    payment_settings,
)
"""Routers are asked in this order: where two paths fit, the first answers."""


def create_app(
    engine: Engine,
    usage: UsageStore,
    settings: Settings,
    *,
    clock: Callable[[], datetime] = utcnow,
) -> FastAPI:
    """The API and the dashboard over these stores; ``clock`` tells every request the time."""
    app = Described(
        title="Catchment",
        version=__version__,
        description="Billing you run yourself, for sellers whose customers come in families.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    serve_from(app, engine, usage, settings, clock)
    problems.install(app)
    app.add_middleware(Frame)
    for resource in RESOURCES:
        # Not include_router, which would read every operation again, and find each request's twice.
        app.router.routes.extend(resource.routes.routes)
    app.add_api_route("/api/health", _health, include_in_schema=False)
    for rest in ("/api", "/api/{rest:path}"):
        app.add_api_route(rest, _nowhere, methods=_METHODS, include_in_schema=False)
    _serve_dashboard(app)
    return app


def serve_from(
    app: FastAPI,
    engine: Engine,
    usage: UsageStore,
    settings: Settings,
    clock: Callable[[], datetime],
) -> None:
    """Answer every request from these stores from now on."""
    app.state.engine = engine
    app.state.usage = usage
    app.state.settings = settings
    app.state.clock = clock
    pressure = Pressure(settings.usage_inbox_limit_mib)
    commits = GroupCommit(engine, clock, settings.hashing_key(), pressure)
    app.state.intake = Intake(engine, commits, settings.hashing_key(), pressure)
    app.state.large_reads = LargeReads()


_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def _health() -> dict[str, str]:
    return {"status": "ok", "version": __version__}


def _nowhere(request: Request) -> Any:
    raise NotFound(f"There is no operation {request.url.path[:200]} with this method.")


def _serve_dashboard(app: FastAPI) -> None:
    index = STATIC / "index.html"
    if not index.is_file():
        app.add_api_route("/{rest:path}", _no_dashboard, include_in_schema=False)
        return
    app.mount("/assets", StaticFiles(directory=STATIC / "assets"))

    def page(rest: str) -> FileResponse:
        """A file of the dashboard; its screens are all one page."""
        file = (STATIC / rest).resolve()
        inside = file.is_file() and file.is_relative_to(STATIC)
        return FileResponse(file if inside else index, headers={"Cache-Control": "no-cache"})

    app.add_api_route("/{rest:path}", page, include_in_schema=False)


def _no_dashboard(rest: str) -> PlainTextResponse:
    return PlainTextResponse(
        f"The dashboard is not built, so /{rest} is not here; `make setup` builds it."
        " The API is under /api.\n",
        status_code=404,
    )
