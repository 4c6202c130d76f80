"""Who may enter the demo: one user and one API key, made once and kept beside the data.

The secrets stand in a file that only its owner may read, because a second run must print and use
the same ones. It is written before the database remembers them, and whatever the database does not
know is made again, so that no interruption locks anyone out.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from catchment import ids
from catchment.store import access, users

_FILE = "demo.json"


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to sign in to the dashboard, and the key of the API."""

    email: str
    password: str
    client_id: str
    client_secret: str

    @property
    def key(self) -> tuple[str, str]:
        """For HTTP Basic."""
        return self.client_id, self.client_secret


def credentials(
    tx: Connection,
    home: access.Workspace,
    folder: Path,
    email: str,
    *,
    at: datetime,
    hashing_key: bytes,
) -> Credentials:
    """The demo's credentials, valid once ``tx`` is committed."""
    path = folder / _FILE
    kept = Credentials(**json.loads(path.read_text("utf-8"))) if path.is_file() else None
    if kept and access.workspace_of_key(tx, *kept.key, hashing_key) == home:
        key = kept.key
    else:
        key = access.create_key(
            tx, home.id, id=ids.new_id(), at=at, hashing_key=hashing_key, name="Demo"
        )
    password = kept.password if kept else secrets.token_urlsafe(9)
    wanted = Credentials(email, password, *key)
    if wanted != kept:
        _write(path, wanted)
    if users.of_password(tx, email, password) is None and not users.set_password(
        tx, email, password
    ):
        users.create(tx, home.id, id=ids.new_id(), email=email, password=password, at=at)
    return wanted


def _write(path: Path, value: Credentials) -> None:
    """Write the file whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(value), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
