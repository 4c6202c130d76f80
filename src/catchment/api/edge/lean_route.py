"""A route for what comes by the thousand a second: next to nothing between the server and it.

Its operation is documented like any other, and a request with a query is read like any other. But
most have none, and they reach the operation without FastAPI's machinery, which takes longer than
keeping an event does.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from catchment.api.edge.route import check_query, query_names


class LeanRoute(APIRoute):
    """Its operation is ``async``, takes the request and, with defaults, parameters of the query or
    the header, and sees to its body and its transaction itself.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()
        known = query_names(self.dependant)

        async def handle(request: Request) -> Response:
            check_query(request, known)
            try:
                return await inner(request)
            except ClientDisconnect:
                return _nobody_there()

        return handle

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        plain = scope["method"] in (self.methods or ()) and not scope["query_string"]
        if not plain or any(name == _VERSION for name, _ in scope["headers"]):
            await super().handle(scope, receive, send)
            return
        try:
            response: Response = await self.endpoint(Request(scope, receive))
        except ClientDisconnect:
            response = _nobody_there()
        await response(scope, receive, send)


_VERSION = b"sequence-version"


def _nobody_there() -> Response:
    return Response(status_code=HTTPStatus.BAD_REQUEST)
