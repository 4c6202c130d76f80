"""Long lists as one parameter: however many they are, the statement is the same and made once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import ARRAY, ColumnElement, Connection, Text, any_, bindparam, func, select


def among(tx: Connection, column: ColumnElement[Any], texts: Iterable[str]) -> ColumnElement[bool]:
    """Whether a column of texts is one of ``texts``: a condition, false for none."""
    if tx.dialect.name == "postgresql":
        return column == any_(bindparam(None, list(texts), ARRAY(Text)))
    written = bindparam(None, msgspec.json.encode(list(texts)).decode(), Text)
    return column.in_(select(func.json_each(written).table_valued("value").c.value))
