"""Killed at any step of billing and finalising, a second run ends as one undisturbed run would have."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from catchment.store.access import Workspace

ROOT = Path(__file__).parents[2]
POINTS = int(os.environ.get("CATCHMENT_KILL_POINTS", "20"))


def kills(engine: Engine, data_dir: Path, points: int, *flags: str) -> Any:
    url = engine.url.render_as_string(hide_password=False)
    engine.dispose()
    command = [sys.executable, "-m", "tests.flows.crashing", url, data_dir, str(points), *flags]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


def test_a_kill_at_any_step_leaves_nothing_double_missing_or_wrong(
    engine: Engine, workspace: Workspace, data_dir: Path
) -> None:
    told = kills(engine, data_dir, POINTS)

    assert told["invoices"] == 36
    assert len(told["wrong"]) >= min(POINTS, 18)
    assert {at: wrong for at, wrong in told["wrong"].items() if wrong} == {}


def test_the_checker_sees_invoices_that_are_not_written_whole(
    engine: Engine, workspace: Workspace, data_dir: Path
) -> None:
    told = kills(engine, data_dir, 3, "--broken")

    assert len(told["wrong"]) == 3
    for wrong in told["wrong"].values():
        # The run sees it too, so that nothing is issued with a number.
        assert {complaint.split(":")[0] for complaint in wrong} == {
            "unbalanced",
            "not issued by the run",
            "total",
            "not finalised",
            "other",
        }
