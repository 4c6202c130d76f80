"""Let the days of a workspace begin in another time zone, while none of them is billed."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from sqlalchemy import Connection

from catchment.core.values.errors import Conflict
from catchment.flows.billing.run_billing import hold
from catchment.store import accounts
from catchment.store.access import Workspace

_NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})


class TimeZoneInUse(Conflict):
    """The time zone can no longer be changed."""

    code = "time_zone_in_use"


@cache
def time_zones() -> frozenset[str]:
    """The names of time zones (IANA) that this machine knows."""
    return frozenset(available_timezones() - _NO_PLACES)


def change_time_zone(tx: Connection, workspace: Workspace, timezone: str) -> None:
    """Begin all days of a workspace in ``timezone``, one of ``time_zones``.

    Raises TimeZoneInUse once something was billed by days as they are.
    """
    hold(tx, workspace)
    if timezone == accounts.one(tx, workspace.id).workspace.timezone:
        return
    if accounts.has_billed(tx, workspace.id):
        raise TimeZoneInUse(
            "Days were billed as they begin now. Void or delete all invoices first, and let billing"
            " runs end; where usage was dropped by months, the time zone stays."
        )
    accounts.set_timezone(tx, workspace.id, timezone)
