"""The types of the wire: exact numbers, plain days, bounded text, and one way to write each."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from catchment.api.edge.deps import is_id
from catchment.core.values.errors import Invalid
from catchment.core.values.money import CURRENCIES, decimal_text
from catchment.core.values.places import COUNTRIES
from catchment.core.values.texts import EMAIL, control_character
from catchment.store.paging import Page

_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")
_NUMBER_DIGITS = 15
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Wire(BaseModel):
    """A body or a part of one: camelCase, no field we do not know."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid"
    )


def _exact(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError('A decimal number is expected, such as "12.50".')  # noqa: TRY004
    text = value if isinstance(value, str) else decimal_text(Decimal(value))
    if not _DECIMAL.fullmatch(text):
        raise ValueError(
            "A decimal number is expected, with at most 15 digits before the point and 12 after it."
        )
    return Decimal(text)


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("This must not be negative.")
    return value


def _short(value: Decimal) -> Decimal:
    if len(value.normalize().as_tuple().digits) > _NUMBER_DIGITS:
        raise ValueError(f"At most {_NUMBER_DIGITS} digits fit here.")
    return value


def _number(value: Decimal) -> float:
    """The JSON number with these digits: a double tells so few of them apart, and writes them."""
    return int(value) if value == value.to_integral_value() else float(value)


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("A day is expected, such as 2026-03-31.")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"There is no day {value}.") from None
    if not 1970 <= day.year <= 2999:
        raise ValueError("The day must lie between 1970 and 2999.")
    return day


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        if not isinstance(value, str) or len(value) < len("2026-03-02T10:00"):
            raise ValueError(value)  # noqa: TRY301
        at = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("An instant is expected, such as 2026-03-02T10:00:00Z.") from None
    if at.tzinfo is None:
        raise ValueError("The instant must say its offset, such as Z.")
    if not 1970 <= at.year <= 2999:
        raise ValueError("The instant must lie between 1970 and 2999.")
    return at.astimezone(UTC)


def timestamp(at: datetime) -> str:
    """``at`` in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _printable(value: str) -> str:
    bad = control_character(value)
    if bad is not None:
        raise ValueError(f"The text holds a control character (U+{ord(bad):04X}).")
    return value


def _not_blank(value: str) -> str:
    value = value.strip()
    if not value:
        raise ValueError("This must not be blank.")
    return value


def _email(value: str) -> str:
    value = value.strip()
    if not EMAIL.fullmatch(value):
        raise ValueError("An e-mail address is expected.")
    return value


def _id(value: str) -> str:
    value = value.lower()
    if not is_id(value):
        raise ValueError("An id is expected (a UUID).")
    return value


def _currency(value: str) -> str:
    if value not in CURRENCIES:
        raise ValueError(
            f"There is no currency {value!r} here; use one of {', '.join(sorted(CURRENCIES))}."
        )
    return value


def _country(value: str) -> str:
    if value not in COUNTRIES:
        hint = " Use GB." if value == "UK" else ""
        raise ValueError(f"{value!r} is not an ISO 3166-1 alpha-2 country code.{hint}")
    return value


DecimalIn = Annotated[
    Decimal,
    BeforeValidator(_exact),
    PlainSerializer(decimal_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": rf"^{_DECIMAL.pattern}$", "examples": ["12.50"]}),
]
"""An exact number: a string or a JSON number on the way in, a string on the way out."""

PositiveDecimalIn = Annotated[DecimalIn, AfterValidator(_not_negative)]
"""An exact number of zero or more."""

AmountIn = Annotated[
    PositiveDecimalIn,
    AfterValidator(_short),
    WithJsonSchema({"type": "number", "minimum": 0, "examples": [12.5]}),
]
"""An exact amount of zero or more, short enough to be a JSON number on the way out."""

Amount = Annotated[
    Decimal,
    PlainSerializer(_number, return_type=float),
    WithJsonSchema({"type": "number", "minimum": 0, "examples": [12.5]}),
]
"""An amount as a JSON number."""

Day = Annotated[date, BeforeValidator(_day)]
At = Annotated[
    datetime,
    BeforeValidator(_instant),
    PlainSerializer(timestamp, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Text = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_printable)]
LongText = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_printable)]
Name = Annotated[
    str, StringConstraints(max_length=255), AfterValidator(_printable), AfterValidator(_not_blank)
]
Email = Annotated[str, StringConstraints(max_length=320), AfterValidator(_email)]
IdIn = Annotated[str, AfterValidator(_id)]
CustomersIn = Annotated[list[IdIn], Field(max_length=1000)]
CurrencyCode = Annotated[str, AfterValidator(_currency), Field(examples=["USD"])]
CountryCode = Annotated[str, AfterValidator(_country), Field(examples=["US"])]
Flag = StrictBool
Whole = StrictInt


class Pagination(Wire):
    """Cursors of the pages beside this one, and how many items there are in all."""

    after: str | None = None
    before: str | None = None
    total_result_size: int

    @classmethod
    def of(cls, page: Page) -> "Pagination":
        """The pagination of a page of rows."""
        return cls(after=page.after, before=page.before, total_result_size=page.total)


def after_key(keys: Sequence[str], after: str | None) -> int:
    """Where a list goes on whose cursors are its ``keys``. Raises Invalid."""
    if after is None:
        return 0
    if after not in keys:
        message = "This is not a cursor of this list."
        raise Invalid.field("?after", message, "cursor_invalid")
    return keys.index(after) + 1
