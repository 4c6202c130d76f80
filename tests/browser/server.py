"""The server the stories run against, and the sellers who use it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx2
import uvicorn
from sqlalchemy import Engine

from catchment import ids
from catchment.api.app import create_app
from catchment.api.server import config
from catchment.jobs.billing import BillingJobs, watch
from catchment.settings import Settings
from catchment.store import access, users
from catchment.store.engine import connect, writing
from catchment.usage.opening import usage_store
from tests.conftest import Clock

PASSWORD = "correct horse battery staple"


@dataclass
class Seller:
    """A workspace with one user, and a client of the API with its key."""

    email: str
    client: httpx2.Client
    workspace: str
    password: str = PASSWORD

    def make(self, path: str, body: Any) -> dict[str, Any]:
        """What a POST made."""
        answer = self.client.post(path, json=body)
        assert answer.is_success, (path, answer.text)
        made: dict[str, Any] = answer.json()
        return made

    def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The first page of a list."""
        answer = self.client.get(path, params=query)
        assert answer.is_success, (path, answer.text)
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


@dataclass
class House:
    """A running server."""

    address: str
    engine: Engine
    settings: Settings
    clock: Clock
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @classmethod
    @contextmanager
    def open(cls, data_dir: Path) -> "Iterator[House]":
        """A server over ``data_dir`` for as long as the block lasts."""
        settings = Settings(data_dir=data_dir, database_url="", secret_key="for tests only")
        engine = connect(settings.sqlalchemy_url())
        clock = Clock()
        usage, stopping = usage_store(engine, data_dir), Event()
        app = create_app(engine, usage, settings, clock=clock)
        jobs = BillingJobs(engine, usage, clock, ids.new_id)
        billing = Thread(target=watch, args=(jobs, stopping.wait, jobs.work_off), name="billing")
        listener = socket.create_server(("127.0.0.1", 0))  # callers wait here until it runs
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = uvicorn.Server(config(app))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="house")
        thread.start()
        billing.start()
        try:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            yield cls(address, engine, settings, clock)
        finally:
            stopping.set()
            billing.join()
            server.should_exit = True
            server.force_exit = True
            thread.join()
            listener.close()
            engine.dispose()

    @contextmanager
    def seller(self) -> Iterator[Seller]:
        """A new workspace with a user and an API key."""
        number = next(self._numbers)
        email = f"ann.{number}@seller.example"
        with writing(self.engine) as tx:
            home = access.named_workspace(
                tx, name=f"Seller {number}", id=ids.new_id(), at=self.clock()
            )
            users.create(
                tx, home.id, id=ids.new_id(), email=email, password=PASSWORD, at=self.clock()
            )
            key = access.create_key(
                tx,
                home.id,
                id=ids.new_id(),
                at=self.clock(),
                hashing_key=self.settings.hashing_key(),
            )
        with httpx2.Client(
            base_url=f"{self.address}/api", auth=key, trust_env=False, verify=False, timeout=60
        ) as client:
            yield Seller(email, client, f"Seller {number}")
