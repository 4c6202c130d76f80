"""Events that look alike say what they say when read one by one, or are not read as alike."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catchment.usage.intake import alike, one_by_one
from tests.usage.bodies import KINDS, ODD, bodies, body, filled, usual

TEXTS = st.one_of(
    st.sampled_from(['""', '"},{"', '", "', '"null"', '"1.5"', '"ü"', '"]"']),
    st.text("ab{}[]:,ü ", max_size=5).map('"{}"'.format),
)
VALUES = KINDS | {"t": TEXTS, "": TEXTS}
FIELDS = {
    "customerAlias": TEXTS,
    "eventType": st.sampled_from(['"t"', '"ünd"']),
    "eventTimestamp": st.just('"2026-03-01T00:00:00.123456Z"'),
    "customerEventId": TEXTS,
}


@st.composite
def of_one_make(draw: st.DrawFn) -> list[bytes]:
    """Bodies with the same fields in the same order, spaced alike, but perhaps for one value."""
    colon, comma, between = (
        draw(st.sampled_from(some)) for some in ([":", ": "], [",", ", "], [",", ", ", ",\n"])
    )
    fields = draw(st.permutations(sorted(FIELDS)))[: draw(st.integers(0, 4))]
    fields += [name for name in ("customerAlias", "eventType") if name not in fields]
    own = draw(st.lists(st.sampled_from(["n", "value", "t", ""]), unique=True))

    def members(values: Mapping[str, str]) -> str:
        told = (f"{json.dumps(name)}{colon}{value}" for name, value in values.items())
        return "{" + comma.join(told) + "}"

    def event() -> str:
        odd = draw(st.integers(0, 20)) == 0
        properties = {name: draw(ODD if odd else VALUES[name]) for name in own}
        sent = {name: draw(FIELDS[name]) for name in fields}
        return members(sent | {"eventProperties": members(properties)})

    return [
        f"[{between.join(event() for _ in range(draw(st.integers(1, 4))))}]".encode()
        for _ in range(draw(st.integers(1, 3)))
    ]


@settings(max_examples=150)
@given(st.one_of(of_one_make(), st.lists(bodies(), min_size=1, max_size=3)))
def test_what_is_read_as_alike_is_what_is_there(sent: list[bytes]) -> None:
    found = alike.read(sent, usual())

    if found is not None:
        exact = one_by_one.read(sent, {})
        assert found.counts == exact.counts
        assert filled(found) == filled(exact)


@pytest.mark.parametrize(
    "sent",
    [
        [body('{"n":12.5,"t":"x"}', '{"n":-3e2,"t":"},{"}')],
        [body("{}"), body("{}", "{}")],
        [body('{"n": 1, "t": "x"}', '{"n": 2, "t": ""}', comma=", "), body('{"n": 3, "t": "ü"}')],
        [b' [ {"eventType":"t","customerAlias":"a"},{"eventType":"u","customerAlias":"b"} ] '],
        [b'[{"customerAlias":"a","eventType":"t"}]', b'[{"customerAlias":"b","eventType":"t"}]'],
        [body('{"customerAlias":"x","":1}', '{"customerAlias":"y","":0}')],
    ],
)
def test_usual_bodies_are_read_as_alike(sent: list[bytes]) -> None:
    found = alike.read(sent, usual() | {"customerAlias": {"text"}})

    assert found is not None
    assert filled(found) == filled(one_by_one.read(sent, {}))


@pytest.mark.parametrize(
    "sent",
    [
        body('{"n":1}', '{"value":1}'),
        body('{"n":1}', '{"n":1,"value":2}'),
        body('{"n":1}', '{"n" :1}'),
        body('{"n":1}', '{"n":"1"}'),
        body('{"n":1}', '{"n":null}'),
        body('{"n":1}', '{"n":true}'),
        body('{"n":1}', '{"n":[1]}'),
        body('{"n":1}', '{"n":1,"n":2}'),
        body('{"n":1}', '{"n":0.1000000000000000055}'),
        body('{"n":1,"n":2}'),
        body('{"n":null}'),
        body('{"Ünï":true}'),
        body('{"t":{"n":1}}'),
        body('{"other":1}'),
        body('{"t":"\\n"}'),
        body('{"\\u0022":1}'),
        body('{"t":"x"}', '{"t":"\\n"}'),
        body("null"),
        b'[{"customerAlias":"a","eventType":"t","customerEventId":null}]',
    ],
)
def test_what_is_not_surely_alike_is_left_to_others(sent: bytes) -> None:
    assert one_by_one.read([sent], {}).counts
    assert alike.read([sent], usual()) is None


def test_bodies_that_differ_in_their_spaces_are_left_to_others() -> None:
    sent = [body('{"n":1}', '{"n":2}'), body('{"n":1}', '{"n":2}', comma=", ")]

    assert alike.read(sent, usual()) is None


def test_an_event_longer_than_is_looked_at_is_left_to_others() -> None:
    assert alike.read([body('{"t":"%s"}' % ("x" * 70_000))], usual()) is None
