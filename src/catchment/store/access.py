"""Workspaces and who may enter them: API keys, users, sessions.

Secrets are random and long, so a keyed hash is enough and fast (a slow hash on every request would
cap the server at a dozen a second); passwords are people's, so they take argon2id, at sign-in only.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, delete, insert, select, update

from catchment.core.errors import Conflict, TooManyRequests
from catchment.store import driver
from catchment.store.schema import api_keys, sessions, sign_in_failures, users, workspaces

_hasher = PasswordHasher()
_hashing = threading.BoundedSemaphore(2)  # a flood of sign-ins leaves the other cores to the API
_NOBODY = _hasher.hash("nobody")
_MOST_FAILURES = 10
_WINDOW = timedelta(minutes=5)


class EmailTaken(Conflict):
    """There is a user with this e-mail address already."""

    code = "email_taken"


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


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in to the dashboard."""

    id: str
    email: str


def keyed_hash(key: bytes, secret: str) -> str:
    """What is stored of a secret."""
    return hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()


def first_workspace(tx: Connection, *, name: str, id: str, at: datetime) -> Workspace:
    """The oldest workspace, made now as ``name`` when there is none."""
    row = tx.execute(select(workspaces).order_by(workspaces.c.id).limit(1)).one_or_none()
    if row is None:
        tx.execute(insert(workspaces).values(id=id, name=name, timezone="UTC", created_at=at))
        return Workspace(id, name, "UTC")
    return workspace_of(row)


def named_workspace(tx: Connection, *, name: str, id: str, at: datetime) -> Workspace:
    """The workspace called ``name``, made now when there is none."""
    row = tx.execute(select(workspaces).where(workspaces.c.name == name)).one_or_none()
    if row is None:
        tx.execute(insert(workspaces).values(id=id, name=name, timezone="UTC", created_at=at))
        return Workspace(id, name, "UTC")
    return workspace_of(row)


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
    rows = [tuple(row) for row in found]
    dropping = {id for _, _, id, whole in rows if not whole}
    kept = homes(tx, dropping) if dropping else {}
    known = {
        client_id: (secret_hash, kept.get(id, Home(id, None)))
        for client_id, secret_hash, id, _ in rows
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


def create_user(
    tx: Connection, workspace: str, *, id: str, email: str, password: str, at: datetime
) -> User:
    """A user of a workspace. Raises EmailTaken."""
    email = email.strip().lower()
    if tx.execute(select(users.c.id).where(users.c.email == email)).first():
        raise EmailTaken(f"There is a user {email} already.")
    tx.execute(
        insert(users).values(
            id=id,
            workspace_id=workspace,
            email=email,
            password_hash=_hasher.hash(password),
            created_at=at,
        )
    )
    return User(id, email)


def set_password(tx: Connection, email: str, password: str) -> bool:
    """Replace a user's password and end its sessions; False when there is no such user."""
    email = email.strip().lower()
    row = tx.execute(select(users.c.id).where(users.c.email == email)).one_or_none()
    if row is None:
        return False
    tx.execute(
        update(users).where(users.c.id == row.id).values(password_hash=_hasher.hash(password))
    )
    tx.execute(delete(sessions).where(sessions.c.user_id == row.id))
    return True


def check_attempts(tx: Connection, subject: str, at: datetime) -> None:
    """Raises TooManyRequests after ten failures of ``subject`` within five minutes."""
    c = sign_in_failures.c
    row = tx.execute(
        select(c.count.label("failures"), c.window_started_at).where(c.subject == subject)
    ).one_or_none()
    if row and row.failures >= _MOST_FAILURES and at - row.window_started_at < _WINDOW:
        raise TooManyRequests("Too many failed sign-ins; wait five minutes and try again.")


def count_failure(tx: Connection, subject: str, at: datetime) -> None:
    """Remember a failed sign-in."""
    c = sign_in_failures.c
    row = tx.execute(select(sign_in_failures).where(c.subject == subject)).one_or_none()
    if row is None:
        tx.execute(insert(sign_in_failures).values(subject=subject, count=1, window_started_at=at))
    elif at - row.window_started_at >= _WINDOW:
        tx.execute(
            update(sign_in_failures)
            .where(c.subject == subject)
            .values(count=1, window_started_at=at)
        )
    else:
        tx.execute(update(sign_in_failures).where(c.subject == subject).values(count=c.count + 1))


def user_of_password(tx: Connection, email: str, password: str) -> tuple[User, Workspace] | None:
    """Who signs in with this password, or None. Takes as long for an unknown address."""
    row = tx.execute(
        select(users, workspaces.c.name, workspaces.c.timezone, workspaces.c.sandbox)
        .join(workspaces, workspaces.c.id == users.c.workspace_id)
        .where(users.c.email == email.strip().lower())
    ).one_or_none()
    try:
        with _hashing:
            _hasher.verify(row.password_hash if row else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    if row is None:
        return None
    return User(row.id, row.email), _workspace_of_user(row)


def _workspace_of_user(row: Row[*tuple[Any, ...]]) -> Workspace:
    return Workspace(row.workspace_id, row.name, row.timezone, row.sandbox)


def open_session(
    tx: Connection,
    user: User,
    workspace: Workspace,
    *,
    at: datetime,
    ends: datetime,
    hashing_key: bytes,
) -> str:
    """A new session; its token is shown this once. Ended sessions are swept away."""
    token = secrets.token_urlsafe(32)
    tx.execute(delete(sessions).where(sessions.c.expires_at <= at))
    tx.execute(
        insert(sessions).values(
            token_hash=keyed_hash(hashing_key, token),
            workspace_id=workspace.id,
            user_id=user.id,
            created_at=at,
            expires_at=ends,
        )
    )
    return token


def session(
    tx: Connection, token: str, *, at: datetime, hashing_key: bytes
) -> tuple[User, Workspace] | None:
    """Whose session a token is, if it has not ended."""
    row = tx.execute(
        select(
            users.c.id,
            users.c.email,
            workspaces.c.name,
            workspaces.c.timezone,
            workspaces.c.sandbox,
            sessions.c.workspace_id,
        )
        .select_from(sessions)
        .join(users, users.c.id == sessions.c.user_id)
        .join(workspaces, workspaces.c.id == sessions.c.workspace_id)
        .where(sessions.c.token_hash == keyed_hash(hashing_key, token), sessions.c.expires_at > at)
    ).one_or_none()
    if row is None:
        return None
    return User(row.id, row.email), _workspace_of_user(row)


def close_session(tx: Connection, token: str, hashing_key: bytes) -> None:
    """End a session."""
    tx.execute(delete(sessions).where(sessions.c.token_hash == keyed_hash(hashing_key, token)))
