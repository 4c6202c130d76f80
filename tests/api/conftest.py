"""Somebody who pays, and what for; and books that are written without the API."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.api.agreements import customer, price
from tests.flows.books import Books


@pytest.fixture
def books(engine: Engine, usage: UsageStore, workspace: Workspace) -> Books:
    return Books(engine, usage, workspace)


@pytest.fixture
def payer(client: TestClient) -> str:
    return customer(client)


@pytest.fixture
def fee(client: TestClient) -> str:
    return price(client)
