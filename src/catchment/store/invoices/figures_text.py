"""Figures as they are kept: plain digits, of which an invoice has hundreds and many are alike."""

from __future__ import annotations

from functools import lru_cache

from catchment.core.money import decimal_text

text_of = lru_cache(maxsize=50_000)(decimal_text)
"""``decimal_text``, which says the same of equal figures however they are written."""
