"""People who sign in to the dashboard: their passwords, and sessions.

Passwords are people's, so they take argon2id, at sign-in only. The token of a session is random and
long like the secret of an API key, and kept in the same way.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, delete, insert, select, update

from catchment.core.values.errors import Conflict, TooManyRequests
from catchment.store.access import Workspace, keyed_hash
from catchment.store.schema import sessions, sign_in_failures, users, workspaces

_hasher = PasswordHasher()
_hashing = threading.BoundedSemaphore(2)  # a flood of sign-ins leaves the other cores to the API
_MOST_FAILURES = 10
_WINDOW = timedelta(minutes=5)


class EmailTaken(Conflict):
    """There is a user with this e-mail address already."""

    code = "email_taken"


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in to the dashboard."""

    id: str
    email: str


def create(
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


def of_password(tx: Connection, email: str, password: str) -> tuple[User, Workspace] | None:
    """Who signs in with this password, or None. Takes as long for an unknown address."""
    row = tx.execute(
        select(users, workspaces.c.name, workspaces.c.timezone, workspaces.c.sandbox)
        .join(workspaces, workspaces.c.id == users.c.workspace_id)
        .where(users.c.email == email.strip().lower())
    ).one_or_none()
    if row is None:
        with _hashing:
            _hasher.hash(password)
        return None
    try:
        with _hashing:
            _hasher.verify(row.password_hash, password)
    except (VerificationError, InvalidHashError):
        return None
    return User(row.id, row.email), _workspace(row)


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
    return User(row.id, row.email), _workspace(row)


def close_session(tx: Connection, token: str, hashing_key: bytes) -> None:
    """End a session."""
    tx.execute(delete(sessions).where(sessions.c.token_hash == keyed_hash(hashing_key, token)))


def _workspace(row: Row[*tuple[Any, ...]]) -> Workspace:
    return Workspace(row.workspace_id, row.name, row.timezone, row.sandbox)
