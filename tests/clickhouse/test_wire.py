"""The store answers over HTTP what it answers in one process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from catchment.core.usage.metering import UsageQuery
from catchment.usage import UsageStore
from catchment.usage.opening import usage_store
from tests.programs import Server
from tests.usage import test_conformance
from tests.usage.world import queries


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server("tests.clickhouse.bridge", [str(tmp_path_factory.mktemp("clickhouse"))])
    yield running
    running.close()


@pytest.fixture
def over_http(bridge: Server, engine: Engine, data_dir: Path) -> Iterator[UsageStore]:
    store = usage_store(engine, data_dir, f"clickhouse://127.0.0.1:{bridge.port}/catchment")
    yield store
    store.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(test_conformance.LOADS, st.lists(queries(), min_size=1, max_size=6))
def test_it_agrees_with_the_definition(
    engine: Engine, over_http: UsageStore, loads: list, asked: list[UsageQuery]
) -> None:
    agrees = test_conformance.test_the_store_agrees_with_the_definition.hypothesis.inner_test
    agrees(engine, over_http, loads, asked)
