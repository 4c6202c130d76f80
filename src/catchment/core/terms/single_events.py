"""Usage told apart by its events: what each of them added, and what had been reached before it.

A price per event charges every event of a day by itself. All of them are measured together, as one
day is, and each takes its own out of that answer. So an event is priced where it stands among the
others, and whatever is asked of the day (whose it is, how far it was read) is asked once.
"""

from __future__ import annotations

from typing import Final

from catchment.core.usage.metering import Usage
from catchment.core.values.money import EXACT

_PREFIX: Final = "event:"


class EventPart(str):
    """The part of a day's charge that is one event; as a text it is in the keys of lines."""

    __slots__ = ()

    @classmethod
    def of(cls, event: str) -> EventPart:
        """That of the event with this id of its sender's."""
        return cls(_PREFIX + event)

    @property
    def event(self) -> str:
        """The sender's id of the event."""
        return self.removeprefix(_PREFIX)

    @staticmethod
    def names_one(text: str) -> bool:
        """Whether ``text`` is what such a part is kept as."""
        return text.startswith(_PREFIX)


def by_event(usage: Usage) -> dict[str, Usage]:
    """The usage of each event that was counted, by its sender's id, in their order.

    Reached before it is what had been ``reached`` before all of them, and what those before it
    have added.
    """
    found = {}
    reached = usage.reached
    for one in usage.events:
        found[one.id] = Usage(
            one.value,
            {one.customer: one.value},
            1,
            {one.customer: 1},
            values=((one.value, 1),),
            member_values={one.customer: ((one.value, 1),)},
            events=(one,),
            reached=reached,
        )
        reached = EXACT.add(reached, one.value)
    return found
