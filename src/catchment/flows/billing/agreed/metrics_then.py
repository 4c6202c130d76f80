"""Metrics as they were when a charge was billed: what it is measured by for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from catchment.core.terms.schedules import Charge
from catchment.store.invoices import adjustments
from catchment.store.invoices.rows import evidence


def as_billed(tx: Connection, workspace_id: str, charges: Sequence[Charge]) -> list[Charge]:
    """The charges, and those beside them, with their metrics as of when each was billed first."""
    everything = [one for charge in charges for one in (charge, *charge.beside)]
    wanted = {one.billed_as for one in everything if one.item.metric is not None}
    lines = adjustments.lines_of(tx, workspace_id, wanted)
    first = {charge: own[0].standing.id for charge, own in lines.items()}
    metrics = evidence.metrics(tx, workspace_id, sorted(first.values()))

    def then(one: Charge) -> Charge:
        metric = metrics.get(first.get(one.billed_as, ""))
        return one if metric is None else replace(one, item=replace(one.item, metric=metric))

    return [
        replace(then(charge), beside=tuple(then(one) for one in charge.beside))
        for charge in charges
    ]
