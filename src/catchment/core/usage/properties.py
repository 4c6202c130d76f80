"""The values of events' properties: what is a number, and what is the same text.

Every usage store reads them by these rules to the letter.
"""

from __future__ import annotations

import re
from decimal import Decimal

from catchment.core.values.money import decimal_text, to_decimals

WHOLE_DIGITS = 15
"""A property's number is below 10 to this power, in both directions."""

FRACTION_DIGITS = 12
"""A property's number has at most this many decimals; of a JSON number those beyond are rounded."""

NUMBER = rf"-?0*[0-9]{{1,{WHOLE_DIGITS}}}(\.[0-9]{{1,{FRACTION_DIGITS}}})?"
"""The texts that are a number: a pattern over the whole text. Others are passed over."""

_number = re.compile(NUMBER)


def bounded(number: Decimal) -> Decimal | None:
    """Rounded to FRACTION_DIGITS, half away from zero; None where it is beyond WHOLE_DIGITS."""
    if not number:
        return Decimal(0)
    if not number.is_finite() or number.adjusted() >= WHOLE_DIGITS:
        return None
    rounded = to_decimals(number)
    return rounded if rounded.adjusted() < WHOLE_DIGITS else None


def plain(number: Decimal | int) -> str | None:
    """Its digits without exponent or trailing zeros, decimals beyond FRACTION_DIGITS rounded half
    away from zero; None where it is beyond WHOLE_DIGITS.
    """
    if isinstance(number, int):
        return str(number) if abs(number) < 10**WHOLE_DIGITS else None
    value = bounded(number)
    return None if value is None else decimal_text(value)


def text_of(value: object) -> str | None:
    """The text of a property's value; None where it has none: null, objects and arrays."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return plain(value)
        case _:
            return None


def number_of(text: str | None) -> Decimal | None:
    """What every aggregation of numbers reads in a text; None unless it is one in plain digits."""
    return Decimal(text) if text is not None and _number.fullmatch(text) else None


def fold(text: str) -> str:
    """A text without its case, letter by letter and of the same length.

    Not ``casefold``: the store must do the same, and its ``lower`` maps every letter by itself, the
    dotted capital I to a plain i.
    """
    return "".join(map(str.lower, text.replace("\u0130", "i")))
