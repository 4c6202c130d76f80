"""The store gives the answer of the pure definition, whatever was loaded, merged or still waits."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from catchment import ids
from catchment.core.usage.metering import Aggregation, Metric, UsageQuery, measure
from catchment.core.usage.properties import fold
from catchment.core.values.period import Span, intersect, union
from catchment.store import access
from catchment.store.engine import writing
from catchment.usage import UsageStore
from catchment.usage.clickhouse import address, clients, properties
from catchment.usage.embedded.duck import Duck
from tests.usage.world import START, events, queries, send

LETTERS = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]


def new_workspace(engine: Engine) -> str:
    with writing(engine) as tx:
        made = access.named_workspace(tx, name=ids.new_id(), id=ids.new_id(), at=START)
    return made.id


EDGES = [START + timedelta(days=day) for day in range(-1, 6)]
DAYS = [Span(start, end) for start, end in pairwise(EDGES)]
LOADS = st.lists(st.tuples(st.lists(events(), min_size=1, max_size=12), st.booleans()), max_size=5)


@pytest.mark.sharded
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(LOADS, st.lists(queries(), min_size=1, max_size=6))
def test_the_store_agrees_with_the_definition(
    engine: Engine, usage: UsageStore, loads: list, asked: list[UsageQuery]
) -> None:
    workspace_id = new_workspace(engine)
    sent = []
    for batch, load in loads:
        send(engine, usage, workspace_id, batch)
        sent += batch
        if load:
            usage.catch_up(workspace_id)

    answers = usage.measure(workspace_id, asked)
    days = usage.days_used(workspace_id, asked, EDGES)

    assert answers == [measure(query, sent) for query in asked]
    assert days == [
        {day for day, within in enumerate(DAYS) if measure(cut(query, within), sent).event_count}
        for query in asked
    ]


def cut(query: UsageQuery, within: Span) -> UsageQuery:
    """How many of the query's events happened within a stretch, whatever is made of them."""
    metric = query.metric
    events_of = Metric(
        metric.id,
        metric.event_type,
        Aggregation.COUNT,
        filters=metric.filters,
        negated=metric.negated,
        case_sensitive=metric.case_sensitive,
    )
    members = (replace(one, spans=intersect(union(one.spans), within)) for one in query.members)
    return UsageQuery(events_of, tuple(members))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(LOADS, st.lists(queries(), min_size=1, max_size=4))
def test_an_earlier_reading_is_repeated_whatever_has_come_since(
    engine: Engine, usage: UsageStore, loads: list, asked: list[UsageQuery]
) -> None:
    workspace_id = new_workspace(engine)
    readings = [usage.reading(workspace_id, asked)]
    for batch, load in loads:
        send(engine, usage, workspace_id, batch)
        if load:
            usage.catch_up(workspace_id)
        readings.append(usage.reading(workspace_id, asked))

    again = [usage.reading(workspace_id, asked, then.last_seq) for then in readings]
    counted = [usage.counted(workspace_id, asked[0], then.last_seq) for then in readings]

    assert [one.answers for one in again] == [one.answers for one in readings]
    assert [len(places) for places in counted] == [one.answers[0].event_count for one in readings]


def test_letters_lose_their_case_alike_in_the_store(tmp_path: Path) -> None:
    with Duck(tmp_path).cursor() as cursor:
        lowered = cursor.execute(
            "SELECT list_transform($1, lambda x: lower(x))", [LETTERS]
        ).fetchone()

    assert lowered is not None
    assert lowered[0] == [fold(letter) for letter in LETTERS]


@pytest.mark.parametrize(
    ("folded", "alike"), [(properties.folded("letter"), True), ("lowerUTF8(letter)", False)]
)
def test_letters_lose_their_case_alike_in_clickhouse(
    chdb_url: str, folded: str, alike: bool
) -> None:
    with clients.Clients(address.parse(chdb_url)).session() as session:
        session.command("CREATE TEMPORARY TABLE letters (letter String, expected String)")
        folds = {"letter": LETTERS, "expected": list(map(fold, LETTERS))}
        session.insert_arrow("letters", pa.table(folds))
        different = session.query(f"SELECT count() FROM letters WHERE {folded} <> expected")

    assert (different.result_rows == [(0,)]) == alike
