"""Figures as they are kept: plain digits, of which an invoice has hundreds and many are alike."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from catchment.core.values.money import decimal_text

_AT_MOST = 50_000

text_of = lru_cache(maxsize=_AT_MOST)(decimal_text)
"""``decimal_text``, which says the same of equal figures however they are written."""


@lru_cache(maxsize=_AT_MOST)
def text_or_none(figure: Decimal | None) -> str | None:
    """The same; None where there is no figure."""
    return None if figure is None else decimal_text(figure)
