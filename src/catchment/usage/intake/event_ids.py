"""The id of a usage event is made of its place, so that nothing random is stored or looked up.

It is a UUIDv7 (RFC 9562 §5.7): 48 bits of the millisecond in which the event was received, the
version, the upper 12 of the 60 bits of its place, the variant, the lower 48 bits of its place, and
14 bits that tell the workspace. So ids rise as events are acknowledged, and an id leads to its
event without an index.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from catchment.core.values.period import BEGINNING

_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_MILLISECOND = timedelta(milliseconds=1)
_MARK_BITS = 14
_LOW_BITS = 48
_LOW = (1 << _LOW_BITS) - 1
_MARK = (1 << _MARK_BITS) - 1
_VARIANT = 0b10 << 62


def event_id(workspace_id: str, received_at: datetime, seq: int) -> str:
    """The id of the event at the place ``seq`` of its workspace."""
    return next(event_ids(workspace_id, received_at, (seq,)))


def event_ids(workspace_id: str, received_at: datetime, seqs: Iterable[int]) -> Iterator[str]:
    """The ids of events at these places, all received at once."""
    head = f"{(received_at - BEGINNING) // _MILLISECOND:012x}"
    head, mark = f"{head[:8]}-{head[8:]}-7", _VARIANT | _mark_of(workspace_id)
    for seq in seqs:
        tail = f"{mark | (seq & _LOW) << _MARK_BITS:016x}"
        yield f"{head}{seq >> _LOW_BITS:03x}-{tail[:4]}-{tail[4:]}"


def place_of(workspace_id: str, id: str) -> int | None:
    """The place that an id of the workspace names; None for whatever is no such id."""
    if _FORM.fullmatch(id) is None:
        return None
    digits = int(id.replace("-", ""), 16)
    if digits & _MARK != _mark_of(workspace_id):
        return None
    upper = digits >> 64 & 0xFFF
    return upper << _LOW_BITS | digits >> _MARK_BITS & _LOW


def millisecond_of(id: str) -> int:
    """When the event of an id of ours was received, in milliseconds since 1970."""
    return int(id[:8] + id[9:13], 16)


@lru_cache(maxsize=1024)
def _mark_of(workspace_id: str) -> int:
    digest = hashlib.blake2b(workspace_id.encode(), digest_size=2).digest()
    return int.from_bytes(digest, "big") & _MARK
