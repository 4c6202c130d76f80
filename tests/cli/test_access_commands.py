"""Keys and users from the command line."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from catchment import __version__
from catchment.cli import app
from catchment.main import app_of
from catchment.settings import Settings
from catchment.stores import build


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "data"


def run(*words: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(app, list(words), env=env)


def at(home: Path, *words: str, env: dict[str, str] | None = None) -> Result:
    return run(*words, "--data-dir", str(home), env=env)


def test_a_new_key_opens_the_api_until_it_is_revoked(home: Path) -> None:
    printed = json.loads(at(home, "keys", "create", "--json").stdout)
    assert set(printed) == {"clientId", "clientSecret"}
    key = (printed["clientId"], printed["clientSecret"])
    built = build(Settings(data_dir=home))
    with TestClient(app_of(built), base_url="http://testserver/api") as client:
        assert client.get("/products", auth=key).status_code == 200

        assert at(home, "keys", "revoke", printed["clientId"]).exit_code == 0

        assert client.get("/products", auth=key).status_code == 401
    built.engine.dispose()
    assert at(home, "keys", "revoke", printed["clientId"]).exit_code == 1


def test_a_key_for_people_is_printed_in_words(home: Path) -> None:
    shown = at(home, "keys", "create", "--workspace", "Acme", "--name", "CI").stdout

    assert "Acme" in shown
    assert "client secret  cs_" in shown


def test_a_new_user_signs_in(home: Path) -> None:
    made = at(home, "users", "create", "ada@example.com", "--password", "correct horse")
    assert (made.exit_code, made.stdout) == (0, "ada@example.com may sign in to My company.\n")
    built = build(Settings(data_dir=home))
    with TestClient(app_of(built), base_url="http://testserver/api") as client:
        answer = client.post(
            "/session",
            json={"email": "ada@example.com", "password": "correct horse"},
            headers={"X-Requested-With": "catchment-dashboard"},
        )
    built.engine.dispose()

    assert answer.status_code == 200


def test_the_password_can_come_from_the_environment(home: Path) -> None:
    env = {"CATCHMENT_USER_PASSWORD": "correct horse"}

    assert at(home, "users", "create", "ada@example.com", env=env).exit_code == 0


@pytest.mark.parametrize(("password", "code"), [("short", 2), ("correct horse", 1)])
def test_a_short_password_and_a_second_user_of_one_address_are_refused(
    home: Path, password: str, code: int
) -> None:
    at(home, "users", "create", "ada@example.com", "--password", "correct horse")

    assert at(home, "users", "create", "Ada@example.com", "--password", password).exit_code == code


def test_migrating_twice_changes_nothing(home: Path) -> None:
    assert at(home, "migrate").exit_code == 0
    assert "Up to date" in at(home, "migrate").stdout


def test_the_version_is_told() -> None:
    assert run("--version").stdout.strip() == __version__
