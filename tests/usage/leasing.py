"""Takes a workspace's lease, says so, and keeps it until it is killed: ``python -m tests.usage.leasing URL WORKSPACE``."""

import sys

from catchment.store.engine import connect
from catchment.store.lease import held
from catchment.usage.loading import LEASE

with held(connect(sys.argv[1]), LEASE, sys.argv[2], wait=False) as mine:
    sys.stdout.write(f"{mine}\n")
    sys.stdout.flush()
    sys.stdin.read()
