"""Who could not be billed, and why: one bad schedule bills nobody less."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from catchment.core.control import Failure
from catchment.core.errors import BillingError
from catchment.core.schedules import Schedule

_T = TypeVar("_T")

Failures = dict[str, Failure]
"""By schedule: one that failed is not asked again."""


def attempt(schedule: Schedule, failures: Failures | None, make: Callable[[], _T]) -> _T | None:
    """What ``make`` returns; None where it fails, which is then reported under the customer.

    A database that is away is nobody's in particular: that stops the run.
    """
    if failures is None:
        return make()
    try:
        return make()
    except DBAPIError:
        raise
    except Exception as error:  # noqa: BLE001 -- one bad schedule bills nobody less
        reason = f"{type(error).__name__}: {error}"
        failure = Failure(schedule.customer, schedule.id, reason)
        if isinstance(error, BillingError):
            failure = replace(failure, reason=error.detail, code=error.code)
        failures.setdefault(schedule.id, failure)
        return None
