"""Bodies get the same verdict from a type made for their events as from the one for any event."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catchment.api.usage import event_check
from catchment.api.usage.event_check import UNREADABLE, Makes
from tests.api.test_event_reader import DIGITS, EVENTS, TEXTS

NAMED = st.sampled_from(
    ['"n"', '"t"', '"\\u006e"', '"Ünï"', '""', '"a\\"b"', json.dumps("x" * 256)]
)
FLAT = st.lists(
    st.tuples(NAMED, st.one_of(DIGITS, TEXTS, st.sampled_from(["true", "null", "[]", "{}", "01"]))),
    max_size=4,
).map(lambda own: "{" + ", ".join(f"{name} :{value}" for name, value in own) + "}")
USUAL = FLAT.map(
    lambda own: f'{{"customerAlias":"a","eventType":"t","eventProperties":{own}}}'
)  # fmt: skip
BODIES = st.lists(st.one_of(USUAL, USUAL, EVENTS), max_size=3).map(
    lambda events: f"[{','.join(events)}]".encode("utf-8", "surrogatepass")
)


def body(*properties: str) -> bytes:
    events = [
        f'{{"customerAlias":"a","eventType":"t","eventProperties":{own}}}' for own in properties
    ]
    return f"[{','.join(events)}]".encode()


def verdict(makes: Makes, sent: bytes) -> int | None:
    """How many events a body has; None where they are not all good."""
    try:
        return len(makes.read(sent))
    except UNREADABLE:
        return None


def are_typed(makes: Makes, sent: bytes) -> bool:
    """Whether a body is read without a dictionary for each event."""
    return not any(isinstance(one.event_properties, dict) for one in makes.read(sent))


@settings(max_examples=40)
@given(st.lists(BODIES, min_size=1, max_size=2), BODIES)
def test_what_was_seen_before_changes_no_verdict(before: Sequence[bytes], sent: bytes) -> None:
    makes = Makes()
    for one in [*before, *before]:
        verdict(makes, one)

    found = [verdict(makes, sent) for _ in range(3)]

    assert found == [verdict(Makes(), sent)] * 3


def test_bodies_of_one_make_are_read_into_a_type_of_their_own() -> None:
    makes, sent = Makes(), body('{"n":1,"t":"x"}', '{"t":null}', "null")

    assert [are_typed(makes, sent) for _ in range(3)] == [False, True, True]


def test_the_type_learns_the_names_of_later_events() -> None:
    makes, sent = Makes(), body('{"n":1}', '{"other":"x"}')

    assert [are_typed(makes, sent) for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize(
    "own",
    [
        '{"a\\"b":1}',
        '{"a\\nb":1}',
        json.dumps({f"n{place}": place for place in range(25)}),
    ],
    ids=["quotation mark", "line feed", "many names"],
)
def test_names_that_no_type_can_have_are_read_all_the_same(own: str) -> None:
    makes, sent = Makes(), body(own)

    assert [verdict(makes, sent) for _ in range(4)] == [1] * 4
    assert not are_typed(makes, sent)


def test_a_name_that_is_too_long_is_refused_however_often_it_comes() -> None:
    makes, name = Makes(), "x" * 256

    assert [verdict(makes, body(json.dumps({name: 1}))) for _ in range(4)] == [None] * 4
    assert verdict(makes, body(json.dumps({name[1:]: 1}))) == 1


def test_makes_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_check, "_MOST_MAKES", 2)
    makes, first = Makes(), body('{"n":1}')
    for name in ("n", "n", "a", "b"):
        makes.read(body(f'{{"{name}":1}}'))

    assert not are_typed(makes, first)


def test_a_large_body_is_judged_as_a_small_one_is() -> None:
    good = body(*['{"n":1,"t":"x"}'] * 200)
    bad = body(*['{"n":1,"t":"x"}'] * 199, '{"n":1e15}')

    assert [event_check.count(one) for one in (good, bad) * 3] == [200, None] * 3
    assert event_check.count(b"[" + b",".join([good[1:-1], bad[1:-1]]) + b"]") is None
