"""Adjustments that come to nothing: looked at once, not in every run for good."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.invoices.adjustments import Adjusting
from catchment.core.invoices.consolidation import Due
from catchment.core.terms.schedules import ChargeId
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.seat_usage import of_seats
from catchment.flows.billing.late.late_usage import standing
from catchment.store.usage import late_looks


def quiet(
    dues: Iterable[Due], adjusted: Collection[ChargeId], failed: Collection[str]
) -> list[Adjusting]:
    """What invoices were to adjust and is not ``adjusted`` by a line of their drafts.

    Of schedules that ``failed`` nothing is known. Seats are few enough to be looked at again.
    """
    return [
        one
        for due in dues
        if due.schedule.id not in failed
        for one in due.adjusting
        if not one.reverses
        and not of_seats(one.charge.item.metric)
        and one.schedule.id not in failed
        and one.charge.billed_as not in adjusted
    ]


def note(
    tx: Connection,
    agreed: Agreements,
    found: Iterable[Adjusting],
    last_seq: int,
    known_at: datetime,
) -> None:
    """Remember that these charges cost the same, unless others have changed what is billed of them.

    They were measured up to the place ``last_seq``, by what was known at ``known_at``.
    """
    wanted = {one.charge.billed_as: {line.id for line in one.billed} for one in found}
    now = standing(tx, agreed, wanted.keys())
    same = [charge for charge, lines in wanted.items() if now.get(charge) == (lines, False)]
    late_looks.note(tx, agreed.workspace.id, same, last_seq, known_at)
