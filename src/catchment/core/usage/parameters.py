"""The numbers that a CUSTOM metric leaves open: each price that measures it may set its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from catchment.core.usage.properties import number_of


class ParameterType(StrEnum):
    """Which numbers a parameter may have."""

    INTEGER = "INTEGER"
    POSITIVE_INTEGER = "POSITIVE_INTEGER"
    NUMBER = "NUMBER"
    POSITIVE_NUMBER = "POSITIVE_NUMBER"

    @property
    def words(self) -> str:
        """It with its article."""
        words = self.value.lower().replace("_", " ")
        return f"an {words}" if words == "integer" else f"a {words}"

    def accepts(self, text: str) -> bool:
        """Whether ``text`` is such a number in plain digits; 0 is not positive."""
        number = number_of(text)
        if number is None:
            return False
        whole = self in {ParameterType.INTEGER, ParameterType.POSITIVE_INTEGER}
        positive = self in {ParameterType.POSITIVE_INTEGER, ParameterType.POSITIVE_NUMBER}
        return not (whole and number % 1) and not (positive and number <= 0)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A name in the expression that stands for a number; ``default`` where a price sets none."""

    id: str
    name: str
    type: ParameterType
    description: str
    default: str

    def problem_with(self, text: str) -> str | None:
        """Why it cannot have this value, as a sentence; None where it can."""
        if self.type.accepts(text):
            return None
        return f"{self.name!r} must be {self.type.words}, in plain digits; {text!r} is not."


def settled(
    parameters: Iterable[Parameter], values: Mapping[str, str]
) -> tuple[tuple[str, Decimal], ...]:
    """Each parameter by name with its number: that in ``values`` by its id, else its default."""
    return tuple(sorted((one.name, Decimal(values.get(one.id, one.default))) for one in parameters))
