"""A grant's ledger: whatever happens, its parts add up to what was granted."""

from datetime import UTC, date, datetime
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from catchment.core.terms.credits import (
    CreditUnit,
    Entry,
    EntryKind,
    Grant,
    account,
    rest,
    returned,
)

GRANTED, APPLIED, RETURNED, VOIDED = EntryKind
GIFT = Grant(
    "g",
    "payer",
    "Gift",
    CreditUnit.CURRENCY,
    "EUR",
    None,
    D(100),
    date(2026, 1, 1),
    date(2026, 6, 30),
    datetime(2026, 1, 1, tzinfo=UTC),
)


def entry(kind: EntryKind, amount: str) -> Entry:
    return Entry("g", kind, D(amount))


def test_what_is_left_expires_after_the_last_day() -> None:
    entries = [entry(GRANTED, "100"), entry(APPLIED, "-30")]

    assert account(GIFT, entries, date(2026, 6, 30)) == (100, 30, 0, 0, 70)
    assert account(GIFT, entries, date(2026, 7, 1)) == (100, 30, 0, 70, 0)


def test_what_is_returned_counts_as_never_applied() -> None:
    entries = [entry(GRANTED, "100"), entry(APPLIED, "-30")]
    entries += returned(entries)

    assert account(GIFT, entries, date(2026, 2, 1)) == (100, 0, 0, 0, 100)


def test_what_is_taken_back_is_neither_left_nor_applied() -> None:
    entries = [entry(GRANTED, "100"), entry(APPLIED, "-30"), entry(VOIDED, "-70")]

    assert account(GIFT, entries, date(2026, 2, 1)) == (100, 30, 70, 0, 0)


@given(
    st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=8),
    st.booleans(),
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
)
def test_the_parts_always_add_up_to_what_was_granted(
    invoices: list[tuple[int, bool]], taken_back: bool, on: date
) -> None:
    entries = [entry(GRANTED, "100")]
    for minor, voided in invoices:
        amount = min(D(minor), rest(entries))
        if amount:
            applied = [Entry("g", APPLIED, -amount)]
            before = rest(entries)
            entries += applied
            if voided:
                entries += returned(applied)
                assert rest(entries) == before
    if taken_back and rest(entries):
        entries.append(Entry("g", VOIDED, -rest(entries)))

    found = account(GIFT, entries, on)

    assert found.granted == found.balance + found.applied + found.expired + found.voided
    assert min(found) >= 0
