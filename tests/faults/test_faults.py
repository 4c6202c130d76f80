"""Whatever fails or dies while events are taken in, loaded and merged, none is lost and none counts twice."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DATABASES
from tests.faults.flaws import FLAWS
from tests.faults.steps import Fault

ROOT = Path(__file__).parents[2]
LIVES = int(os.environ.get("CATCHMENT_CRASHES", "4"))
"""How many on each database: 1,000 by `make prove-usage`."""

SEED = int(os.environ.get("CATCHMENT_SEED", "0"))


@pytest.fixture(scope="module")
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What came of all lives, those with a flaw too."""
    urls = {
        "sqlite": lambda: f"sqlite:///{request.getfixturevalue('sqlite_template')}",
        "postgresql": lambda: request.getfixturevalue("postgres_url"),
    }
    work = tmp_path_factory.mktemp("lives")
    arguments = [work, str(LIVES), str(SEED), "--flaws", *(urls[kind]() for kind in DATABASES)]
    command = [sys.executable, "-W", "error", "-m", "tests.faults.lives", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_whatever_strikes_stored_is_what_was_acknowledged_and_counts_once(
    told: dict[str, Any],
) -> None:
    struck = Counter({name: count for name, count in told["struck"].items() if count})

    assert told["wrong"] == {}
    assert struck.total() >= LIVES * len(DATABASES) // 2
    if LIVES >= 100:
        assert {name.partition(" ")[2] for name in struck} == set(Fault)


def test_the_checker_sees_each_way_to_lose_or_to_double(told: dict[str, Any]) -> None:
    tried = [one for one in FLAWS if "sqlite" in DATABASES or FLAWS[one] is not Fault.TORN]

    assert list(told["flaws"]) == tried
    assert all(told["flaws"].values()), told["flaws"]
