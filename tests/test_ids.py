"""Ids sort as they were made."""

import uuid

from catchment.ids import new_id


def test_ids_are_version_7_and_grow() -> None:
    made = [new_id() for _ in range(10_000)]

    assert {uuid.UUID(i).version for i in made} == {7}
    assert made == sorted(set(made))
