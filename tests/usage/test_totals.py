"""Totals in columns are what the members of an answer used, whatever is asked and by whom."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from catchment.core.usage.metering import Aggregation, Event, Member, Metric, UsageQuery
from catchment.core.values.period import BEGINNING, FOREVER, Span, union
from catchment.usage import UsageStore
from catchment.usage.embedded import duck
from catchment.usage.intake.events import micros
from catchment.usage.questions.totals import NAMES
from tests.usage.test_conformance import LOADS, new_workspace
from tests.usage.world import START, D, event, metrics, queries, send

ALWAYS = Span(BEGINNING, FOREVER)
Figures = dict[tuple[int, int], tuple[Decimal, int]]


def names(members: tuple[Member, ...]) -> pa.Table:
    rows = [
        (number, alias, micros(span.start), micros(span.end))
        for number, member in enumerate(members)
        for alias in sorted(set(member.aliases))
        for span in union(member.spans)
    ]
    return pa.Table.from_pylist(
        [dict(zip(NAMES.names, row, strict=True)) for row in rows], schema=NAMES
    )


def by_member(table: pa.Table) -> Figures:
    found = {(row["metric"], row["member"]): row for row in table.to_pylist()}
    assert len(found) == len(table)
    return {key: (row["quantity"], row["event_count"]) for key, row in found.items()}


def measured(usage: UsageStore, workspace_id: str, asked: list[UsageQuery]) -> Figures:
    return {
        (place, number): (used.members[member.customer], used.member_events[member.customer])
        for place, (query, used) in enumerate(
            zip(asked, usage.measure(workspace_id, asked), strict=True)
        )
        for number, member in enumerate(query.members)
        if member.customer in used.members
    }


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(LOADS, queries(), st.lists(metrics(), min_size=1, max_size=6), st.booleans())
def test_totals_are_what_members_used(
    engine: Engine,
    usage: UsageStore,
    loads: list[tuple[list[Event], bool]],
    query: UsageQuery,
    asked: list[Metric],
    together: bool,
) -> None:
    workspace_id = new_workspace(engine)
    for batch, load in loads:
        send(engine, usage, workspace_id, batch)
        if load:
            usage.catch_up(workspace_id)
    members = query.members
    if together:  # all are asked about the same time, and nobody shares a name
        taken: set[str] = set()
        members = ()
        for one in query.members:
            own = tuple(alias for alias in one.aliases if alias not in taken)
            taken.update(own)
            members += (replace(one, aliases=own, spans=(ALWAYS,)),)

    found = usage.totals(workspace_id, asked, names(members)).rows

    assert by_member(found) == measured(
        usage, workspace_id, [UsageQuery(metric, members) for metric in asked]
    )


def test_a_member_with_two_names_has_one_total(engine: Engine, usage: UsageStore) -> None:
    workspace_id = new_workspace(engine)
    numbers = {"a": "-5", "b": "-7", "c": "none"}
    sent = [
        event(place, alias=alias, properties={"n": number})
        for place, (alias, number) in enumerate(numbers.items())
    ]
    send(engine, usage, workspace_id, sent)
    asked = [
        Metric(one, "call", one, None if one is Aggregation.COUNT else "n")
        for one in (Aggregation.COUNT, Aggregation.SUM, Aggregation.MAX)
    ]

    found = usage.totals(workspace_id, asked, names((Member("p", ("a", "b", "c"), (ALWAYS,)),)))

    assert by_member(found.rows) == {(0, 0): (D(3), 3), (1, 0): (D(-12), 3), (2, 0): (D(-5), 3)}


def test_a_property_may_be_named_by_no_letter(engine: Engine, usage: UsageStore) -> None:
    workspace_id = new_workspace(engine)
    send(engine, usage, workspace_id, [event(1, properties={"": "7"})])
    asked = [Metric("max", "call", Aggregation.MAX, "")]

    found = usage.totals(workspace_id, asked, names((Member("p", ("a",), (ALWAYS,)),)))

    assert by_member(found.rows) == {(0, 0): (D(7), 1)}


def test_totals_of_an_earlier_reading_stay_what_they_were(
    engine: Engine, usage: UsageStore
) -> None:
    workspace_id = new_workspace(engine)
    asked = [Metric("sum", "call", Aggregation.SUM, "n")]
    everyone = names((Member("p", ("a",), (Span(START, START + timedelta(days=1)),)),))
    send(engine, usage, workspace_id, [event(1), event(2)])
    usage.catch_up(workspace_id)
    then = usage.totals(workspace_id, asked, everyone)
    # One corrected, one new; the correction of what is new is in the same file.
    changes = [event(2, properties={"n": "20"}), event(3), event(3, properties={"n": "30"})]
    send(engine, usage, workspace_id, changes)
    usage.catch_up(workspace_id)

    again = usage.totals(workspace_id, asked, everyone, then.last_seq)
    now = usage.totals(workspace_id, asked, everyone)

    assert by_member(again.rows) == by_member(then.rows) == {(0, 0): (D(3), 2)}
    assert by_member(now.rows) == {(0, 0): (D(51), 3)}
    assert now.last_seq > then.last_seq


def test_nobody_asked_about_used_nothing(engine: Engine, usage: UsageStore) -> None:
    workspace_id = new_workspace(engine)
    asked = [Metric("sum", "call", Aggregation.SUM, "n")]

    found = usage.totals(workspace_id, asked, NAMES.empty_table())

    assert len(found.rows) == 0


@pytest.mark.parametrize(("groups", "numbered"), [(5_000, True), (0, False), (2**30, False)])
def test_numbered_groups_have_places_of_their_own_where_there_is_room(
    tmp_path: Path, groups: int, numbered: bool
) -> None:
    sql = "SELECT number, count(*) AS events FROM numbers GROUP BY number"
    db = duck.Duck(tmp_path)
    with db.cursor() as connection:
        cursor = duck.Cursor(connection, {"events": "(SELECT 1)"})
        cursor.keep("numbers", "SELECT range % 5000 AS number FROM range(10000)")

        found = cursor.table(sql, groups=groups)

        [(_, plan)] = cursor.rows(f"EXPLAIN {sql}")
    db.close()
    assert sorted(found["events"].to_pylist()) == [2] * 5_000
    assert ("perfect" in plan.lower()) == numbered
