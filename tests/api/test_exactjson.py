"""JSON as it was sent, or a refusal that names the place."""

from decimal import Decimal

import pytest

from catchment.api.edge.exactjson import MAX_DEPTH, loads
from catchment.core.values.errors import Invalid


def test_decimals_keep_every_digit_sent() -> None:
    assert loads(b'{"a": 0.100000000000000000001}') == {"a": Decimal("0.100000000000000000001")}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"a": "x\\u0000"}', "/a"),
        (b'{"a": {"b/c": ["ok", "\\ud800"]}}', "/a/b~1c/1"),
        (b'{"\\u0000": 1}', "/?"),
    ],
)
def test_text_that_no_database_can_hold_is_refused_at_its_place(body: bytes, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        loads(body)

    assert [e.pointer for e in refused.value.errors] == [pointer]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{} {}",
        b"\xff",
        b"NaN",
        b"[Infinity]",
        b'{"a": 1, "a": 2}',
        b"1e999999",
        b"9" * 61,
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b'{"a":' * 100_000,
        b'["\\"[", ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"]",
    ],
)
def test_what_is_not_sound_json_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        loads(body)


def test_brackets_inside_strings_do_not_count_as_nesting() -> None:
    text = "[" * 100

    assert loads(f'["{text}"]'.encode()) == [text]
