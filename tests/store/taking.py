"""Takes a turn, says so, and keeps it until it is killed: ``python -m tests.store.taking PATH``."""

import sys
from pathlib import Path

from catchment.store.turns import Turns

Turns(Path(sys.argv[1])).take("whoever is killed")
sys.stdout.write("mine\n")
sys.stdout.flush()
sys.stdin.read()
