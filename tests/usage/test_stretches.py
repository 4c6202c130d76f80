"""What happened at another time never counts, wherever it is: in a file of its own or with others."""

from collections.abc import Sequence
from datetime import timedelta

import pyarrow as pa
import pytest
from sqlalchemy import Engine

from catchment.core.usage.metering import Aggregation, Member, Metric, UsageQuery
from catchment.core.values.period import Span
from catchment.store.access import Workspace
from catchment.usage import UsageStore
from catchment.usage.intake.events import micros
from catchment.usage.questions.totals import NAMES
from tests.usage.world import START, event, send

END = START + timedelta(days=2)
TICK = timedelta(microseconds=1)
MOMENTS = [START - TICK, START, END - TICK, END]
COUNT = Metric("m", "call", Aggregation.COUNT, None)
STOOD = Metric("m", "call", Aggregation.TIME_WEIGHTED_SUM, "n")  # reads what was told before


@pytest.mark.parametrize(
    "loads",
    [
        [[1, 2]],  # a file that lies within
        [[1, 3]],  # one that ends just beyond
        [[0, 1], [2, 3]],  # files that reach beyond it at one end
        [[0], [1, 2], [3]],  # files without
        [[1, 2], [0, 3]],
    ],
)
@pytest.mark.parametrize("waiting", [[], [0, 3], [1]])
def test_only_what_happened_within_counts(
    engine: Engine,
    usage: UsageStore,
    workspace: Workspace,
    loads: Sequence[Sequence[int]],
    waiting: Sequence[int],
) -> None:
    numbers = iter(range(100))
    for load in [*loads, waiting]:
        usage.catch_up(workspace.id)
        sent = [event(next(numbers), alias="a", at=MOMENTS[place]) for place in load]
        if sent:
            send(engine, usage, workspace.id, sent)
    if not waiting:
        usage.catch_up(workspace.id)
    whole, first = Span(START, END), Span(START, START + TICK)
    ends = pa.array([micros(START)]), pa.array([micros(END)])
    names = pa.table([pa.array([0], pa.int32()), pa.array(["a"]), *ends], schema=NAMES)
    within = sum(place in {1, 2} for place in [*waiting, *(p for load in loads for p in load)])
    at_first = sum(place == 1 for place in [*waiting, *(p for load in loads for p in load)])

    alone = [UsageQuery(COUNT, (Member("p", ("a",), (whole,)),))]
    both = [*alone, UsageQuery(COUNT, (Member("p", ("a",), (first,)),))]
    [answer] = usage.measure(workspace.id, alone)
    answers = usage.measure(workspace.id, both)
    [total] = usage.totals(workspace.id, [COUNT], names).rows.to_pylist()
    beside = usage.totals(workspace.id, [COUNT, STOOD], names).rows.to_pylist()

    assert answer.pooled == within
    assert [one.pooled for one in answers] == [within, at_first]
    assert (total["quantity"], total["event_count"]) == (within, within)
    assert [one["event_count"] for one in beside] == [within, within]
