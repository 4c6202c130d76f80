"""What happens when a customer is given names or loses them.

A name belongs to one customer at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.values.errors import Conflict
from catchment.core.values.ids import NewId
from catchment.store.families import aliases, customers
from catchment.store.families.aliases import Alias


class AliasTaken(Conflict):
    """This alias belongs to a customer already."""

    code = "alias_taken"


def set_aliases(
    tx: Connection,
    workspace: str,
    customer: CustomerId,
    values: Sequence[str],
    *,
    now: datetime,
    new_id: NewId,
) -> None:
    """Make the customer's aliases exactly ``values``.

    Its own id, always an alias, may be among them.
    Raises AliasTaken.
    """
    aliases.hold(tx, workspace)
    wanted = [value for value in dict.fromkeys(values) if value != customer]
    owners = aliases.owners(tx, workspace, wanted)
    for value in wanted:
        if owners.get(value, customer) != customer:
            pointer = f"/customerAliases/{values.index(value)}"
            raise _taken(tx, workspace, value, owners[value], pointer)
    present = aliases.of_customers(tx, workspace, [customer]).get(customer, [])
    dropped = [one.id for one in present if one.value not in wanted]
    aliases.delete(tx, workspace, dropped, now)
    new = [value for value in wanted if value not in owners]
    aliases.add(tx, workspace, [Alias(new_id(), customer, value, None, now) for value in new])


def add_alias(tx: Connection, workspace: str, alias: Alias) -> None:
    """Give a customer one more name. Raises AliasTaken."""
    aliases.hold(tx, workspace)
    owner = aliases.owners(tx, workspace, [alias.value]).get(alias.value)
    if owner is not None:
        raise _taken(tx, workspace, alias.value, owner, "/value")
    aliases.add(tx, workspace, [alias])


def _taken(
    tx: Connection, workspace: str, value: str, owner: CustomerId, pointer: str
) -> AliasTaken:
    name = customers.names(tx, workspace, [owner])[owner]
    how = "is the id of" if value == owner else "is an alias of"
    message = f"{value!r} {how} {name} ({owner})."
    return AliasTaken.field(pointer, message)
