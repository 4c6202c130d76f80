"""Finding text whatever its case, alike on every database.

Databases fold the case of ASCII letters reliably and of others only sometimes (SQLite never does),
so the usual spellings of the words looked for are tried as well.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_


def contains(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether ``column`` holds ``text`` somewhere."""
    spellings = {text} if text.isascii() else {text, text.lower(), text.upper(), text.title()}
    return or_(*(column.icontains(one, autoescape=True) for one in sorted(spellings)))
