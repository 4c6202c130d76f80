"""The properties of an event, read from the digits sent.

Numbers are written in plain digits, so that 1, 1.0 and 1e0 are one value ever after. What metrics
read are the texts of plain values; objects and arrays are kept and have none.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from catchment.core.usage.properties import FRACTION_DIGITS, WHOLE_DIGITS, text_of
from catchment.core.values.errors import FieldError, Invalid

MOST = 100
"""How many properties an event may have."""

DEEPEST = 8
"""How deep they may be nested; an object without inner ones is 1 deep."""

LONGEST_NAME = 255
LONGEST_TEXT = 65_535

BOUND = 10**WHOLE_DIGITS
"""Numbers lie below this, in both directions, also once their decimals are rounded."""

_ROUNDS_TO_BOUND = BOUND - Decimal(5).scaleb(-FRACTION_DIGITS - 1)
_LONGEST_PLAIN = 60  # decimals; smaller numbers keep an exponent
_BEYOND = Decimal("Infinity")
_NOTHING = frozenset({b"", b"null"})
_EMPTY: tuple[str, dict[str, str]] = ("{}", {})


def exact(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent beyond any number
        return _BEYOND if float(digits) else Decimal(0)


_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=exact)
_encoder = msgspec.json.Encoder()


def shown(body: msgspec.Raw) -> bytes:
    """The JSON object to show of properties once checked."""
    return b"{}" if bytes(body) in _NOTHING else _encoder.encode(_plainly(_decoder.decode(body)))


def kept(body: msgspec.Raw) -> tuple[str, dict[str, str]]:
    """The JSON object to show, and the texts of its plain values, of properties once checked."""
    if bytes(body) in _NOTHING:
        return _EMPTY
    sent = _decoder.decode(body)
    texts = {name: text for name, value in sent.items() if (text := text_of(value)) is not None}
    return _encoder.encode(_plainly(sent)).decode(), texts


def check(body: msgspec.Raw, pointer: str) -> None:
    """See that the JSON object in ``body``, null or nothing may be kept; ``pointer`` leads to it.

    Raises Invalid, and msgspec.MsgspecError for what is no object.
    """
    if bytes(body) in _NOTHING:
        return
    sent = _decoder.decode(body)
    if len(sent) > MOST:
        raise Invalid.field(pointer, f"An event has at most {MOST} properties.", "too_many")
    errors: list[FieldError] = []
    for name, value in sent.items():
        if len(name) > LONGEST_NAME:
            message = f"The name of a property has at most {LONGEST_NAME} characters."
            errors.append(FieldError(pointer, "too_long", message))
        _check(value, f"{pointer}/{_step(name)}", 2, errors)
    if errors:
        raise Invalid(errors[0].message, errors=tuple(errors))


def _check(value: Any, pointer: str, depth: int, errors: list[FieldError]) -> None:
    match value:
        case str() if len(value) > LONGEST_TEXT:
            message = f"A text has at most {LONGEST_TEXT} characters."
            errors.append(FieldError(pointer, "too_long", message))
        case str() | bool() | None:
            pass
        case int() | Decimal():
            if not -_ROUNDS_TO_BOUND < value < _ROUNDS_TO_BOUND:
                errors.append(FieldError(pointer, "number_out_of_bounds", _BOUNDS))
        case _ if depth > DEEPEST:
            message = f"Properties are nested at most {DEEPEST} deep."
            errors.append(FieldError(pointer, "too_deep", message))
        case dict():
            for name, inner in value.items():
                _check(inner, f"{pointer}/{_step(name)}", depth + 1, errors)
        case _:
            for index, inner in enumerate(value):
                _check(inner, f"{pointer}/{index}", depth + 1, errors)


def _plainly(value: Any) -> Any:
    """``value`` with its numbers in plain digits, all of them."""
    match value:
        case Decimal():
            return msgspec.Raw(_digits(value).encode())
        case dict():
            return {name: _plainly(inner) for name, inner in value.items()}
        case list():
            return [_plainly(inner) for inner in value]
    return value


def _digits(number: Decimal) -> str:
    if not number:
        return "0"
    if number.adjusted() < -_LONGEST_PLAIN:
        return str(number)
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


_BOUNDS = f"A number has at most {WHOLE_DIGITS} digits before the point."


def _step(name: str) -> str:
    """``name`` as a step of a JSON pointer (RFC 6901 §3)."""
    return name.replace("~", "~0").replace("/", "~1")
