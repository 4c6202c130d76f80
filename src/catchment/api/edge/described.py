"""What /api/openapi.json says of every operation: how to sign in, and what a refusal is."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from catchment.api.edge import problems

_KEY = {
    "type": "http",
    "scheme": "basic",
    "description": "The client id and secret of an API key, from `catchment keys create`.",
}
_SIGNING_IN = "/api/session"


class Described(FastAPI):
    """An application whose description is that of its answers."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = _as_answered(super().openapi())
        return self.openapi_schema


def _as_answered(document: dict[str, Any]) -> dict[str, Any]:
    """A body that breaks a rule is a 400 here, never the 422 that FastAPI tells of. What a refusal
    looks like is told here once: to give each operation models of its own makes the start slower.
    """
    components = document["components"]
    components["securitySchemes"] = {"key": _KEY}
    document["security"] = [{"key": []}]
    document["paths"][_SIGNING_IN]["post"]["security"] = []
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    components["schemas"] |= problems.schemas()
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["responses"].pop("422", None)
    return document
