"""Somebody who pays, and what for."""

import pytest
from fastapi.testclient import TestClient

from tests.api.agreements import customer, price


@pytest.fixture
def payer(client: TestClient) -> str:
    return customer(client)


@pytest.fixture
def fee(client: TestClient) -> str:
    return price(client)
