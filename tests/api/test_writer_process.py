"""Where no process can be started to write events, the server does so, and does not wait for one."""

import logging
import sys
from typing import cast

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from catchment.api.usage.writing.process import writing_apart
from catchment.settings import Settings


def test_a_server_that_cannot_start_a_writer_begins_without(
    client: TestClient,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    intake = cast("FastAPI", client.app).state.intake
    monkeypatch.setattr(sys, "executable", "/nowhere")

    with caplog.at_level(logging.ERROR), writing_apart(intake, settings):
        assert intake.apart is None

    assert "writes usage events itself" in caplog.text
