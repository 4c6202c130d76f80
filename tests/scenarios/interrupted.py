"""A demo that is killed in the middle, several times over.

Run as ``python -m tests.scenarios.interrupted FOLDER FLIGHTS COMMITS…``: for each number of COMMITS it forks,
and the child builds the demo in FOLDER until it is about to commit once more than that. Fails if a child
came to its end instead.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event

from tests.scenarios.airports import opened


def live(folder: Path, data: Path, commits: int) -> None:
    with opened(folder, data) as airports:
        left = iter(range(commits))

        @event.listens_for(airports.engine, "commit")
        def die(_connection: Any) -> None:
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        airports.build()


def main(folder: Path, data: Path, lives: list[int]) -> None:
    for commits in lives:
        child = os.fork()
        if child == 0:
            live(folder, data, commits)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            sys.exit(f"The life of {commits} commits ended with {status}.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [int(one) for one in sys.argv[3:]])
