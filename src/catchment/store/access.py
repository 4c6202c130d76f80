"""Workspaces, and the API keys that open them.

Secrets are random and long, so a keyed hash is enough and fast: a slow one on every request would
cap the server at a dozen a second.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from catchment.store import driver
from catchment.store.schema import api_keys, workspaces


@dataclass(frozen=True, slots=True)
class Workspace:
    """A seller's own, separate data. ``timezone`` is an IANA name.

    In a ``sandbox`` nothing is real: time can be moved there.
    """

    id: str
    name: str
    timezone: str
    sandbox: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as a request shows it: it may be wrong."""

    client_id: str
    secret: str = field(repr=False)


class Home(NamedTuple):
    """A workspace as who sends usage events needs it: since when it keeps them, if not all."""

    workspace_id: str
    kept_since: datetime | None


_NOWHERE: tuple[str | None, Home | None] = None, None


def keyed_hash(key: bytes, secret: str) -> str:
    """What is stored of a secret."""
    return hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()


def first_workspace(tx: Connection, *, name: str, id: str, at: datetime) -> Workspace:
    """The oldest workspace, made now as ``name`` when there is none."""
    row = tx.execute(select(workspaces).order_by(workspaces.c.id).limit(1)).one_or_none()
    return _made(tx, name, id, at) if row is None else workspace_of(row)


def named_workspace(tx: Connection, *, name: str, id: str, at: datetime) -> Workspace:
    """The workspace called ``name``, made now when there is none."""
    row = tx.execute(select(workspaces).where(workspaces.c.name == name)).one_or_none()
    return _made(tx, name, id, at) if row is None else workspace_of(row)


def _made(tx: Connection, name: str, id: str, at: datetime) -> Workspace:
    tx.execute(insert(workspaces).values(id=id, name=name, timezone="UTC", created_at=at))
    return Workspace(id, name, "UTC")


def all_workspaces(tx: Connection) -> list[Workspace]:
    """Every workspace, oldest first."""
    rows = tx.execute(select(workspaces).order_by(workspaces.c.id))
    return [workspace_of(row) for row in rows]


def workspace_of(row: Row[Any]) -> Workspace:
    """The workspace of a row."""
    return Workspace(row.id, row.name, row.timezone, row.sandbox)


def create_key(
    tx: Connection,
    workspace: str,
    *,
    id: str,
    at: datetime,
    hashing_key: bytes,
    name: str | None = None,
) -> tuple[str, str]:
    """A new API key: its client id and its secret, which is shown this once."""
    client_id, secret = f"ck_{secrets.token_hex(12)}", f"cs_{secrets.token_urlsafe(32)}"
    tx.execute(
        insert(api_keys).values(
            id=id,
            workspace_id=workspace,
            name=name,
            client_id=client_id,
            secret_hash=keyed_hash(hashing_key, secret),
            created_at=at,
        )
    )
    return client_id, secret


def revoke_key(tx: Connection, client_id: str, at: datetime) -> bool:
    """End a key's life; False when it was unknown or ended before."""
    done = tx.execute(
        update(api_keys)
        .where(api_keys.c.client_id == client_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    return done.rowcount == 1


def workspace_of_key(
    tx: Connection, client_id: str, secret: str, hashing_key: bytes
) -> Workspace | None:
    """The workspace that a key opens, or None for a wrong or revoked one."""
    row = tx.execute(
        select(workspaces, api_keys.c.secret_hash)
        .join(api_keys, api_keys.c.workspace_id == workspaces.c.id)
        .where(api_keys.c.client_id == client_id, api_keys.c.revoked_at.is_(None))
    ).one_or_none()
    if not _fits(secret, row.secret_hash if row else None, hashing_key) or row is None:
        return None
    return workspace_of(row)


def homes_of_keys(tx: Connection, keys: Collection[Key], hashing_key: bytes) -> dict[Key, Home]:
    """Where the events go that each of ``keys`` sends; wrong and revoked ones are left out."""
    client_ids = {key.client_id for key in keys}
    found = driver.run(
        tx,
        "SELECT client_id, secret_hash, workspace_id, usage_kept_since IS NULL"  # noqa: S608 -- places only
        " FROM api_keys JOIN workspaces ON workspaces.id = workspace_id"
        f" WHERE client_id IN {driver.marks(len(client_ids))} AND revoked_at IS NULL",
        tuple(client_ids),
    )
    dropping = {id for _, _, id, whole in found if not whole}
    kept = homes(tx, dropping) if dropping else {}
    known = {
        client_id: (secret_hash, kept.get(id, Home(id, None)))
        for client_id, secret_hash, id, _ in found
    }
    opened = {}
    for key in keys:
        secret_hash, home = known.get(key.client_id, _NOWHERE)
        if _fits(key.secret, secret_hash, hashing_key) and home is not None:
            opened[key] = home
    return opened


def homes(tx: Connection, ids: Collection[str]) -> dict[str, Home]:
    """The same of workspaces by their ids, which are not checked."""
    c = workspaces.c
    found = tx.execute(select(c.id, c.usage_kept_since).where(c.id.in_(ids)))
    kept_since = {row.id: row.usage_kept_since for row in found}
    return {id: Home(id, kept_since.get(id)) for id in ids}


def _fits(secret: str, secret_hash: str | None, hashing_key: bytes) -> bool:
    """Whether the secret is that of the key. Takes as long for an unknown key."""
    given = keyed_hash(hashing_key, secret)
    return hmac.compare_digest(given, secret_hash or given[::-1]) and secret_hash is not None
