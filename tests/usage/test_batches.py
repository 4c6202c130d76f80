"""What one row of the inbox has room for, and what is more than that."""

import pytest

from catchment.usage import Batch, SentEvent, batch, sent_events
from catchment.usage.intake.events import PLACES, batches, first_place, joined, last_place

EVENT = SentEvent("a", "t")


def test_a_batch_fills_the_places_of_its_row_and_no_other() -> None:
    full = batch([EVENT] * PLACES)

    assert first_place(7) + full.event_count - 1 == last_place(7)
    assert last_place(7) + 1 == first_place(8)


def test_events_that_a_row_has_no_room_for_are_refused() -> None:
    too_many = r"room for 16,384 events, and these are 16,385: .*\(batches makes them\)"

    with pytest.raises(ValueError, match=too_many):
        batch([EVENT] * (PLACES + 1))
    with pytest.raises(ValueError, match=too_many):
        joined([Batch(PLACES, b"[0]"), Batch(1, b"[0]")])


def test_batches_hold_them_all_in_order() -> None:
    events = [SentEvent(str(place), "t") for place in range(PLACES + 1)]

    parts = list(batches(events))

    assert [one.event_count for one in parts] == [PLACES, 1]
    assert [event for one in parts for event in sent_events(one.json)] == events
