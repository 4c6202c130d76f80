"""Which billed charges another customer would pay for, once customers move.

Only what bills its parent can change hands, and only where the move changes who is above: so just
the schedules at and below the moved customers are looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId, Move
from catchment.core.invoices.consolidation import Payer, payer
from catchment.core.values.period import day_after, first_instant
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.families.payers import Blocker
from catchment.store.access import Workspace
from catchment.store.schedules import joining
from catchment.store.schedules.joining import Billed


@dataclass(frozen=True, slots=True)
class Turn:
    """A billed service that changes hands, or whose way up to the same payer is another."""

    billed: Billed
    customer: CustomerId
    before: Payer
    after: Payer

    @property
    def changes_hands(self) -> bool:
        return self.before.host.id != self.after.host.id


def turns(
    tx: Connection,
    workspace: Workspace,
    schedule_ids: Collection[str],
    moves: Mapping[CustomerId, Move],
) -> list[Turn]:
    """What of the live invoices' lines of these schedules the moves touch, by invoice number."""
    billed = joining.billed(tx, workspace.id, schedule_ids)
    if not billed:
        return []
    worlds = agreements.paying(tx, workspace, {one.schedule_id for one in billed}, moves)
    found = []
    for one in billed:
        customer = worlds[0].schedules[one.schedule_id].customer
        before, after = (_payer(agreed, one) for agreed in worlds)
        if (before.host.id, before.path) != (after.host.id, after.path):
            found.append(Turn(one, customer, before, after))
    return found


def finalised(workspace: Workspace, turned: Iterable[Turn]) -> list[Blocker]:
    """The finalised invoices with a line that would be somebody else's to pay."""
    zone = ZoneInfo(workspace.timezone)
    found = {}
    for turn in turned:
        one = turn.billed
        if one.number is not None and turn.changes_hands:
            until = first_instant(day_after(one.due_on), zone)
            found[one.invoice_id] = Blocker(
                one.schedule_id, one.number, one.payer_name, one.due_on, until
            )
    return list(found.values())


def _payer(agreed: Agreements, one: Billed) -> Payer:
    return payer(
        agreed.schedules[one.schedule_id],
        one.due_on,
        one.service,
        forest=agreed.forest,
        hosts=agreed.hosts,
        zone=agreed.zone,
    )
