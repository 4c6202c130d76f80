"""Rows of many columns, each of which is asked for by its name."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import Row


def named(row: Row[Any]) -> Any:
    """``row`` as a tuple that has its columns by name, ``index`` and ``count`` among them.

    A row of SQLAlchemy looks for each name anew: with forty of them that takes three times as long.
    """
    return _maker(row._fields)(row)


@cache
def _maker(names: tuple[str, ...]) -> Callable[[Row[Any]], Any]:
    made: Any = namedtuple("Named", names, rename=True)  # type: ignore[misc]  # noqa: PYI024 -- a row tells which
    return made._make
