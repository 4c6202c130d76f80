"""``catchment usage load --watch``, eager: ``python -m tests.faults.loader LOG`` loads and merges what is hardly worth it.

Every work that it throws away is a line of LOG.
"""

import logging
import sys
from threading import Event

from catchment.jobs.loading import watch
from catchment.settings import Settings
from catchment.stores import build
from catchment.usage import loading
from catchment.usage.embedded import merging

loading._ROWS_WORTH_LOADING = 4
merging.FAN_IN = 3

if __name__ == "__main__":
    logging.basicConfig(filename=sys.argv[1], format="%(message)s")
    logging.getLogger("catchment.usage").setLevel(logging.INFO)
    watch(build(Settings()).usage, Event().wait)
