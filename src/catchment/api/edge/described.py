"""What /api/openapi.json says of every operation: how to sign in, and what a refusal is."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from catchment.api.edge.problems import MEDIA_TYPE

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
    """A body that breaks a rule is a 400 here, never the 422 that FastAPI tells of."""
    components = document["components"]
    components["securitySchemes"] = {"key": _KEY}
    document["security"] = [{"key": []}]
    document["paths"][_SIGNING_IN]["post"]["security"] = []
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    for methods in document["paths"].values():
        for operation in methods.values():
            answers = operation["responses"]
            answers.pop("422", None)
            for status, told in answers.items():
                if status.startswith(("4", "5")):
                    told["content"] = {MEDIA_TYPE: told["content"].pop("application/json")}
    return document
