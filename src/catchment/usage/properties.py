"""The properties of an event, read from the digits sent.

Numbers are written in plain digits, so that 1, 1.0 and 1e0 are one value ever after. What metrics
read are the texts of plain values; objects and arrays are kept and have none.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from catchment.core.errors import FieldError, Invalid
from catchment.core.metering import FRACTION_DIGITS, WHOLE_DIGITS, plain, text_of

MOST = 100
"""How many properties an event may have."""

DEEPEST = 8
"""How deep they may be nested; an object without inner ones is 1 deep."""

LONGEST_NAME = 255

_SMALL = 10**WHOLE_DIGITS
_NAN = Decimal("NaN")


def _exact(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent beyond any number
        return _NAN


_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=_exact)
_encoder = msgspec.json.Encoder()


def read(body: bytes, pointer: str) -> tuple[str, dict[str, str]]:
    """The JSON object to keep, and the texts of its plain values.

    ``pointer`` leads to the object. Raises Invalid, and msgspec.MsgspecError for what is no object.
    """
    return keep(_decoder.decode(body), pointer)


def keep(properties: dict[str, Any], pointer: str) -> tuple[str, dict[str, str]]:
    """The same for properties that are values already. Raises Invalid."""
    if len(properties) > MOST:
        raise Invalid.field(pointer, f"An event has at most {MOST} properties.", "too_many")
    errors: list[FieldError] = []
    texts: dict[str, str] = {}
    kept: dict[str, Any] = {}
    for name, value in properties.items():
        if len(name) > LONGEST_NAME:
            message = f"The name of a property has at most {LONGEST_NAME} characters."
            errors.append(FieldError(pointer, "too_long", message))
        kept[name] = plainly = _plainly(value, f"{pointer}/{_step(name)}", 2, errors)
        is_number = isinstance(plainly, msgspec.Raw)
        text = bytes(plainly).decode() if is_number else text_of(plainly)
        if text is not None:
            texts[name] = text
    if errors:
        raise Invalid(errors[0].message, errors=tuple(errors))
    return _encoder.encode(kept).decode(), texts


def _plainly(value: Any, pointer: str, depth: int, errors: list[FieldError]) -> Any:
    """``value`` with its numbers in plain digits."""
    match value:
        case str() | bool() | None:
            return value
        case int() if -_SMALL < value < _SMALL:
            return value
        case int() | Decimal():
            digits = plain(value)
            if digits is None:
                errors.append(FieldError(pointer, "number_out_of_bounds", _BOUNDS))
            return None if digits is None else msgspec.Raw(digits.encode())
        case _ if depth > DEEPEST:
            message = f"Properties are nested at most {DEEPEST} deep."
            errors.append(FieldError(pointer, "too_deep", message))
            return None
    items = value.items() if isinstance(value, dict) else enumerate(value)
    inner = {
        step: _plainly(one, f"{pointer}/{_step(str(step))}", depth + 1, errors)
        for step, one in items
    }
    return inner if isinstance(value, dict) else list(inner.values())


_BOUNDS = (
    f"A number has at most {WHOLE_DIGITS} digits before the point and {FRACTION_DIGITS} after it."
)


def _step(name: str) -> str:
    """``name`` as a step of a JSON pointer (RFC 6901 §3)."""
    return name.replace("~", "~0").replace("/", "~1")
