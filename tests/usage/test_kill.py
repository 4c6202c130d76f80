"""Killed at any step, nothing acknowledged and kept is lost and nothing is doubled."""

import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from catchment import ids
from catchment.core.usage.metering import Event, current, measure
from catchment.store import access
from catchment.store.engine import connect, reading, writing
from catchment.store.usage import kept_usage
from catchment.usage import EventFilter, EventPageRequest, UsageStore
from catchment.usage.opening import usage_store
from tests.usage.crashing import KEPT_SINCE, STORY
from tests.usage.world import EVERYTHING, START

ROOT = Path(__file__).parents[2]
STRIDE = os.environ.get("CATCHMENT_KILL_STRIDE", "3")  # 1 dies at every single step


def test_after_a_kill_at_any_step_stored_is_what_was_acknowledged(
    sqlite_template: Path, tmp_path: Path
) -> None:
    template, work = tmp_path / "template.db", tmp_path / "work"
    shutil.copy(sqlite_template, template)
    work.mkdir()
    engine = connect(f"sqlite:///{template}")
    with writing(engine) as tx:
        home = access.named_workspace(tx, name="w", id=ids.new_id(), at=START)
    engine.dispose()

    command = [sys.executable, "-m", "tests.usage.crashing", template, work, home.id, STRIDE]
    subprocess.run(command, cwd=ROOT, check=True)

    lives = sorted(work.iterdir(), key=lambda one: int(one.name))
    assert len(lives) > 40
    for data_dir in lives:
        survivors(data_dir, home.id, whole=data_dir == lives[-1])


def survivors(data_dir: Path, workspace_id: str, *, whole: bool) -> None:
    noted = data_dir / "acknowledged"
    count = len(noted.read_text().splitlines()) if noted.exists() else 0
    acknowledged = [event for request in STORY[:count] for event in request]
    in_flight = [event for request in STORY[: count + 1] for event in request]
    engine = connect(f"sqlite:///{data_dir / 'catchment.db'}")
    usage = usage_store(engine, data_dir)

    with reading(engine) as tx:
        since = kept_usage.since(tx, workspace_id)
    first = stored(usage, workspace_id)
    usage.catch_up(workspace_id)
    again = stored(usage, workspace_id)
    answer = usage.measure(workspace_id, [EVERYTHING])
    if since is not None:
        usage.drop_before(workspace_id, since)
    left = stored(usage, workspace_id)

    # A request that was not answered is there as a whole or not at all.
    told = acknowledged if first == [n(e) for e in kept(acknowledged, since)] else in_flight
    assert first == [n(e) for e in kept(told, since)], data_dir
    assert again == left == first, data_dir
    assert answer == [measure(EVERYTHING, kept(current(told), since))], data_dir
    if since is not None:
        assert usage.stats(workspace_id, ()).events_in_files == len(first), data_dir
    if whole:
        assert since == KEPT_SINCE
        assert told == in_flight == [event for request in STORY for event in request]
    usage.close()
    engine.dispose()


def stored(usage: UsageStore, workspace_id: str) -> list[str]:
    page = usage.events(
        workspace_id, EventFilter(), EventPageRequest(limit=100, by_id=True, ascending=True)
    )
    assert page.total == len(page.events)
    return [json.loads(event.properties)["n"] for event in page.events]


def kept(events: list[Event], since: datetime | None) -> list[Event]:
    return [event for event in events if since is None or event.at >= since]


def n(event: Event) -> str:
    return event.properties["n"]
