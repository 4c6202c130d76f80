"""Numbers, money and days as an English reader expects them on paper."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from catchment.core.values.money import CURRENCIES, EXACT, Money, decimal_text, money_text
from catchment.core.values.period import Period, day_text, days_text

MINUS = "\u2212"
_SPACE = "\u00a0"  # holds what belongs together on one line

# Signs that name one currency. All others stand behind their code: CHF 10.00.
_SIGNS = {
    "AUD": "A$", "BRL": "R$", "CAD": "CA$", "EUR": "€", "GBP": "£", "HKD": "HK$", "INR": "₹",
    "JPY": "¥", "KRW": "₩", "MXN": "MX$", "NZD": "NZ$", "SGD": "S$", "USD": "$",
}  # fmt: skip


def money(amount: Money) -> str:
    """``€1,234.50``, ``¥1,234``, ``−CHF 10.00``."""
    return _signed(money_text(amount), amount.currency)


def rate(price: Decimal, currency: str) -> str:
    """The price of one unit (major units), all its digits and at least the minor: ``€0.0125``."""
    whole, _, decimals = decimal_text(price).partition(".")
    decimals = decimals.ljust(CURRENCIES[currency], "0")
    return _signed(f"{whole}.{decimals}" if decimals else whole, currency)


def percentage(fraction: Decimal) -> str:
    """``2.5%`` for 0.025."""
    return quantity(EXACT.scaleb(fraction, 2)) + "%"


def quantity(value: Decimal) -> str:
    """``1,234,567.5``; every digit counts, so none is rounded away."""
    text = decimal_text(value)
    return MINUS + _grouped(text[1:]) if text.startswith("-") else _grouped(text)


def count(number: int, one: str, many: str) -> str:
    """``1 member``, ``2,000 members``."""
    return f"{number:,}{_SPACE}{one if number == 1 else many}"


def day(on: date) -> str:
    """``2 March 2026``."""
    return day_text(on, _SPACE)


def days(period: Period) -> str:
    """First to last day, saying nothing twice: ``1 – 31 March 2026``."""
    return days_text(period, _SPACE)


def segment_range(lower: Decimal | None, upper: Decimal | None) -> str:
    """The tier a segment was priced in: above ``lower``, up to and including ``upper``."""
    if upper is not None:
        return f"{quantity(lower or Decimal(0))} – {quantity(upper)}"
    return f"Above {quantity(lower)}" if lower else ""


def _signed(text: str, currency: str) -> str:
    sign = MINUS if text.startswith("-") else ""
    mark = _SIGNS.get(currency, currency + _SPACE)
    return sign + mark + _grouped(text.removeprefix("-"))


def _grouped(text: str) -> str:
    whole, point, decimals = text.partition(".")
    return f"{int(whole):,}{point}{decimals}"
