"""Answers kept for an Idempotency-Key, in the transaction of the effect they tell of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from catchment.core.values.errors import Conflict
from catchment.store.engine import lock
from catchment.store.schema import idempotency_records as records

KEPT = timedelta(hours=24)


class IdempotencyKeyReused(Conflict):
    """This Idempotency-Key was used with another body."""

    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Claim:
    """A key in use by this request."""

    workspace: str
    key: str
    route: str
    body_hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as it was given."""

    status: int
    body: bytes


def hold(tx: Connection, claims: Iterable[Claim]) -> None:
    """Wait for whoever uses one of these keys, and make others wait until ``tx`` ends."""
    for workspace, route, key in sorted({(one.workspace, one.route, one.key) for one in claims}):
        lock(tx, "idempotency", workspace, route, key)


def find(tx: Connection, claim: Claim) -> Stored | None:
    """The answer given before under this key, waiting for one in the making.

    Raises IdempotencyKeyReused when the body was another.
    """
    hold(tx, [claim])
    c = records.c
    tx.execute(
        delete(records).where(c.workspace_id == claim.workspace, c.created_at < claim.at - KEPT)
    )
    row = tx.execute(
        select(c.body_hash, c.status, c.body).where(
            c.workspace_id == claim.workspace, c.route == claim.route, c.key == claim.key
        )
    ).one_or_none()
    if row is None:
        return None
    if row.body_hash != claim.body_hash:
        raise IdempotencyKeyReused
    return Stored(row.status, row.body)


def keep(tx: Connection, claim: Claim, answer: Stored) -> None:
    """Remember the answer of this request."""
    tx.execute(
        insert(records).values(
            workspace_id=claim.workspace,
            key=claim.key,
            route=claim.route,
            body_hash=claim.body_hash,
            status=answer.status,
            body=answer.body,
            created_at=claim.at,
        )
    )
