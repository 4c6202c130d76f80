"""On which invoice an adjustment stands: the next one of the schedule whose invoice it adjusts.

It goes to who paid then. A schedule that is over has no next invoice: it gets a last one, of the
day on which that is found. What finds no place waits, and the control sheet says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from catchment.core.due.charging import is_over
from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.adjustments import Adjusting
from catchment.core.invoices.consolidation import Due, Key
from catchment.core.terms.schedules import BillTo, Schedule
from catchment.store.invoices.already_billed import DaysBilled


@dataclass(frozen=True, slots=True)
class Slot:
    """An invoice that is being drafted, and who gets it."""

    due: Due
    payer: CustomerId

    def takes(self, one: Adjusting, schedule_id: str | None) -> bool:
        """Whether it is of that schedule (None: of any), for the same payer, in one currency."""
        host = self.due.schedule
        return (
            schedule_id in {None, host.id}
            and self.payer == one.payer
            and host.currency == one.charge.item.currency
            and one.since <= self.due.on
        )


def wanted(one: Adjusting) -> bool:
    """Whether it is to be billed. What counts twice by now is always taken back, and what was
    agreed anew is always settled.
    """
    settled = one.reverses or one.agreed_anew
    return settled or (one.schedule.adjust_late and one.schedule.archived_at is None)


def attached(
    slots: Iterable[Slot], found: Iterable[Adjusting], known: Mapping[str, Schedule]
) -> tuple[list[Due], list[Adjusting]]:
    """The invoices with the adjustments that they can take, and the adjustments that none can.

    Of several invoices of a schedule the first takes them; ``known`` are schedules by id.
    """
    waiting: list[Adjusting] = []
    ordered = sorted(slots, key=lambda slot: (slot.due.on, slot.due.key))
    taken: dict[Key, list[Adjusting]] = {}
    for one in found:
        slot = next((slot for slot in ordered if slot.takes(one, one.host_id)), None)
        host = known.get(one.host_id)
        if slot is None and host is not None and host.bill_to is BillTo.PARENT:
            slot = next((slot for slot in ordered if slot.takes(one, None)), None)
        if slot is None:
            waiting.append(one)
        else:
            taken.setdefault(slot.due.key, []).append(one)
    dues = [replace(slot.due, adjusting=tuple(taken.get(slot.due.key, ()))) for slot in ordered]
    return dues, waiting


def last_invoices(
    waiting: Iterable[Adjusting], known: Mapping[str, Schedule], billed: DaysBilled, on: date
) -> list[Due]:
    """Invoices of the day ``on`` for what waits on schedules that have none coming."""
    drafting: dict[str, date] = {}
    for key in sorted(billed.days.keys() - billed.issued):
        drafting[key.schedule_id] = key.due_on  # the last of them
    slots: dict[str, Slot] = {}
    found: dict[str, list[Adjusting]] = {}
    for one in waiting:
        host = known.get(one.host_id)
        if host is None or not _has_ended(host, one, on):
            continue
        with_draft = host.id in drafting and one.since <= drafting[host.id]
        if with_draft or Key(host.id, on) in billed.days:
            continue
        slot = slots.setdefault(host.id, Slot(Due(host, (), day=on), one.payer))
        if slot.takes(one, host.id):
            found.setdefault(host.id, []).append(one)
    return [replace(slots[id].due, adjusting=tuple(own)) for id, own in found.items()]


def _has_ended(host: Schedule, one: Adjusting, on: date) -> bool:
    """Whether no invoice of ``host`` comes any more. An archived one only settles what it was paid
    in advance.
    """
    if host.archived_at is not None:
        return one.agreed_anew
    return host.bills and is_over(host, on)
