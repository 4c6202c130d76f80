"""Many processes bill one workspace: whoever dies, and whoever comes first, all is billed once.

`make prove-runs` does so far more often.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine

from catchment.store.access import Workspace

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("CATCHMENT_KILLS", "0")) or 6
RACES = int(os.environ.get("CATCHMENT_RACES", "0")) or 1
SEED = os.environ.get("CATCHMENT_SEED", "0")


def test_whoever_dies_and_whoever_comes_first_all_is_billed_once(
    engine: Engine, workspace: Workspace, data_dir: Path
) -> None:
    url = engine.url.render_as_string(hide_password=False)
    engine.dispose()
    numbers = map(str, (3, KILLS, 8, RACES))
    command = [sys.executable, "-m", "tests.flows.fleet", url, str(data_dir), *numbers, SEED]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    told = json.loads(done.stdout)

    assert [wrong for rounds in told.values() for wrong in rounds if wrong] == []
    assert told["killed"]
    assert len(told["racing"]) == RACES
