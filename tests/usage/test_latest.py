"""The latest value, told apart by instant and then by acknowledgement, wherever the events are by now."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from itertools import permutations

import pytest
from sqlalchemy import Engine

from catchment.core.usage.metering import Aggregation, Event, Member, UsageQuery, measure
from catchment.core.values.period import BEGINNING, FOREVER, Span
from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.usage.world import START, SUM_N, event, send

LATEST = replace(SUM_N, aggregation=Aggregation.LATEST)
ALWAYS = (Span(BEGINNING, FOREVER),)
EVERYBODY = UsageQuery(
    LATEST, (Member("p", ("a", "b"), ALWAYS), Member("q", ("c",), ALWAYS)), want_values=True
)


@pytest.mark.parametrize("loaded", [0, 1, 2, 4])
def test_of_one_instant_the_value_that_was_acknowledged_last_counts(
    engine: Engine, usage: UsageStore, workspace: Workspace, loaded: int
) -> None:
    sent: list[Event] = []
    for number, values in enumerate(permutations(("1", "2", "4"))):
        minute = START + timedelta(minutes=number)
        batch = [
            event(10 * number + place, alias=alias, at=minute, properties={"n": value})
            for place, (alias, value) in enumerate(zip("aab", values, strict=True))
        ]
        for one in batch:
            send(engine, usage, workspace.id, [one])
            sent.append(one)
        if number < loaded:
            usage.catch_up(workspace.id)

        [found] = usage.measure(workspace.id, [EVERYBODY])

        assert found == measure(EVERYBODY, sent)
        assert found.pooled == D(values[-1])


def test_a_chart_has_the_latest_value_of_every_member_in_each_of_its_stretches(
    engine: Engine, usage: UsageStore, workspace: Workspace
) -> None:
    hours = [START + timedelta(hours=hour) for hour in range(4)]
    told = [
        ("a", 0, "5"),
        ("b", 0, "3"),
        ("c", 0, "20"),
        ("c", 2, "x"),
        ("a", 2, "7"),
        ("c", 2, "1"),
    ]
    send(
        engine,
        usage,
        workspace.id,
        [
            event(number, alias=alias, at=hours[hour], properties={"n": n})
            for number, (alias, hour, n) in enumerate(told)
        ],
    )

    buckets = usage.series(workspace.id, EVERYBODY, hours)

    assert [(one.value, one.event_count) for one in buckets] == [(23, 3), (0, 0), (8, 3)]
