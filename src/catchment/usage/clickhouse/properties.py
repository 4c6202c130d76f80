"""What questions read of a property: from maps, by the rules that files follow for columns."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache

from catchment.core.metering import FRACTION_DIGITS, NUMBER, fold
from catchment.usage.clickhouse.schema import text as literal
from catchment.usage.intake import columns

_NUMBER = literal(rf"\A({NUMBER})\z")
_SURROGATES = range(0xD800, 0xE000)


def expressions(name: str) -> Iterator[str]:
    """The columns that ``events`` has of a property, of ``texts``, ``numbers`` and ``flags``."""
    own = literal(name)
    text = (
        f"multiIf(mapContains(texts, {own}), texts[{own}],"
        f" mapContains(numbers, {own}), toString(numbers[{own}]),"
        f" mapContains(flags, {own}), if(flags[{own}], 'true', 'false'), NULL)"
    )
    yield f"{text} AS {columns.text(name)}"
    yield f"{_folded(text)} AS {columns.folded(name)}"
    yield (
        f"multiIf(mapContains(numbers, {own}), numbers[{own}],"
        f" match(texts[{own}], {_NUMBER}),"
        f" toDecimal128OrNull(texts[{own}], {FRACTION_DIGITS}), NULL)"
        f" AS {columns.number(name)}"
    )


def _folded(text: str) -> str:
    """As ``metering.fold`` does it, letter by letter, whichever Unicode the server knows."""
    letters, folded = _changed()
    return f"translateUTF8({text}, {literal(letters)}, {literal(folded)})"


@cache
def _changed() -> tuple[str, str]:
    """All letters that ``fold`` changes, and what it makes of each."""
    known = (chr(code) for code in range(sys.maxunicode + 1) if code not in _SURROGATES)
    letters = [letter for letter in known if fold(letter) != letter]
    return "".join(letters), "".join(map(fold, letters))
