"""What the fast reader takes the careful one takes too, and both read the same in it."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.api.usage import event_reader
from catchment.api.usage.event_reader import Taken
from catchment.core.values.errors import Invalid
from catchment.usage import SentEvent, batch, sent_events
from catchment.usage.intake import properties

DIGITS = st.sampled_from(
    ["0", "-0.0", "1.10", "1e2", "1E-3", "999999999999999", "1000000000000000", "999999999999999.4",
     "999999999999999.9999999999994", "999999999999999.9999999999995", "1e15", "9.99e14", "-1e15",
     "1e-13", "1e-400", "1e-99999999999999999999", "0e99999999999999999999", "1e400", "9" * 30,
     "0." + "9" * 40, "12345678901234567890"]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=3),
    st.sampled_from(["\0", "\\u0000", "é", "\ud800", "x" * 65_535, "x" * 65_536, '"', "😀"]),
).map(json.dumps)
VALUES = st.recursive(
    st.one_of(
        DIGITS,
        TEXTS,
        st.sampled_from(["true", "false", "null", "NaN", "", "01", "[[[[[[[[]]]]]]]]"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2).map(lambda items: f"[{','.join(items)}]"),
        st.tuples(TEXTS, inner).map(lambda pair: f"{{{pair[0]}:{pair[1]}}}"),
    ),
    max_leaves=3,
)
OBJECTS = st.one_of(
    st.lists(st.tuples(TEXTS, VALUES), max_size=3).map(
        lambda pairs: "{" + ",".join(f"{name}:{value}" for name, value in pairs) + "}"
    ),
    st.sampled_from(["null", "[]", "{}", "7"]),
    st.just(json.dumps({str(n): n for n in range(101)})),
    st.just(json.dumps({"x" * 256: 1})),
)
NAMES = st.one_of(
    st.sampled_from(['"nw"', '""', "7", "null", json.dumps("x" * 255), json.dumps("x" * 256)]),
    TEXTS,
)
TIMES = st.sampled_from(
    ["2026-03-02T10:00:00Z", "2026-03-02t10:00:00z", "2026-03-02 10:00:00.1234567Z", "2026-03-02T10:00Z",
     "2026-03-02T10:00:00+02:00", "2026-03-02T10:00:00", "20260302T100000Z", "1970-01-01T00:00:00Z",
     "1969-12-31T23:59:59.9999999Z", "9999-12-31T00:00:00Z", "9999-12-31T23:59:59-23:59",
     "0001-01-01T00:00:00+23:59", "1772445600", "2026-W10-1T10:00:00Z", "2026-03-02T10:00:60Z"]
).map(json.dumps)  # fmt: skip
FIELDS = st.fixed_dictionaries(
    {"customerAlias": NAMES, "eventType": st.one_of(st.just('"call"'), NAMES)},
    optional={
        "eventTimestamp": TIMES,
        "customerEventId": NAMES,
        "eventProperties": OBJECTS,
        "surprise": st.just("1"),
    },
)
EVENTS = FIELDS.map(lambda fields: "{" + ",".join(f'"{k}":{v}' for k, v in fields.items()) + "}")


def read(event: SentEvent) -> tuple[Any, ...]:
    """All that is ever read in an event."""
    return (
        event.customer_alias,
        event.event_type,
        event.event_timestamp,
        event.customer_event_id,
        properties.kept(event.event_properties),
    )


@given(st.lists(st.one_of(EVENTS, EVENTS, st.sampled_from(["7", "nul", "[]"])), max_size=3))
def test_both_readers_take_the_same_and_read_the_same(events: list[str]) -> None:
    body = f" [{' , '.join(events)}]\n".encode("utf-8", "surrogatepass")

    taken = event_reader.surely_many(body)
    if taken is None:
        return
    careful = event_reader.one_by_one(body)

    assert careful.refused == ()
    assert careful.good.event_count == taken.event_count == len(events)
    assert [read(e) for e in sent_events(taken.json)] == [
        read(e) for e in sent_events(careful.good.json)
    ]


@given(EVENTS)
def test_a_single_event_is_taken_as_in_a_batch_of_one(event: str) -> None:
    body = event.encode("utf-8", "surrogatepass")
    try:
        batch = event_reader.one(body)
    except Invalid as refusal:
        batch, errors = None, refusal.errors
    try:
        array = b"[%b]" % body
        sure = event_reader.surely_many(array)
        many = event_reader.one_by_one(array) if sure is None else Taken(sure)
    except Invalid:
        assert batch is None
        return

    if batch is None:
        [(_, told)] = many.refused
        assert [e.pointer for e in told.errors] == [e.pointer for e in errors]
    else:
        assert [read(e) for e in sent_events(batch.json)] == [
            read(e) for e in sent_events(many.good.json)
        ]


@given(EVENTS)
def test_whatever_was_taken_can_be_kept_and_read_again(event: str) -> None:
    try:
        sent = event_reader.careful(event.encode("utf-8", "surrogatepass"))
    except Invalid:
        return

    [again] = sent_events(batch([sent]).json)

    assert read(again) == read(sent)
    assert msgspec.json.decode(read(again)[4][0], type=dict) is not None


@pytest.mark.parametrize(
    ("digits", "shown", "text"),
    [
        ("1.10", "1.1", "1.1"),
        ("-0.0", "0", "0"),
        ("1e2", "100", "100"),
        ("0.000000000001", "0.000000000001", "0.000000000001"),
        ("1e-99999999999999999999", "0", "0"),
    ],
)
def test_a_number_is_shown_in_plain_digits(digits: str, shown: str, text: str) -> None:
    kept, texts = properties.kept(msgspec.Raw(b'{"n":%b}' % digits.encode()))

    assert (kept, texts["n"]) == (f'{{"n":{shown}}}', text)


def test_digits_beyond_what_is_measured_are_shown_all() -> None:
    kept, _ = properties.kept(msgspec.Raw(b'{"n":[0.1234567890123456,1e-13,1e-300]}'))

    assert kept == '{"n":[0.1234567890123456,0.0000000000001,1E-300]}'
