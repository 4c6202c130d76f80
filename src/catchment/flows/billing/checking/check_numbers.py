"""Whether invoice numbers have no gap: all up to the one given last, each once."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection

from catchment.store import sequences
from catchment.store.invoices import invoices


def number_faults(tx: Connection, workspace_id: str) -> list[str]:
    """A sentence for every number that is missing, given twice or beyond the one given last."""
    last = sequences.last(tx, workspace_id, sequences.INVOICE)
    found = Counter(_place(number) for number in invoices.numbers(tx, workspace_id))
    faults = [
        f"No invoice has number {place}." for place in range(1, last + 1) if place not in found
    ]
    faults += [
        f"{times} invoices have number {place}." for place, times in found.items() if times > 1
    ]
    faults += [
        f"Number {place} was never given out."
        for place in sorted(place for place in found if not 0 < place <= last)
    ]
    return faults


def _place(number: str) -> int:
    """The running number in an invoice's number, which may have any prefix; 0 without one."""
    _, _, digits = number.rpartition("-")
    return int(digits) if digits.isascii() and digits.isdigit() else 0
