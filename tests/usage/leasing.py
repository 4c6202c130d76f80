"""Takes a workspace's lease, says so, and keeps it until it is killed: ``python -m tests.usage.leasing URL FOLDER WORKSPACE``."""

import sys
from pathlib import Path

from catchment.store.engine import connect
from catchment.usage.lease import held

with held(connect(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], wait=False) as mine:
    sys.stdout.write(f"{mine}\n")
    sys.stdout.flush()
    sys.stdin.read()
