"""A process that dies at a chosen step of accepting, loading, merging and dropping events.

Run as ``python -m tests.usage.crashing TEMPLATE WORK WORKSPACE STRIDE``: for every STRIDE-th step it
copies the empty database TEMPLATE to WORK/<step>, forks, and lets the child live the story below until
that step kills it. The child notes in the file ``acknowledged`` what it was told is safe. The last
folder is that of a child that came to the end.
"""

import os
import shutil
import signal
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, event

from catchment.store.engine import connect, reading, writing
from catchment.store.usage import kept_usage
from catchment.usage.embedded import merging
from catchment.usage.opening import usage_store
from tests.usage import world

# Each request supersedes something of an earlier one, and one thing within itself.
STORY = [
    [
        world.event(100 * request + place, customer_event_id=f"sent-{(request + place) % 7}")
        for place in range(8)
    ]
    for request in range(3)
]

KEPT_SINCE = world.START + timedelta(minutes=104)  # in the middle of the second


class Steps:
    """Counts what touches the disk, and dies at the chosen count."""

    def __init__(self, fatal: int) -> None:
        self._left = fatal

    def step(self, *_: object, **__: object) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1

    def audit(self, name: str, _: object) -> None:
        if name in {"os.rename", "os.remove", "os.utime", "os.mkdir"}:
            self.step()


def live(engine: Engine, data_dir: Path, workspace_id: str, steps: Steps) -> None:
    acknowledged = os.open(data_dir / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    usage = usage_store(engine, data_dir)
    merging.FAN_IN = 2  # so that a short story has merges
    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(engine, name, steps.step)
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        steps.step()
        sync(descriptor)

    os.fsync = fsync
    sys.addaudithook(steps.audit)
    for number, request in enumerate(STORY):
        world.send(engine, usage, workspace_id, request)
        os.write(acknowledged, f"{number}\n".encode())
        if number % 2:
            usage.catch_up(workspace_id)
    usage.catch_up(workspace_id)
    with writing(engine) as tx:
        kept_usage.keep_since(tx, workspace_id, KEPT_SINCE)
    usage.drop_before(workspace_id, KEPT_SINCE)


def main(template: Path, work: Path, workspace_id: str, stride: int) -> None:
    for fatal in range(0, 10_000, stride):
        data_dir = work / str(fatal)
        data_dir.mkdir()
        shutil.copy(template, data_dir / "catchment.db")
        child = os.fork()
        if child == 0:
            engine = connect(f"sqlite:///{data_dir / 'catchment.db'}")
            with reading(engine):  # the first connection makes itself ready before steps count
                pass
            live(engine, data_dir, workspace_id, Steps(fatal))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, status
            return
        assert os.WTERMSIG(status) == signal.SIGKILL, status


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
