"""What taking events in needs of a process: who may send, and the one writer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from fastapi import Request
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from catchment.api.edge import deps
from catchment.api.edge.route import retry_key
from catchment.api.usage.group_commit import GroupCommit, Told
from catchment.api.usage.writing.channel import WriterChannel
from catchment.core.values.errors import Unauthenticated, Unavailable
from catchment.flows.usage.ingest_usage import Arrival, KeptSince, Place, Retry
from catchment.store import access
from catchment.store.access import Key
from catchment.store.engine import reading
from catchment.store.idempotency import Stored
from catchment.usage import Batch
from catchment.usage.intake.pressure import Pressure
from catchment.usage.loading import worth_loading

_MOST_KNOWN = 10_000


class Intake:
    """One per process."""

    def __init__(
        self, engine: Engine, commits: GroupCommit, hashing_key: bytes, pressure: Pressure
    ) -> None:
        self._engine = engine
        self._commits = commits
        self.hashing_key = hashing_key
        self.pressure = pressure
        self.apart: WriterChannel | None = None
        self._known: dict[str, Key] = {}
        self._kept_since: dict[Key | str, datetime] = {}
        self._unseen: dict[str, tuple[int, int]] = {}

    def known(self, authorization: str) -> Key | None:
        """The key that the header shows, where it was good before."""
        return self._known.get(authorization)

    def takes_all(self, sender: Key) -> bool:
        """Whether no event of the sender's can be too old, as far as is known here."""
        return not self._kept_since or sender not in self._kept_since

    async def sender(self, request: Request) -> Key | str:
        """Who sends: a key that was good before, or the workspace of a session.

        Called before the body is read, so that a stranger's is not. Whether a key is good still is
        found out when its events are kept. Raises Unauthenticated, Forbidden.
        """
        authorization = request.headers.get("authorization")
        if authorization is None:
            return await run_in_threadpool(self._by_session, request)
        known = self.known(authorization)
        if known is None:
            known = await run_in_threadpool(self._get_to_know, authorization)
        return known

    async def keep(
        self,
        request: Request,
        sender: Key | str,
        body: bytes,
        batch: Batch,
        answer: Callable[[Place], Stored],
    ) -> Place | Stored | KeptSince:
        """Where the events of ``body`` were kept, or what was answered to it before.

        Or nothing was kept, because ``kept_since`` is another by now. Raises BillingError.
        """
        key = retry_key(request)
        retry = None
        if key is not None:
            retry = Retry(key, request.scope["path"], hashlib.sha256(body).hexdigest(), answer)
        try:
            outcome = await self._commits.keep(
                Arrival(sender, batch, retry, self.kept_since(sender))
            )
        except Unauthenticated:
            self._forget(sender)
            raise
        if isinstance(outcome, KeptSince):
            self._note(sender, outcome.at)
        return outcome

    def kept_since(self, sender: Key | str) -> datetime | None:
        """Since when the sender's workspace keeps events, as far as is known here."""
        return self._kept_since.get(sender)

    def keep_plainly(self, sender: Key, batch: Batch, tell: Callable[[Told], None]) -> None:
        """The same for events alone; ``tell`` hears of them in the loop of the caller."""

        def told(outcome: Told) -> None:
            if isinstance(outcome, Unauthenticated):
                self._forget(sender)
            elif isinstance(outcome, KeptSince):  # from now on the application looks at each event
                self._note(sender, outcome.at)
                outcome = Unavailable("Old usage events were dropped meanwhile: send these again.")
            tell(outcome)

        apart = self.apart
        if apart is None or not apart.submit(sender, batch, told):
            self.keep_here(sender, batch, told)

    def keep_here(self, sender: Key, batch: Batch, tell: Callable[[Told], None]) -> None:
        """Have the events written in this process."""
        self._commits.submit(Arrival(sender, batch), tell)

    def worth_a_look(self, workspace_id: str, event_count: int) -> bool:
        """Whether, with these events, enough has come to see if loading is worth it."""
        rows, events = self._unseen.get(workspace_id, (0, 0))
        rows, events = rows + 1, events + event_count
        enough = worth_loading(rows, events)
        self._unseen[workspace_id] = (0, 0) if enough else (rows, events)
        return enough

    def _by_session(self, request: Request) -> str:
        with reading(self._engine) as tx:
            caller = deps.by_session(request, tx, self.hashing_key, deps.now(request))
        return caller.workspace.id

    def _get_to_know(self, authorization: str) -> Key:
        key = deps.key_of(authorization)
        with reading(self._engine) as tx:
            found = access.homes_of_keys(tx, [key], self.hashing_key).get(key)
        if found is None:
            raise Unauthenticated("The client id or the client secret is wrong.")
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._note(key, found.kept_since)
        self._known[authorization] = key
        return key

    def _note(self, sender: Key | str, kept_since: datetime | None) -> None:
        if kept_since is None:
            self._kept_since.pop(sender, None)
        else:
            self._kept_since[sender] = kept_since

    def _forget(self, sender: Key | str) -> None:
        self._known = {header: key for header, key in self._known.items() if key != sender}
