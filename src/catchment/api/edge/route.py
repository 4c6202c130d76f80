"""One request, one transaction, at most one effect.

The route, not a dependency, ends the transaction, because the answer may leave only after COMMIT:
an error rolls back, a success first stores what an Idempotency-Key must replay and then commits.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Coroutine, Iterator
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from catchment.api.edge import bodies, exactjson
from catchment.api.edge.bodies import MIB
from catchment.api.edge.problems import MEDIA_TYPE, SCHEMA
from catchment.core.values.errors import Invalid
from catchment.store import idempotency

MAX_BODY = 10 * MIB
_MAX_KEY = 255
_MAX_TOLD = 100
_SUCCESS = range(200, 300)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MARK = "writes_nothing"
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])


class Replayed(Exception):
    """This Idempotency-Key was answered before; here is that answer."""

    def __init__(self, stored: idempotency.Stored) -> None:
        super().__init__(stored.status)
        self.stored = stored


class Route(APIRoute):
    """A route whose JSON is exact, whose transaction is ended here, and which leaves out empty
    fields.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["response_model_exclude_none"] = True
        super().__init__(*args, **kwargs)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()
        parses = self.body_field is not None
        known = query_names(self.dependant)
        most: int = getattr(self.endpoint, "max_body", MAX_BODY)

        async def handle(request: Request) -> Response:
            request = Request(request.scope, request.receive)
            check_query(request, known)
            try:
                await _read_body(request, most, parse=parses)
            except ClientDisconnect:
                return Response(status_code=HTTPStatus.BAD_REQUEST)  # which nobody is there to read
            try:
                response = await inner(request)
            except Replayed as replay:
                await run_in_threadpool(_end, request, commit=False)
                return replayed(replay.stored)
            except BaseException:
                await run_in_threadpool(_end, request, commit=False)
                raise
            await run_in_threadpool(_finish, request, response)
            return response

        return handle


def writes_nothing(endpoint: _Endpoint) -> _Endpoint:
    """Mark an operation that only reads, whatever its method: it reads one snapshot, holds nobody
    up, and is answered anew each time, Idempotency-Key or not.
    """
    setattr(endpoint, _MARK, True)
    return endpoint


def only_reads(request: Request) -> bool:
    """Whether the operation asked for changes nothing."""
    return request.method in _SAFE or getattr(request.scope.get("endpoint"), _MARK, False)


def router(prefix: str, tag: str, route_class: type[APIRoute] = Route) -> APIRouter:
    """A router for one resource below /api, with the refusals every operation shares in its
    documentation.
    """
    refusals = {
        400: "The request breaks a rule; `errors` names the fields.",
        401: "Credentials are missing or wrong.",
        404: "There is no such thing in this workspace.",
        409: "The request conflicts with the present state.",
        413: "The request body is too large.",
        503: "The database is away or full; nothing was changed.",
    }
    responses: dict[int | str, dict[str, Any]] = {
        status: {"content": {MEDIA_TYPE: {"schema": SCHEMA}}, "description": text}
        for status, text in refusals.items()
    }
    return APIRouter(
        prefix=f"/api{prefix}",
        tags=[tag],
        route_class=route_class,
        responses=responses,
        strict_content_type=False,
    )


def large_body(most: int) -> Callable[[_Endpoint], _Endpoint]:
    """Let an operation take bodies of up to ``most`` bytes."""

    def mark(endpoint: _Endpoint) -> _Endpoint:
        endpoint.max_body = most  # type: ignore[attr-defined]
        return endpoint

    return mark


def raw_body(request: Request) -> bytes:
    """The body as it was sent."""
    return request._body  # noqa: SLF001


async def _read_body(request: Request, most: int, *, parse: bool) -> None:
    pause: float = request.app.state.settings.body_pause_seconds
    body = await bodies.whole(request.receive, most, pause)
    request._body = body  # noqa: SLF001 -- so that FastAPI finds it read
    if body and parse:
        request._json = exactjson.loads(body)  # noqa: SLF001


def query_names(dependant: Dependant) -> frozenset[str]:
    """The query parameters of an operation and of all it depends on."""
    return frozenset(_query_names(dependant))


def _query_names(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (one.alias or name for name, one in kind.model_fields.items())
        else:
            yield field.alias
    for below in dependant.dependencies:
        yield from _query_names(below)


def check_query(request: Request, known: frozenset[str]) -> None:
    """Refuse what no operation could mean: a filter that is misspelt would show too much."""
    for name in request.query_params:
        if name not in known:
            meant = {one.lower(): one for one in known}
            close = difflib.get_close_matches(name.lower(), meant, n=2)
            guess = f" Did you mean {' or '.join(meant[one] for one in close)}?" if close else ""
            told = f"There is no parameter {name[:_MAX_TOLD]} here.{guess}"
            raise Invalid.field(f"?{name}", told, "unknown_field")
    if "%00" in request.scope["query_string"].decode("latin-1") or "\x00" in request.url.path:
        raise Invalid("NUL characters are not allowed in an address.")
    retry_key(request)


def retry_key(request: Request) -> str | None:
    """The Idempotency-Key of a request. Raises Invalid for one that cannot be kept."""
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= _MAX_KEY:
        raise Invalid(f"An Idempotency-Key holds 1 to {_MAX_KEY} characters.")
    return key


def request_hash(request: Request) -> str:
    """What must be the same for an Idempotency-Key to be used again."""
    return hashlib.sha256(request._body).hexdigest()  # noqa: SLF001


def _end(request: Request, *, commit: bool) -> None:
    tx: Connection | None = getattr(request.state, "tx", None)
    if tx is None:
        return
    request.state.tx = None
    try:
        if commit:
            tx.commit()
        elif tx.in_transaction():
            tx.rollback()
    finally:
        tx.close()


def _finish(request: Request, response: Response) -> None:
    """Store the answer for its Idempotency-Key, if it has one, and commit both."""
    claim: idempotency.Claim | None = getattr(request.state, "idempotency", None)
    try:
        if claim is not None and response.status_code in _SUCCESS:
            stored = idempotency.Stored(response.status_code, bytes(response.body))
            idempotency.keep(request.state.tx, claim, stored)
        _end(request, commit=True)
    except BaseException:
        _end(request, commit=False)
        raise


def replayed(stored: idempotency.Stored) -> Response:
    """An answer given before, marked as such."""
    headers = {"Idempotent-Replayed": "true"}
    return Response(stored.body, stored.status, headers, "application/json")
