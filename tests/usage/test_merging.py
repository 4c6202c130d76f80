"""Merging takes neighbours, slice by slice, and loses and doubles nothing."""

from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine

from catchment.core.usage.metering import measure
from catchment.store.access import Workspace
from catchment.store.engine import reading
from catchment.usage import UsageStore
from catchment.usage.embedded import layout, merging, segments, slices
from catchment.usage.embedded.segments import Kind, Segment
from tests.usage.world import EVERYTHING, START, event, send

_OTHER_ORDERS = ("event_type", "alias", "event_at", "seq"), ("seq",)
"""As files lay before they were sorted by names, and as nothing ever wrote them."""


def known(*counts: int, kind: Kind = Kind.EVENTS) -> list[Segment]:
    return [
        Segment(str(place), kind, "", count, place, place, START)
        for place, count in enumerate(counts)
    ]


def counts(chosen: list[Segment]) -> list[int]:
    return [one.row_count for one in chosen]


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        ((9, 9, 9), ()),
        ((9, 9, 9, 9), (9, 9, 9, 9)),
        ((9, 9, 5_000, 9, 9), ()),  # the large one is not written again for the small ones
        ((900, 9, 900, 9, 900, 900), (900, 9, 900, 9, 900, 900)),
        ((4_000_000, 900, 900, 900, 900), (900, 900, 900, 900)),
        ((4_000_000,) * 4, ()),
    ],
)
def test_neighbours_of_one_size_are_merged_with_what_lies_between(
    monkeypatch: pytest.MonkeyPatch, there: tuple[int, ...], chosen: tuple[int, ...]
) -> None:
    monkeypatch.setattr(merging, "FAN_IN", 4)

    assert counts(merging.crowd(known(*there))) == list(chosen)


def test_while_more_waits_only_a_larger_crowd_is_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "FAN_IN", 2)

    assert counts(merging.too_many(known(*[9] * 7))) == []
    assert counts(merging.too_many(known(*[9] * 8))) == [9] * 8


def test_keys_are_merged_soon_whatever_waits() -> None:
    assert counts(merging.too_many(known(9, 9, 9, kind=Kind.KEYS))) == []
    assert counts(merging.too_many(known(9, 9, 9, 9, kind=Kind.KEYS))) == [9] * 4
    assert counts(merging.crowd(known(9, 9, 9, 9, kind=Kind.KEYS))) == [9] * 4


@pytest.mark.parametrize(
    ("there", "chosen"),
    [((5,), ()), ((5, 1), (5, 1)), ((3_999_999, 1, 1), (3_999_999, 1)), ((4_000_000, 1), ())],
)
def test_all_are_packed_that_fit(there: tuple[int, ...], chosen: tuple[int, ...]) -> None:
    assert counts(merging.packed(known(*there))) == list(chosen)


@pytest.mark.files
def test_a_merged_file_is_sorted_and_complete_whatever_its_slices_and_however_files_were_sorted(
    engine: Engine,
    usage: UsageStore,
    workspace: Workspace,
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slices, "_ROWS", 6)
    sent = [
        event(
            number,
            alias="abü"[number % 3],
            event_type=("call", "other")[number % 4 == 0],
            at=START + timedelta(minutes=number // 9),  # many at once
            customer_event_id=f"e{number % 31}",
        )
        for number in range(60)
    ]
    for first in range(0, 60, 15):
        send(engine, usage, workspace.id, sent[first : first + 15])
        usage.catch_up(workspace.id)
    with reading(engine) as tx:
        written = segments.files(data_dir, segments.manifest(tx, workspace.id), Kind.EVENTS)
    for file, order in zip(written, _OTHER_ORDERS, strict=False):
        rows = pq.read_table(file).sort_by([(name, "ascending") for name in order])
        pq.write_table(rows, file, row_group_size=4)
    before = usage.reading(workspace.id, [EVERYTHING])

    usage.compact(workspace.id)

    with reading(engine) as tx:
        left = segments.manifest(tx, workspace.id)
    assert sorted(one.kind for one in left) == [Kind.EVENTS, Kind.KEYS, Kind.MARKS]
    [file] = segments.files(data_dir, left, Kind.EVENTS)
    stored = pq.read_table(file, columns=list(layout.ORDER)).to_pylist()
    assert [*map(tuple, map(dict.values, stored))] == sorted(map(tuple, map(dict.values, stored)))
    assert len({row["seq"] for row in stored}) == 60
    assert pq.read_metadata(file).metadata[b"catchment.version"] == b"1"
    after = usage.reading(workspace.id, [EVERYTHING])
    assert after == before
    assert after.answers == [measure(EVERYTHING, sent)]
