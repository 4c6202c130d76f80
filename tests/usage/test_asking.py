"""Whatever characters names, texts and parameters are made of, every engine reads them as they are."""

from collections.abc import Iterator

import pyarrow as pa
import pytest
from sqlalchemy import Engine

from catchment.core.usage.metering import Aggregation, Member, Metric, UsageQuery, measure
from catchment.core.values.period import ALWAYS
from catchment.store.access import Workspace
from catchment.usage import EventFilter, EventPageRequest, UsageStore
from catchment.usage.clickhouse import address, clients
from catchment.usage.clickhouse.cursor import ClickHouseCursor
from catchment.usage.questions.engine import Cursor
from tests.usage.world import D, event, send

STRANGE = [
    "FROM events", "JOIN stored", "$earliest", "$event_type", "{earliest:Int64}", "%s %(a)s", "a'; --", "\\", "\\'",
    "\\N", "NULL", "a\nb", "\t", "\r", '"', "`", "/* ", "😀", "ﬀ", "é", "e\u0301", "$$", "$a$",
]  # fmt: skip


@pytest.fixture
def cursor(chdb_url: str) -> Iterator[Cursor]:
    with clients.Clients(address.parse(chdb_url)).session() as session:
        meaning = {"events": "(SELECT 1 AS n)", "marks": "(SELECT 2 AS n)"}
        yield ClickHouseCursor(session, lambda _: meaning)


def test_names_and_texts_may_look_like_queries(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    sent = [
        event(n, alias=strange, event_type=strange, properties={strange: "2.5", "text": strange})
        for n, strange in enumerate(STRANGE)
    ]
    send(engine, usage, workspace.id, sent[::2])
    usage.catch_up(workspace.id)
    send(engine, usage, workspace.id, sent[1::2])
    asked = [
        UsageQuery(
            Metric(
                "m", strange, Aggregation.SUM, strange,
                filters=(("text", frozenset({strange, "other"})), (strange, frozenset({strange}))),
                negated=frozenset({strange}), case_sensitive=n % 2 == 0,
            ),
            (Member("p", (strange,), (ALWAYS,)),),
        )
        for n, strange in enumerate(STRANGE)
    ]  # fmt: skip

    answers = usage.measure(workspace.id, asked)

    assert answers == [measure(query, sent) for query in asked]
    assert {answer.pooled for answer in answers} == {D("2.5")}


def test_a_filter_may_have_as_many_alternatives_as_are_let_in(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    many = frozenset(f"Ä{n}" for n in range(1_000))
    everyone = (Member("p", ("a",), (ALWAYS,)),)
    sent = [event(n, properties={"text": text}) for n, text in enumerate(["ä7", "Ä7", "ä1000"])]
    send(engine, usage, workspace.id, sent)
    asked = [
        UsageQuery(
            Metric("m", "call", Aggregation.COUNT, filters=(("text", many),), case_sensitive=cased),
            everyone,
        )
        for cased in (True, False)
    ]

    answers = usage.measure(workspace.id, asked)

    assert answers == [measure(query, sent) for query in asked]
    assert [answer.pooled for answer in answers] == [1, 2]


def test_events_are_found_by_whatever_they_are_called(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    for n, strange in enumerate(STRANGE):
        send(engine, usage, workspace.id, [event(n, customer_event_id=strange, alias=strange)])
    usage.catch_up(workspace.id)

    for n, strange in enumerate(STRANGE):
        wanted = EventFilter(event_id=strange) if n % 2 else EventFilter(aliases=[strange])
        [found] = usage.events(workspace.id, wanted, EventPageRequest()).events
        assert (found.customer_event_id, found.alias) == (strange, strange)
    standing = usage.standing(workspace.id, STRANGE[::2])
    assert [one.customer_event_id for one in standing] == STRANGE[::2]


@pytest.mark.parametrize(
    "value", [*STRANGE, "", "\0", "\x01", 0, -1, 2**63 - 1, -(2**63), 2**63, -(2**100), None]
)
def test_a_parameter_arrives_as_it_was_given(cursor: Cursor, value: str | int | None) -> None:
    assert cursor.rows("SELECT $value", {"value": value, "other": "left out"}) == [(value,)]
    cursor.keep("kept", "SELECT $value AS found", {"value": value if value is not None else 1})
    assert cursor.rows("SELECT found FROM kept") == [(value if value is not None else 1,)]


def test_a_name_means_its_relation_only_where_rows_come_from(cursor: Cursor) -> None:
    found = cursor.rows(
        "SELECT events.n AS marks, marks.n AS events FROM events JOIN marks ON true"
    )

    assert found == [(1, 2)]


def test_what_is_defined_comes_back_to_the_digit_and_may_be_defined_anew(cursor: Cursor) -> None:
    huge = [D("99999999999999999999999999.999999999999"), D("-0.000000000001"), None, D(0)]
    schema = pa.schema([("text", pa.string()), ("n", pa.int32()), ("d", pa.decimal128(38, 12))])
    texts, numbers = ["a", None, "", "ü"], [1, -(2**31), None, 2**31 - 1]

    cursor.define("given", pa.table([texts, numbers, huge], schema=schema))
    found = cursor.rows("SELECT text, n, d FROM given")
    cursor.define("given", pa.table({"other": pa.array([1, 2], pa.int64())}))

    assert found == list(zip(texts, numbers, huge, strict=True))
    assert cursor.rows("SELECT sum(other) FROM given") == [(3,)]
    cursor.define("given", schema.empty_table())
    assert cursor.rows("SELECT n FROM given") == []


def test_batches_are_of_the_size_asked_for_and_another_question_may_follow(cursor: Cursor) -> None:
    numbers = pa.table({"n": pa.array(range(250_001), pa.int64())})
    cursor.define("numbers", numbers)

    parts = list(cursor.batches("SELECT n FROM numbers WHERE n >= $least", {"least": 0}, 100_000))

    assert [len(part) for part in parts] == [100_000, 100_000, 50_001]
    assert {n for part in parts for (n,) in part} == set(range(250_001))
    assert cursor.rows("SELECT 1") == [(1,)]


def test_groups_of_all_have_no_member_and_what_finds_no_partner_is_null(cursor: Cursor) -> None:
    cursor.define("used", pa.table({"query": pa.array([0, 0]), "member": pa.array([0, 7])}))

    grouped = cursor.rows(
        "SELECT query, member, count(*) FROM used GROUP BY GROUPING SETS ((query, member), (query))"
    )
    joined = cursor.rows(
        "SELECT a.member, b.member FROM used AS a LEFT JOIN"
        " (SELECT member FROM used WHERE member > 0) AS b ON a.member = b.member ORDER BY 1"
    )

    assert sorted(grouped, key=repr) == [(0, 0, 1), (0, 7, 1), (0, None, 2)]
    assert joined == [(0, None), (7, 7)]
