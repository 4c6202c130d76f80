"""What endpoints ask for: the transaction, who is calling, the time, new ids, a page.

This is where ids are made; the clock is in ``clock``. What needs another of these calls it: as its
dependency, FastAPI would read that again for every operation at the start, and hand it to a thread
at every request.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import Depends, Header, Path, Query, Request
from pydantic import AfterValidator
from sqlalchemy import Connection, Engine

from catchment import ids
from catchment.api.edge.route import Replayed, only_reads, request_hash
from catchment.core.values.errors import Forbidden, NotFound, Unauthenticated
from catchment.settings import Settings
from catchment.store import access, idempotency, users
from catchment.store.engine import open_connection
from catchment.store.paging import PageRequest
from catchment.usage import UsageStore

COOKIE = "catchment_session"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Limit = Annotated[int, Query(ge=1, le=100, description="How many items at most.")]
Cursor = Annotated[str | None, Query(max_length=2000, description="An opaque place in the list.")]
Order = Annotated[
    Literal["ASC", "DESC"], Query(alias="sortOrder", description="DESC is newest first.")
]
Version = Annotated[
    Literal["2024-01-01", "2024-05-09", "2024-07-30"] | None,
    Header(description="Version of the API; 2024-07-30 is the one served."),
]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling: a workspace's key, or one of its users."""

    workspace: access.Workspace
    user: users.User | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the workspace's days begin."""
        return ZoneInfo(self.workspace.timezone)


def settings(request: Request) -> Settings:
    """The settings of this process."""
    value: Settings = request.app.state.settings
    return value


def engine(request: Request) -> Engine:
    """The relational database."""
    value: Engine = request.app.state.engine
    return value


def usage_store(request: Request) -> UsageStore:
    """The usage events."""
    value: UsageStore = request.app.state.usage
    return value


def now(request: Request) -> datetime:
    """The instant of this request; the same however often it is asked."""
    if getattr(request.state, "now", None) is None:
        request.state.now = ticking(request)()
    value: datetime = request.state.now
    return value


def ticking(request: Request) -> Callable[[], datetime]:
    """What tells the time, for what takes longer than an instant."""
    value: Callable[[], datetime] = request.app.state.clock
    return value


def new_id() -> Callable[[], str]:
    """Where ids come from."""
    return ids.new_id


def transaction(request: Request) -> Connection:
    """The request's one transaction; the route ends it."""
    if getattr(request.state, "tx", None) is None:
        connection = open_connection(engine(request), reading=only_reads(request))
        request.state.tx = connection
        connection.begin()
    tx: Connection = request.state.tx
    return tx


@contextmanager
def apart(request: Request, tx: Connection) -> Iterator[None]:
    """Let go of the request's transaction while work is done that writes in transactions of its
    own: one held here would make it wait for ever. Afterwards the request begins a new one.

    Leaves early where the same Idempotency-Key was answered meanwhile.
    """
    tx.rollback()
    yield
    tx.begin()
    claim: idempotency.Claim | None = getattr(request.state, "idempotency", None)
    stored = None if claim is None else idempotency.find(tx, claim)
    if stored is not None:
        raise Replayed(stored)


def caller(
    request: Request,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
    sequence_version: Version = None,  # noqa: ARG001 -- read by FastAPI, which checks it
) -> Caller:
    """The caller, by API key (HTTP Basic) or by the dashboard's session cookie.

    Raises Unauthenticated, Forbidden; leaves early with the stored answer of an Idempotency-Key.
    """
    tx, at, hashing_key = transaction(request), now(request), settings(request).hashing_key()
    if authorization is not None:
        who = _by_key(tx, authorization, hashing_key)
    else:
        who = by_session(request, tx, hashing_key, at)
    key = request.headers.get("idempotency-key")
    if key is not None and request.method == "POST" and not only_reads(request):
        claim = idempotency.Claim(
            who.workspace.id, key, request.url.path, request_hash(request), at
        )
        stored = idempotency.find(tx, claim)
        if stored is not None:
            raise Replayed(stored)
        request.state.idempotency = claim
    return who


def key_of(authorization: str) -> access.Key:
    """The key that an Authorization header shows. Raises Unauthenticated."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pair = ""
    client_id, _, secret = pair.partition(":")
    if scheme.lower() != "basic" or not client_id or "\x00" in pair:
        raise Unauthenticated("Send HTTP Basic credentials: client id and client secret.")
    return access.Key(client_id, secret)


def _by_key(tx: Connection, authorization: str, hashing_key: bytes) -> Caller:
    key = key_of(authorization)
    workspace = access.workspace_of_key(tx, key.client_id, key.secret, hashing_key)
    if workspace is None:
        raise Unauthenticated("The client id or the client secret is wrong.")
    return Caller(workspace)


def by_session(request: Request, tx: Connection, hashing_key: bytes, at: datetime) -> Caller:
    """The user of the dashboard who calls. Raises Unauthenticated, Forbidden."""
    token = request.cookies.get(COOKIE)
    if not token:
        raise Unauthenticated("Send HTTP Basic credentials, or sign in to the dashboard.")
    check_same_site(request)
    found = users.session(tx, token, at=at, hashing_key=hashing_key)
    if found is None:
        raise Unauthenticated("The session has ended; sign in again.")
    user, workspace = found
    return Caller(workspace, user)


def check_same_site(request: Request) -> None:
    """Refuse a change asked for by another site on behalf of a signed-in user.

    A header of our own cannot be sent across sites without leave (OWASP, CSRF prevention), and
    browsers say themselves where a request comes from. Raises Forbidden.
    """
    if request.method in _SAFE:
        return
    site = request.headers.get("sec-fetch-site", "same-origin")
    if "x-requested-with" not in request.headers or site not in {"same-origin", "none"}:
        raise Forbidden("A signed-in change needs the header X-Requested-With from the same site.")


def today(request: Request, caller: Annotated[Caller, Depends(caller)]) -> date:
    """The day it is in the workspace's time zone."""
    return now(request).astimezone(caller.zone).date()


def is_id(text: str) -> bool:
    """Whether ``text`` has the form of an id."""
    return _UUID.fullmatch(text) is not None


def _known_form(value: str) -> str:
    value = value.lower()
    if not is_id(value):
        raise NotFound(f"There is no {value[:80]!r} in this workspace.")
    return value


def newest_first(
    limit: Limit = 20,
    after: Cursor = None,
    before: Cursor = None,
    sort_order: Order = "DESC",
) -> PageRequest:
    """A page of a list that shows the newest first unless asked otherwise."""
    return PageRequest(limit, after, before, ascending=sort_order == "ASC")


def in_order(
    limit: Limit = 20, after: Cursor = None, before: Cursor = None, sort_order: Order = "ASC"
) -> PageRequest:
    """A page of a list that has an order of its own."""
    return PageRequest(limit, after, before, ascending=sort_order == "ASC")


def comma_list(value: str | None) -> tuple[str, ...]:
    """The values of a comma-separated filter, empty ones left out."""
    return tuple(part.strip() for part in (value or "").split(",") if part.strip())


PathId = Annotated[str, Path(), AfterValidator(_known_form)]
Tx = Annotated[Connection, Depends(transaction)]
WhoIs = Annotated[Caller, Depends(caller)]
Now = Annotated[datetime, Depends(now)]
Ticking = Annotated[Callable[[], datetime], Depends(ticking)]
Today = Annotated[date, Depends(today)]
NewId = Annotated[Callable[[], str], Depends(new_id)]
Usage = Annotated[UsageStore, Depends(usage_store)]
Database = Annotated[Engine, Depends(engine)]
Configured = Annotated[Settings, Depends(settings)]
NewestFirst = Annotated[PageRequest, Depends(newest_first)]
InOrder = Annotated[PageRequest, Depends(in_order)]
