"""JSON bodies read exactly: decimals from the digits sent, and nothing that could hurt later.

Refused here, naming the place: NaN and infinities, numbers longer than any of ours, a key given
twice, NUL characters and lone surrogates (no database text can hold them), and nesting beyond any
body of ours.
"""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Any

from catchment.core.values.errors import FieldError, Invalid

MAX_DEPTH = 32
_MAX_DIGITS = 60


def loads(body: bytes) -> Any:
    """The value of a JSON body. Raises Invalid."""
    try:
        text = body.decode("utf-8")
        _check_depth(text)
        value = json.loads(
            text,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as error:
        raise Invalid("The body is not UTF-8.") from error
    except json.JSONDecodeError as error:
        message = f"The body is not JSON: {error.msg} at line {error.lineno} column {error.colno}."
        raise Invalid(message, errors=(FieldError("", "json_invalid", message),)) from error
    except ValueError as error:
        raise Invalid(f"The body was refused: {error}.") from error
    _check_text(value, "")
    return value


def _check_depth(text: str) -> None:
    depth = 0
    in_string = escaped = False
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
        elif character in "]}":
            depth -= 1


def _decimal(digits: str) -> Decimal:
    try:
        value = Decimal(digits)
    except InvalidOperation:  # an exponent that no number can have
        raise ValueError(f"the number {digits[:20]}… is out of bounds") from None
    if len(digits) > _MAX_DIGITS or (value and abs(value.adjusted()) > _MAX_DIGITS):
        raise ValueError(f"the number {digits[:20]}… is out of bounds")
    return value


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"the number {digits[:20]}… is out of bounds")
    return int(digits)


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
        raise ValueError(f"the key {twice!r} is given twice")
    return value


def escape(key: str) -> str:
    """``key`` as a step of a JSON pointer (RFC 6901 §3)."""
    return key.replace("~", "~0").replace("/", "~1")


def _check_text(value: Any, pointer: str) -> None:
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise Invalid.field(
                pointer, "Text must not hold NUL characters or lone surrogates.", "text_invalid"
            )
    elif isinstance(value, dict):
        for key, item in value.items():
            safe = key.encode("utf-8", "replace").decode().replace("\x00", "?")
            _check_text(key, f"{pointer}/{escape(safe)}")
            _check_text(item, f"{pointer}/{escape(key)}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_text(item, f"{pointer}/{index}")
