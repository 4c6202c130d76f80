"""All events of a workspace from one storage to the other, and none lost on the way.

Events are taken over in their order as if they came from the inbox, with what superseded each. The
copy is compared with the original before one transaction makes it the home.
What was copied stays copied, however that ends: begun again it goes on after it, and moving back
copies only what has come since. Meanwhile everybody may send and read; who loads waits.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine

from catchment.store.engine import reading, writing
from catchment.store.usage import usage_homes
from catchment.usage.copying import Copy, Sums


class CopyDiffers(Exception):
    """A copy is not what it was copied from; nothing has been switched."""


def move(
    engine: Engine,
    workspace_id: str,
    source: Copy,
    target: Copy,
    copied: Callable[[int], None],
) -> None:
    """Make ``target`` the home of the events in ``source``.

    ``copied`` is told how many events were. Raises CopyDiffers.
    """
    while True:
        to = _caught_up(engine, workspace_id, source, target, copied)
        if _switched(engine, workspace_id, source, target, to):
            return  # else somebody loaded without a lease: the rest has to be copied, too


def _caught_up(
    engine: Engine,
    workspace_id: str,
    source: Copy,
    target: Copy,
    copied: Callable[[int], None],
) -> int:
    """Copy what is missing, and return up to where ``target`` is the same as ``source``."""
    with reading(engine) as tx:
        after, to = target.extent(tx, workspace_id), source.extent(tx, workspace_id)
    for part in source.slices(workspace_id, after, to):
        target.take(workspace_id, part)
        copied(len(part.events))
    _compare(source.sums(workspace_id, to), target.sums(workspace_id, to))
    return to


def _compare(there: list[Sums], here: list[Sums]) -> None:
    for one, other in zip(there, here, strict=False):
        if one != other:
            raise CopyDiffers(f"There is {one}, but of the copy {other}.")
    if len(there) != len(here):
        raise CopyDiffers(f"There are events of {len(there)} months, in the copy of {len(here)}.")


def _switched(engine: Engine, workspace_id: str, source: Copy, target: Copy, to: int) -> bool:
    """Whether ``source`` still ends at the place ``to``, and so ``target`` is the home now."""
    with writing(engine) as tx:
        usage_homes.hold(tx, workspace_id)
        if source.extent(tx, workspace_id) != to:
            return False
        target.settle(tx, workspace_id)
        return True
