"""An event's id is its place: it leads back to it, and rises with it."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchment.usage.intake.event_ids import event_id, place_of

AT = datetime(2026, 3, 10, 9, 30, 0, 123456, tzinfo=UTC)
SEQS = st.integers(0, 2**60 - 1)


@given(SEQS, st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)))  # noqa: DTZ001
def test_an_id_leads_back_to_its_place(seq: int, at: datetime) -> None:
    id = event_id("w", at.replace(tzinfo=UTC), seq)

    assert place_of("w", id) == seq


@given(SEQS, SEQS)
def test_ids_are_different_where_places_are_and_rise_with_them(one: int, other: int) -> None:
    assert (event_id("w", AT, one) < event_id("w", AT, other)) == (one < other)


def test_ids_rise_with_the_time_of_receipt() -> None:
    assert event_id("w", AT, 2**59) < event_id("w", AT + timedelta(milliseconds=1), 0)


def test_an_id_is_a_uuid_of_version_seven_with_its_instant() -> None:
    read = uuid.UUID(event_id("w", AT, 12345))

    assert (read.version, read.variant) == (7, uuid.RFC_4122)
    assert read.int >> 80 == 1773135000123


def test_an_id_of_another_workspace_leads_nowhere() -> None:
    assert place_of("other", event_id("w", AT, 7)) is None


@pytest.mark.parametrize("id", ["", "evt-9", "01A21592-C9FA-733C-9B04-6DF323C72241", "0" * 36])
def test_what_is_no_id_of_ours_leads_nowhere(id: str) -> None:
    assert place_of("w", id) is None
