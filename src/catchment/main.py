"""The one place that joins the API and the dashboard with real stores."""

from __future__ import annotations

from fastapi import FastAPI

from catchment.api.app import create_app
from catchment.settings import Settings
from catchment.stores import Built, build


def app_of(built: Built) -> FastAPI:
    """The API and dashboard over these stores."""
    return create_app(built.engine, built.usage, built.settings)


def app() -> FastAPI:
    """For servers that load an application by name: ``uvicorn --factory catchment.main:app``."""
    return app_of(build(Settings()))
