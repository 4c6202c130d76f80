"""What happens when usage events arrive: requests that wait at the same time are kept together.

One transaction finds out who sends, answers again what an Idempotency-Key was answered before, and
keeps the rest in the order in which it came, which decides who supersedes whom. Of many requests
each has its own outcome: one that is refused takes nothing from the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.values.errors import BillingError, Unauthenticated
from catchment.store import access, idempotency
from catchment.store.access import Key
from catchment.usage import Batch
from catchment.usage.intake import inbox
from catchment.usage.intake.events import first_place
from catchment.usage.intake.pressure import UsageInboxFull


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request's events were kept: the place of the first, which the others follow."""

    workspace_id: str
    received_at: datetime
    first_seq: int


@dataclass(frozen=True, slots=True)
class KeptSince:
    """Nothing was kept: the request must be looked through once more for events of before ``at``.

    None: no event is too old.
    """

    at: datetime | None


@dataclass(frozen=True, slots=True)
class Retry:
    """An Idempotency-Key, the operation it was sent to and the hash of the body it came with.

    ``answer`` is what a retry gets to hear again.
    """

    key: str
    route: str
    body_hash: str
    answer: Callable[[Place], idempotency.Stored]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that waits. ``sender`` is a key to be checked, or the id of a workspace.

    Events of before ``since`` are not among those of ``batch``.
    """

    sender: Key | str
    batch: Batch
    retry: Retry | None = None
    since: datetime | None = None


Outcome = Place | idempotency.Stored | KeptSince | BillingError
"""Kept, answered before, to be sent again otherwise, or refused."""


def ingest(
    tx: Connection,
    arrivals: Sequence[Arrival],
    packed: Sequence[bytes],
    *,
    now: datetime,
    hashing_key: bytes,
    full: bool = False,
) -> list[Outcome]:
    """The outcome of each of ``arrivals``, which counts once ``tx`` is committed.

    ``packed`` is the JSON of each as the inbox keeps it, made before anybody had to wait for
    ``tx``. Where the inbox is ``full`` nothing more is kept, and only answers given before are
    repeated.
    """
    keys = {one.sender for one in arrivals if isinstance(one.sender, Key)}
    ids = {one.sender for one in arrivals if isinstance(one.sender, str)}
    opened = access.homes_of_keys(tx, keys, hashing_key) if keys else {}
    known = access.homes(tx, ids) if ids else {}
    homes = [
        opened.get(one.sender) if isinstance(one.sender, Key) else known[one.sender]
        for one in arrivals
    ]
    claims = [
        None if one.retry is None or home is None else _claim(home.workspace_id, one.retry, now)
        for one, home in zip(arrivals, homes, strict=True)
    ]
    idempotency.hold(tx, [claim for claim in claims if claim is not None])
    row_ids = iter(inbox.reserve(tx, {home.workspace_id for home in homes if home}, len(arrivals)))
    rows: list[inbox.Incoming] = []

    def outcomes() -> Iterator[Outcome]:
        for arrival, body, home, claim, row_id in zip(
            arrivals, packed, homes, claims, row_ids, strict=True
        ):
            if home is None:
                yield Unauthenticated("The client id or the client secret is wrong.")
                continue
            place = Place(home.workspace_id, now, first_place(row_id))
            try:
                stored = None if claim is None else idempotency.find(tx, claim)
            except idempotency.IdempotencyKeyReused as refusal:
                yield refusal
                continue
            if stored is not None:
                yield stored
            elif full:
                yield UsageInboxFull()
            elif arrival.since != home.kept_since:
                yield KeptSince(home.kept_since)
            else:
                if claim is not None and arrival.retry is not None:
                    idempotency.keep(tx, claim, arrival.retry.answer(place))
                if arrival.batch.event_count:
                    rows.append(_row(row_id, arrival.batch, body, place))
                yield place

    found = list(outcomes())
    if rows:
        inbox.add(tx, rows)
    return found


def _claim(workspace_id: str, retry: Retry, now: datetime) -> idempotency.Claim:
    return idempotency.Claim(workspace_id, retry.key, retry.route, retry.body_hash, now)


def _row(row_id: int, batch: Batch, body: bytes, place: Place) -> inbox.Incoming:
    return inbox.Incoming(
        row_id,
        place.workspace_id,
        batch.event_count,
        len(batch.json),
        body,
        place.received_at,
    )
