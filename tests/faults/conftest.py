"""What a process of its own needs to work on a test's database."""

import pytest
from sqlalchemy import Engine

from catchment import ids
from catchment.settings import Settings
from catchment.store import access
from catchment.store.access import Workspace
from catchment.store.engine import writing
from tests.faults.story import START


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    """The settings of a test, for another process."""
    return {
        "CATCHMENT_DATA_DIR": str(settings.data_dir),
        "CATCHMENT_DATABASE_URL": settings.database_url,
        "CATCHMENT_SECRET_KEY": settings.secret_key,
    }


@pytest.fixture
def key(engine: Engine, workspace: Workspace, settings: Settings) -> tuple[str, str]:
    """A key of the API."""
    with writing(engine) as tx:
        return access.create_key(
            tx, workspace.id, id=ids.new_id(), at=START, hashing_key=settings.hashing_key()
        )
