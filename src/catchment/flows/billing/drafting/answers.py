"""What was measured for a charge, or for all events of a day that are charged one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo

from catchment.core.due.pools import NO_POOL, Pool
from catchment.core.shares.breakdown import Basis, Measured
from catchment.core.terms.pricing import continues
from catchment.core.terms.schedules import Charge
from catchment.core.terms.single_events import by_event
from catchment.core.usage.metering import NO_USAGE, Usage


@dataclass(slots=True)
class Answer:
    """The usage that charges asked for, and the members of its ``pool`` that have some.

    Events are told by the clock of a time ``zone``.
    """

    usage: Usage
    pool: Pool
    basis: Basis | None
    zone: tzinfo
    _events: Mapping[str, tuple[Usage, Pool]] | None = field(default=None, repr=False)

    def measured(self, charge: Charge, beside: tuple[Measured, ...] = ()) -> Measured:
        """The charge with its usage: all there is, or that of its event. An event that does not
        count is no usage.
        """
        usage, pool = self.usage, self.pool
        if charge.event is not None:
            usage, pool = self._by_event().get(charge.event, (NO_USAGE, NO_POOL))
            if usage.reached and not continues(charge.item.price):
                usage = replace(usage, reached=NO_USAGE.reached)
        return Measured(charge, usage, pool, self.basis, beside)

    def _by_event(self) -> Mapping[str, tuple[Usage, Pool]]:
        if self._events is None:
            alone = {one.customer: Pool((one,), ()) for one in self.pool.members}
            local = replace(
                self.usage,
                events=tuple(
                    one._replace(at=one.at.astimezone(self.zone)) for one in self.usage.events
                ),
            )
            self._events = {
                id: (own, alone[own.events[0].customer]) for id, own in by_event(local).items()
            }
        return self._events
