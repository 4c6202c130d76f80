"""The schema that migrations make is the one that the tables tell, and no other one is used."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine
from typer.testing import CliRunner

from catchment.cli import app
from catchment.store.engine import connect, reading, writing
from catchment.store.migrating import SchemaUnknown, migrate
from catchment.store.schema import metadata


@pytest.fixture
def own(engine: Engine) -> Iterator[Engine]:
    """A database that may be spoilt."""
    if engine.dialect.name == "sqlite":
        yield engine
        return
    apart = engine.execution_options(isolation_level="AUTOCOMMIT")
    with apart.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE spoilt")
    url = engine.url.set(database="spoilt")
    spoilt = connect(url.render_as_string(hide_password=False))
    migrate(spoilt)
    yield spoilt
    spoilt.dispose()
    with apart.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE spoilt")


def told(engine: Engine, *statements: str) -> str:
    with writing(engine) as tx:
        for statement in statements:
            tx.exec_driver_sql(statement)
    with pytest.raises(SchemaUnknown) as found:
        migrate(engine)
    return str(found.value)


def test_migrations_make_the_tables(engine: Engine) -> None:
    with reading(engine) as tx:
        assert not compare_metadata(MigrationContext.configure(tx), metadata)


def test_a_database_without_a_column_is_not_used(own: Engine) -> None:
    said = told(own, "ALTER TABLE customers RENAME COLUMN legal_name TO called")

    assert "customers.legal_name." in said


def test_of_many_columns_that_are_missing_three_are_told(own: Engine) -> None:
    said = told(own, "ALTER TABLE users RENAME TO visitors")

    assert said.count("users.") == 3
    assert "and others" in said


def test_a_newer_version_s_database_is_not_used(own: Engine) -> None:
    said = told(own, "UPDATE alembic_version SET version_num = '9999'")

    assert "newer version" in said
    assert "'9999'" in said


def test_the_command_line_says_so(tmp_path: Path) -> None:
    runner = CliRunner()
    migrated = ("migrate", "--data-dir", str(tmp_path))
    assert runner.invoke(app, migrated).exit_code == 0
    engine = connect(f"sqlite:///{tmp_path / 'catchment.db'}")
    told(engine, "ALTER TABLE customers RENAME COLUMN legal_name TO called")
    engine.dispose()

    for command in (migrated, ("usage", "move", "--to", "embedded", *migrated[1:])):
        answer = runner.invoke(app, command)
        assert answer.exit_code == 2
        assert "customers.legal_name" in answer.stderr
