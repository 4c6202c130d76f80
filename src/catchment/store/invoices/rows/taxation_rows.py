"""How lines are taxed, kept once for all lines that are taxed the same.

As with the terms of lines, a row's id is a digest of what it says, so it is there or added, and
never changed: a line keeps the rate, and the name of it, that it was issued with.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.json import encode
from sqlalchemy import Connection

from catchment.core.terms.taxes import Reason, Taxation, TaxRate
from catchment.store.bulk import add_new
from catchment.store.invoices.rows.by_content import name_of
from catchment.store.once import once
from catchment.store.schema import line_items, line_taxations
from catchment.store.taxes import taxations

OF_LINE = line_taxations.c.id == line_items.c.taxation_id
"""Joins a line with the row that says how it is taxed, if it is."""


class TaxationRow(NamedTuple):
    """How a line is taxed: its name, which is made of what it says, and it as JSON."""

    id: str
    workspace_id: str
    taxation: str


def row_of(workspace_id: str, one: Taxation) -> TaxationRow:
    """The row that lines taxed like that name."""
    known, key = _known(one.rate), (workspace_id, one.reason)
    found = known.get(key)
    if found is None:
        said = encode(taxations.kept(one))
        found = TaxationRow(name_of(workspace_id, said), workspace_id, said.decode())
        known[key] = found
    return found


@once
def _known(rate: TaxRate | None) -> dict[tuple[str, Reason], TaxationRow]:  # noqa: ARG001 -- told by it
    """By workspace and reason. The lines of many invoices have the very same rate."""
    return {}


def add(tx: Connection, rows: Iterable[TaxationRow]) -> None:
    """Keep those that are not kept yet."""
    add_new(tx, line_taxations, TaxationRow._fields, sorted(set(rows)))
