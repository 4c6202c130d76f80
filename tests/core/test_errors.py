"""What every refusal has in common."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catchment.core.values.errors import BillingError, FieldError, Invalid, NotSupportedYet


def every(base: type[BillingError]) -> Iterator[type[BillingError]]:
    for one in base.__subclasses__():
        if one.__module__ == BillingError.__module__:
            yield one
            yield from every(one)


def test_every_refusal_has_a_code_of_its_own_and_says_what_it_means() -> None:
    found = list(every(BillingError))

    assert len({one.code for one in found}) == len(found)
    for one in found:
        assert one().detail == one.title() == str(one())
        assert one.title().endswith(".")
        assert 400 <= one.status < 600


def test_a_refusal_can_say_more_than_its_title() -> None:
    assert BillingError("Because of this.").detail == "Because of this."


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Invalid.field("/a/0", "No."), "invalid"),
        (Invalid.field("/a/0", "No.", "special"), "special"),
        (NotSupportedYet.field("/a/0", "No."), "not_supported_yet"),
    ],
)
def test_a_refusal_of_a_field_points_at_it(refusal: BillingError, code: str) -> None:
    assert refusal.detail == "No."
    assert refusal.errors == (FieldError("/a/0", code, "No."),)
