"""Families as a file of the same columns that an import reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection

from catchment.core.families.family_import import ADDRESS, COLUMNS
from catchment.core.values.period import BEGINNING
from catchment.store.families import family_export
from catchment.store.families.families import View

_AT_ONCE = 10_000


def export_families(tx: Connection, view: View) -> Iterator[str]:
    """CSV, piece by piece: every customer that is not archived, by its oldest alias or its id.

    A place that holds since always has no date.
    """
    names = family_export.names(tx, view.workspace)
    people = family_export.first_contacts(tx, view.workspace)
    piece = io.StringIO()
    write = csv.writer(piece).writerow
    write(COLUMNS)
    for number, one in enumerate(family_export.everybody(tx, view), 1):
        parent = "" if one.parent is None else names.get(one.parent, one.parent)
        email, contact = people.get(one.id, ("", ""))
        write(
            (
                names.get(one.id, one.id),
                parent,
                _date(one.since),
                one.legal_name,
                email,
                contact,
                *(one.address.get(part, "") for part in ADDRESS),
                one.tax_status,
                one.label,
            )
        )
        if number % _AT_ONCE == 0:
            yield piece.getvalue()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue()


def _date(at: datetime | None) -> str:
    """A day where it is one; nothing since always."""
    if at is None or at == BEGINNING:
        return ""
    utc = at.astimezone(UTC)
    if (utc.hour, utc.minute, utc.second, utc.microsecond) == (0, 0, 0, 0):
        return utc.date().isoformat()
    return utc.isoformat().replace("+00:00", "Z")
