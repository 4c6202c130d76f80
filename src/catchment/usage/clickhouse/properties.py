"""What questions read of a property: from maps, by the rules that files follow for columns."""

from __future__ import annotations

import sys
from functools import cache

from catchment.core.usage.properties import FRACTION_DIGITS, NUMBER, fold
from catchment.usage.clickhouse.schema import text as literal
from catchment.usage.intake import columns

_NUMBER = literal(rf"\A({NUMBER})\z")
_SURROGATES = range(0xD800, 0xE000)


def expressions(name: str) -> dict[str, str]:
    """What each column that ``events`` has of a property is made of: texts, numbers, flags."""
    own = literal(name)
    text = (
        f"multiIf(mapContains(texts, {own}), texts[{own}],"
        f" mapContains(numbers, {own}), toString(numbers[{own}]),"
        f" mapContains(flags, {own}), if(flags[{own}], 'true', 'false'), NULL)"
    )
    number = (
        f"multiIf(mapContains(numbers, {own}), numbers[{own}],"
        f" match(texts[{own}], {_NUMBER}),"
        f" toDecimal128OrNull(texts[{own}], {FRACTION_DIGITS}), NULL)"
    )
    return {
        columns.text(name): text,
        columns.folded(name): folded(text),
        columns.number(name): number,
    }


def folded(text: str) -> str:
    """As ``properties.fold`` does it, letter by letter, whichever Unicode the server knows."""
    letters, plain = _changed()
    return f"translateUTF8({text}, {literal(letters)}, {literal(plain)})"


@cache
def _changed() -> tuple[str, str]:
    """All letters that ``fold`` changes, and what it makes of each."""
    known = (chr(code) for code in range(sys.maxunicode + 1) if code not in _SURROGATES)
    letters = [letter for letter in known if fold(letter) != letter]
    return "".join(letters), "".join(map(fold, letters))
