"""Refusals on the wire: RFC 9457 problem details, one shape for all of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from catchment.api.edge.exactjson import escape
from catchment.core.values.errors import BillingError, FieldError, Invalid, TooLarge, Unavailable

MEDIA_TYPE = "application/problem+json"
_SCHEMAS = "#/components/schemas/"
SCHEMA = {"$ref": f"{_SCHEMAS}Problem"}
"""What a refusal is, in the description of the API."""

_log = logging.getLogger("catchment.api")


class ProblemField(BaseModel):
    """One broken rule: a JSON pointer into the body, or ``?name`` for a query parameter."""

    pointer: str
    code: str
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str = Field(serialization_alias="requestId")
    errors: list[ProblemField] = []


def schemas() -> dict[str, Any]:
    """The definitions that ``SCHEMA`` needs, by name."""
    whole = Problem.model_json_schema(mode="serialization", ref_template=f"{_SCHEMAS}{{model}}")
    return {**whole.pop("$defs"), Problem.__name__: whole}


def install(app: FastAPI) -> None:
    """Answer every refusal and failure as a problem."""
    app.add_exception_handler(BillingError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(Exception, _broken)


def told(request: Request, error: Exception) -> JSONResponse:
    """Whatever went wrong, as a response."""
    match error:
        case BillingError():
            return answer(request, error)
        case DBAPIError():
            return _database(request, error)
    return _broken(request, error)


def answer(request: Request, error: BillingError) -> JSONResponse:
    """``error`` as a response."""
    headers = {}
    if error.status == HTTPStatus.UNAUTHORIZED and "x-requested-with" not in request.headers:
        headers["WWW-Authenticate"] = 'Basic realm="catchment", charset="UTF-8"'
    if error.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        headers["Retry-After"] = "30"
    return _problem(
        request,
        error.status,
        error.code,
        error.title(),
        error.detail,
        error.errors,
        headers,
        error.more(),
    )


def _problem(
    request: Request,
    status: int,
    code: str,
    title: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: dict[str, str] | None = None,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> JSONResponse:
    problem = Problem(
        type=f"urn:catchment:problem:{code}",
        title=title,
        status=status,
        detail=detail,
        code=code,
        request_id=getattr(request.state, "request_id", ""),
        errors=[ProblemField(pointer=e.pointer, code=e.code, message=e.message) for e in errors],
    )
    told = {**problem.model_dump(by_alias=True), **more}
    return JSONResponse(told, status, headers, MEDIA_TYPE)


def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BillingError)
    return answer(request, error)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = tuple(dict.fromkeys(_field_error(e) for e in error.errors()))
    first = errors[0]
    detail = f"{first.pointer or 'The body'}: {first.message}"
    return answer(request, Invalid(detail, errors=errors))


def _field_error(error: dict[str, Any]) -> FieldError:
    place, *steps = error["loc"]
    kind = error["type"]
    # A union names its member models in the location; those are not in the body.
    steps = [
        s
        for s in steps
        if not (isinstance(s, str) and (s.startswith(("function-", "tagged-")) or s in _UNION_TAGS))
    ]
    pointer = "".join(f"/{escape(str(step))}" for step in steps)
    if place == "query":
        pointer = f"?{steps[0]}"
    message = error["msg"].removeprefix("Value error, ")
    code = {"missing": "missing", "extra_forbidden": "unknown_field"}.get(kind, "invalid")
    if kind == "extra_forbidden":
        message = "There is no such field here."
    elif kind == "missing":
        message = "This field is required."
    elif kind in {"union_tag_not_found", "union_tag_invalid"}:
        return _tag_error(pointer, error["ctx"])
    elif kind == "model_attributes_type":
        # What is not said to be JSON comes here as bytes, whatever is in it.
        unread = isinstance(error["input"], bytes)
        message = "Send it with Content-Type: application/json." if unread else _NO_OBJECT
    return FieldError(pointer, code, message)


def _tag_error(pointer: str, context: dict[str, Any]) -> FieldError:
    """The field that says which of several shapes an object has is missing or unknown."""
    field = f"{pointer}/{context['discriminator'].split(chr(39))[-2]}"
    if "tag" not in context:
        return FieldError(field, "missing", "This field is required.")
    tags = context["expected_tags"].replace("'", "")
    return FieldError(field, "invalid", f"This must be one of {tags}.")


_NO_OBJECT = "This must be a JSON object."

_UNION_TAGS = frozenset(
    {"ONE_TIME", "FIXED", "LINEAR", "PACKAGE", "GRADUATED", "VOLUME", "SEAT_BASED"}
)


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return answer(request, TooLarge())
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_")
    detail = error.detail if isinstance(error.detail, str) else phrase
    headers = dict(error.headers) if error.headers else None
    return _problem(request, error.status_code, code, phrase, detail, (), headers)


_OUT_OF_RESOURCES = "53"
"""PostgreSQL, appendix A: the class of errors in which the disk is full or memory is short."""


def _database(request: Request, error: Exception) -> JSONResponse:
    """The database was away, busy or full; anything else it says is a fault of ours."""
    assert isinstance(error, DBAPIError)
    text = str(error.orig).lower()
    away = (
        error.connection_invalidated
        or (getattr(error.orig, "sqlstate", None) or "").startswith(_OUT_OF_RESOURCES)
        or any(
            words in text
            for words in ("full", "locked", "disk i/o", "connection", "terminating", "readonly")
        )
    )
    if not away:
        return _broken(request, error)
    _log.warning("database unavailable: %s", error.orig)
    return answer(request, Unavailable())


def _broken(request: Request, error: Exception) -> JSONResponse:
    _log.error("request failed", exc_info=error)
    return _problem(
        request, 500, "internal_error", "Something broke on our side.", "The failure was logged."
    )
