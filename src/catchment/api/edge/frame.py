"""What every request gets: an id, and security headers on its answer.

Plain ASGI, because usage events come through here by the thousand a second.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catchment import ids

_CSP = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "frame-src 'self' blob:; object-src 'self' blob:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"content-security-policy", _CSP.encode()),
)
_NO_STORE = (b"cache-control", b"no-store")


def in_api(request_id: str) -> list[tuple[bytes, bytes]]:
    """The headers of an answer under /api that says nothing of caching itself."""
    return [(b"x-request-id", request_id.encode()), *_SECURITY, _NO_STORE]


IN_API = b"".join(b"%b: %b\r\n" % header for header in (*_SECURITY, _NO_STORE))
"""The same but for the id, as lines."""


class Frame:
    """Around ``app``: a request's id, and the headers of its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = ids.new_id()
        scope.setdefault("state", {})["request_id"] = request_id

        async def framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                    *_SECURITY,
                ]
                in_api = scope["path"].startswith("/api/")
                if in_api and not any(name == b"cache-control" for name, _ in headers):
                    headers.append(_NO_STORE)
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, framed)
