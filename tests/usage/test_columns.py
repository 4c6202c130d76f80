"""A property is what was sent, in whatever column it lies, alone or beside those of other files."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from catchment.core.usage.metering import Aggregation, Member, Metric, UsageQuery
from catchment.core.usage.properties import number_of, text_of
from catchment.core.values.period import ALWAYS
from catchment.store.engine import writing
from catchment.usage import EventFilter, EventPageRequest, SentEvent, UsageStore, batch
from catchment.usage.intake import columns, one_by_one, tables
from catchment.usage.intake.events import InboxRow
from tests.usage.test_conformance import new_workspace
from tests.usage.world import START, D

NAMES = st.sampled_from(["n", "N", "it's", 'a"b', "Ünïcode", "", "text_6e"])
NUMBERS = st.sampled_from(
    ["1", "1.0", "1e3", "-0.0", "0e400", "1E-12", "0.0000000000005", "1.50000000000000000", "-7",
     "999999999999999.999999999999", "-999999999999999", "0.1234567890123456789"]
)  # fmt: skip
VALUES = st.one_of(
    NUMBERS.map(lambda digits: msgspec.Raw(digits.encode())),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3),
    st.sampled_from(["1.0", "007", "true"]),
    st.booleans(),
    st.none(),
    st.sampled_from([[1.5, None], {"z": {"n": 2}}, []]),
)
SENT = st.lists(st.dictionaries(NAMES, VALUES, max_size=4), min_size=1, max_size=6)


def rows(*requests: Sequence[dict[str, Any]]) -> list[InboxRow]:
    found = []
    for number, request in enumerate(requests, 1):
        json = batch([SentEvent("a", "t", event_properties=raw(own)) for own in request]).json
        found.append(InboxRow(number, len(json), json, START))
    return found


def raw(properties: dict[str, Any]) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(properties))


def exactly(text: bytes | str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


@settings(max_examples=150)
@given(SENT)
def test_properties_are_put_together_as_they_were_sent(sent: list[dict[str, Any]]) -> None:
    stored = tables.table("w", rows(sent)).to_pylist(maps_as_pydicts="strict")

    assert [exactly(columns.properties_of(row)) for row in stored] == [
        exactly(bytes(raw(own))) for own in sent
    ]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(SENT, st.booleans()), min_size=1, max_size=4), NAMES)
def test_a_metric_made_later_reads_every_kind_of_column_in_every_file(
    engine: Engine, usage: UsageStore, loads: list, name: str
) -> None:
    workspace_id = new_workspace(engine)
    for sent, load in loads:
        with writing(engine) as tx:
            events = [SentEvent("a", "t", event_properties=raw(own)) for own in sent]
            usage.accept(tx, workspace_id, batch(events), START)
        if load:
            usage.catch_up(workspace_id)
    usage.compact(workspace_id)

    whole = (Member("p", ("a",), (ALWAYS,)),)
    sums, texts = usage.measure(
        workspace_id,
        [
            UsageQuery(Metric("s", "t", Aggregation.SUM, name), whole),
            UsageQuery(Metric("u", "t", Aggregation.UNIQUE, name), whole),
        ],
    )

    read = [
        text
        for sent, _ in loads
        for own in sent
        if (text := text_of(exactly(bytes(raw(own))).get(name))) is not None
    ]
    numbers = [number for text in read if (number := number_of(text)) is not None]
    assert sums.pooled == sum(numbers, D(0))
    assert texts.pooled == len(set(read))


def test_numbers_of_every_width_are_the_same_beside_each_other(
    engine: Engine, usage: UsageStore
) -> None:
    workspace_id = new_workspace(engine)
    numbers = ["2.000001", "0.000000000001", "999999999999999", "-7"]  # the last one waits
    for number in numbers:
        with writing(engine) as tx:
            event = SentEvent("a", "t", event_properties=raw({"n": msgspec.Raw(number.encode())}))
            usage.accept(tx, workspace_id, batch([event]), START)
        if number != numbers[-1]:
            usage.catch_up(workspace_id)
    kinds = [Aggregation.SUM, Aggregation.MAX, Aggregation.UNIQUE, Aggregation.LATEST]
    whole = (Member("p", ("a",), (ALWAYS,)),)
    asked = [UsageQuery(Metric(kind, "t", kind, "n"), whole) for kind in kinds]

    apart = usage.measure(workspace_id, asked)
    usage.catch_up(workspace_id)
    usage.compact(workspace_id)
    together = usage.measure(workspace_id, asked)

    found = [D("999999999999994.000001000001"), D("999999999999999"), D(4), D(-7)]
    assert [one.pooled for one in apart] == [one.pooled for one in together] == found


def test_names_beyond_the_most_common_stay_with_their_events(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(one_by_one, "MOST_COLUMNS", 1)

    stored = tables.table("w", rows([{"a": 1, "b": "x"}, {"a": 2, "c": True}]))

    assert [name for name in stored.column_names if columns.property_of(name)] == ["number_61"]
    assert stored["texts"].to_pylist() == [[("b", "x")], [("c", "true")]]
    assert stored["properties"].to_pylist() == ['{"b":"x"}', '{"c":true}']


def test_without_a_time_or_an_id_an_event_has_that_of_its_receipt_and_its_own(
    engine: Engine, usage: UsageStore
) -> None:
    workspace_id = new_workspace(engine)
    with writing(engine) as tx:
        usage.accept(tx, workspace_id, batch([SentEvent("a", "t")]), START)
    usage.catch_up(workspace_id)

    [event] = usage.events(workspace_id, EventFilter(), EventPageRequest()).events

    assert (event.at, event.customer_event_id, event.properties) == (START, event.id, "{}")
    found = usage.events(workspace_id, EventFilter(event_id=event.id), EventPageRequest())
    assert found.events == (event,)


def test_digits_beyond_microseconds_are_rounded_as_they_are_at_the_door() -> None:
    at = '[{"customerAlias":"a","eventType":"t","eventTimestamp":"2026-03-01T00:00:00.1234567Z"}]'

    stored = tables.table("w", [InboxRow(1, len(at), at.encode(), START)])

    assert stored["event_at"].to_pylist() == [1_772_323_200_123_457]
    assert stored.schema.field("event_at").type == pa.int64()
