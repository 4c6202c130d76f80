"""Invoices that look like a slip: they are drafted, and not issued by themselves.

A price with a digit too many, usage that was sent twice or a schedule that lists everything makes
an invoice that adds up and is wrong all the same. What it was made from cannot tell; what its
schedule came to before can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from catchment.core.values.money import Money, decimal_text, money_text, quotient, total

LOOKED_BACK = 6
"""How many invoices before are averaged at most."""

ENOUGH = 3
"""With fewer before there is nothing to compare with: the first may be of a few days only."""


class Breach(StrEnum):
    """What is out of bounds."""

    TOO_MANY_LINES = "too_many_lines"
    NEGATIVE_TOTAL = "negative_total"
    TOTAL_JUMPED = "total_jumped"


@dataclass(frozen=True, slots=True)
class Bounds:
    """At most ``most_lines`` lines, and ``jump_factor`` times the average of the invoices before.

    Net totals below ``jump_from``, in major units of whatever currency, may jump as they like.
    """

    most_lines: int = 10_000
    jump_factor: Decimal = Decimal(10)
    jump_from: Decimal = Decimal(1_000)

    def __post_init__(self) -> None:
        assert self.most_lines > 0, self
        assert self.jump_factor > 0, self
        assert self.jump_from >= 0, self

    def comparable(self, net: Money) -> bool:
        """Whether what came before matters to an invoice of ``net``."""
        return net.decimal >= self.jump_from


def breach(
    bounds: Bounds, net: Money, line_count: int, before: Sequence[Money]
) -> tuple[Breach, str] | None:
    """What of an invoice is out of bounds first, and in words; None where nothing is.

    ``before`` are the net totals of the schedule's last invoices, of which the last LOOKED_BACK
    count, the latest last.
    """
    if line_count > bounds.most_lines:
        said = f"It has {line_count:,} lines, and {bounds.most_lines:,} are the most."
        return Breach.TOO_MANY_LINES, said
    if net.minor < 0:
        return Breach.NEGATIVE_TOTAL, f"It comes to {_text(net)}, which nobody could pay."
    last = before[-LOOKED_BACK:]
    if len(last) >= ENOUGH and bounds.comparable(net):
        before_all = total(last, net.currency)
        # The average times the factor, without dividing.
        if net.minor * len(last) > Fraction(bounds.jump_factor) * before_all.minor:
            average = Money.rounded(quotient(before_all.decimal, len(last)), net.currency)
            said = (
                f"It comes to {_text(net)}, more than {decimal_text(bounds.jump_factor)} times"
                f" the average of the {len(last)} before, {_text(average)}."
            )
            return Breach.TOTAL_JUMPED, said
    return None


def _text(money: Money) -> str:
    return f"{money.currency} {money_text(money)}"
