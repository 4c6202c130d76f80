from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from catchment.demo.credentials import Credentials, credentials
from catchment.store import access, users
from catchment.store.engine import writing

NOW = datetime(2026, 3, 10, tzinfo=UTC)
KEY = b"for tests only"


def entered(engine: Engine, home: access.Workspace, folder: Path) -> Credentials:
    with writing(engine) as tx:
        return credentials(tx, home, folder, "demo@airports.example", at=NOW, hashing_key=KEY)


def test_the_printed_credentials_open_the_workspace(
    engine: Engine, workspace: access.Workspace, tmp_path: Path
) -> None:
    made = entered(engine, workspace, tmp_path)

    with writing(engine) as tx:
        signed_in = users.of_password(tx, made.email, made.password)
        assert signed_in is not None
        assert signed_in[1] == workspace
        assert access.workspace_of_key(tx, *made.key, KEY) == workspace


def test_asking_again_gives_the_same_ones(
    engine: Engine, workspace: access.Workspace, tmp_path: Path
) -> None:
    assert entered(engine, workspace, tmp_path) == entered(engine, workspace, tmp_path)


def test_the_file_is_for_its_owner_only(
    engine: Engine, workspace: access.Workspace, tmp_path: Path
) -> None:
    entered(engine, workspace, tmp_path)

    [file] = tmp_path.glob("demo*")
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_interruption_before_the_commit_locks_nobody_out(
    engine: Engine, workspace: access.Workspace, tmp_path: Path
) -> None:
    with engine.connect() as connection, connection.begin() as unfinished:
        credentials(
            connection, workspace, tmp_path, "demo@airports.example", at=NOW, hashing_key=KEY
        )
        unfinished.rollback()

    made = entered(engine, workspace, tmp_path)

    with writing(engine) as tx:
        assert access.workspace_of_key(tx, *made.key, KEY) == workspace
        assert users.of_password(tx, made.email, made.password) is not None


def test_a_lost_file_means_new_credentials(
    engine: Engine, workspace: access.Workspace, tmp_path: Path
) -> None:
    lost = entered(engine, workspace, tmp_path)
    (tmp_path / "demo.json").unlink()

    made = entered(engine, workspace, tmp_path)

    assert made.password != lost.password
    with writing(engine) as tx:
        assert users.of_password(tx, lost.email, lost.password) is None
        assert users.of_password(tx, made.email, made.password) is not None
