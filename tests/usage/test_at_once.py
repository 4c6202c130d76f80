"""Bodies that are read at once say what they say when read one by one, or are not read at once."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catchment.usage.intake import at_once, one_by_one
from catchment.usage.intake.decoded import Named
from tests.usage.bodies import NUMBERS, bodies, body, filled, usual


@settings(max_examples=100)
@given(st.lists(bodies(), min_size=1, max_size=3))
def test_what_is_read_at_once_is_what_is_there(sent: list[bytes]) -> None:
    found = at_once.read(sent, usual())

    if found is not None:
        exact = one_by_one.read(sent, {})
        assert found.counts == exact.counts
        assert filled(found) == filled(exact)


@settings(max_examples=100)
@given(st.lists(NUMBERS, min_size=1, max_size=9))
def test_numbers_are_their_own_digits(digits: list[str]) -> None:
    sent = [body(*(f'{{"n":{one}}}' for one in digits))]

    found = at_once.read(sent, usual())

    exact = one_by_one.read(sent, {})
    assert found is None or filled(found) == filled(exact)
    assert found is not None or not fits(digits)


def fits(digits: Sequence[str]) -> bool:
    """Whether they have 12 decimals at most, and exponents that a double may have."""
    return all(
        Decimal(one) == round(Decimal(one), 12) and "e400" not in one and "e-400" not in one
        for one in digits
    )


@pytest.mark.parametrize(
    "sent",
    [
        [body('{"n":12.5,"t":"x","Ünï":true}', "{}")],
        [body('{"n":1}', '{"n":2}', comma=", "), body("{}"), b' [ {"customerAlias":"a","eventType":"t"} ] '],
        [b'[{"eventType":"t","customerAlias":"a"},{"eventType":"u","customerAlias":"b"}]'],
        [body('{"t":"},{"}', '{"t": "null", "n" : -0.0}', '{"t":"\\u00fc\\n"}')],
        [body('{"a\\u0022b":"x"}')],
    ],
)  # fmt: skip
def test_usual_bodies_are_read_at_once(sent: list[bytes]) -> None:
    found = at_once.read(sent, usual())

    assert found is not None
    assert filled(found) == filled(one_by_one.read(sent, {}))


@pytest.mark.parametrize(
    "sent",
    [
        body('{"n":"12.5"}'),  # a text that Arrow would read as a number
        body('{"n" : \t"12.5"}'),
        body('{"n":null}'),  # which is not the same as nothing
        body("null"),
        body('{"n":1,"n":2}'),
        body('{"n":0.1000000000000000055}'),
        body('{"t":1}'),
        body('{"Ünï":1}'),
        body('{"other":1}'),
        body('{"t":["},{"]}'),
        body('{"t":[{"customerAlias":1},{"customerAlias":2}]}'),
        body('{"t":"x"}', '{"t":"y"}', comma=",\n"),
        body('{"t":"x",\n"n":1}'),
        body('{"t":"\\""}'),
    ],
)
def test_what_arrow_may_read_otherwise_is_not_read_at_once(sent: bytes) -> None:
    assert one_by_one.read([sent], {}).counts
    assert at_once.read([sent], usual()) is None


def test_what_is_read_one_by_one_tells_what_to_expect() -> None:
    named: Named = {}
    one_by_one.read([body('{"n":1,"t":"x"}')], named)

    assert at_once.read([body('{"n":2.5}')], named) is not None

    one_by_one.read([body('{"n":"x"}')], named)
    assert at_once.read([body('{"n":2.5}')], named) is None
