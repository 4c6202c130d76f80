"""To make of a workspace what only the command line makes: a sandbox."""

from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import update

from catchment.store.engine import writing
from catchment.store.schema import workspaces


def make_sandbox(client: TestClient) -> str:
    """Let nothing be real in the client's workspace. Its id."""
    id: str = client.get("/sequence-accounts").json()["items"][0]["id"]
    app: Any = client.app
    with writing(app.state.engine) as tx:
        tx.execute(update(workspaces).where(workspaces.c.id == id).values(sandbox=True))
    return id
