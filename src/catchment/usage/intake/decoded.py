"""What reading JSON bodies comes to, in whichever way they are read."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

FIELDS = ("customerAlias", "eventType", "eventTimestamp", "customerEventId")
PROPERTIES = "eventProperties"
"""What an event's fields are called on the wire."""

Named = dict[str, set[str]]
"""The properties of a load that have columns, and of which kinds these are so far."""


class Decoded(NamedTuple):
    """The events of some bodies, in order; what was not sent is null."""

    counts: list[int]
    """How many events each body has."""
    aliases: pa.StringArray
    event_types: pa.StringArray
    timestamps: pa.StringArray
    customer_event_ids: pa.StringArray
    properties: dict[str, pa.Array]
    """All other columns by name: those of properties, and of what has no column."""
