from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

from catchment.core.values.money import Money
from catchment.documents import format as written
from catchment.documents.breakdown import LARGEST, MOST, Measured, Member, breakdown
from catchment.documents.invoice import UsageItem, UsageMember


def calls(value: int) -> Measured:
    return Measured("c", "Calls", D(value), "calls")


def routes(value: int) -> Measured:
    return Measured("r", "Routes", D(value))


def family(count: int) -> list[Member]:
    return [Member(f"M{n}", (calls(n + 1), routes(count - n)), ("Group",)) for n in range(count)]


def test_a_family_is_printed_in_the_order_of_its_tree() -> None:
    members = [
        Member("Group", (calls(1),)),
        Member("France", (calls(1200),), ("Group",)),
        Member("Lyon", (calls(3),), ("Group", "France")),
    ]

    usage = breakdown(members, [calls(1204)], adding_up={"c"}, notes=("A note.",))

    assert [(line.depth, line.name) for line in usage.members] == [
        (0, "Group"),
        (1, "France"),
        (2, "Lyon"),
    ]
    assert usage.members[1].items == (UsageItem("Calls", "1,200", "calls"),)
    assert usage.totals == (UsageItem("Calls", "1,204", "calls"),)
    assert usage.rest is None
    assert usage.notes == ("A note.",)
    assert "3\u00a0customers" in usage.intro[0]


def test_one_member_needs_no_introduction() -> None:
    assert breakdown([Member("Group", (calls(1),))], [calls(1)], adding_up={"c"}).intro == ()


def test_the_largest_printed_family_has_every_member() -> None:
    usage = breakdown(family(MOST), [calls(1), routes(1)], adding_up={"c"})

    assert len(usage.members) == MOST
    assert usage.rest is None


def test_one_member_more_and_only_the_largest_are_printed_and_a_line_for_the_rest() -> None:
    members = family(MOST + 1)

    usage = breakdown(members, [calls(1), routes(1)], adding_up={"c"})

    assert len(usage.members) == LARGEST
    assert usage.rest is not None
    assert usage.rest.name == "101\u00a0other customers"
    assert "201\u00a0customers" in usage.intro[0]


def test_who_is_large_in_any_metric_is_among_the_largest_and_the_first_metric_orders_them() -> None:
    members = family(MOST + 1)

    usage = breakdown(members, [calls(1), routes(1)], adding_up={"c"})
    names = [line.name for line in usage.members]

    assert names[0] == "M200"
    assert names[-1] == "M0"
    assert "M100" not in names
    assert usage.members[0].path == "Group"


def test_the_rest_is_summed_where_a_metric_adds_up_and_is_open_where_it_does_not() -> None:
    members = family(MOST + 1)
    printed_and_rest = sum(range(1, MOST + 2))

    usage = breakdown(members, [calls(printed_and_rest), routes(1)], adding_up={"c"})
    printed = sum(int(line.items[0].value) for line in usage.members)

    assert usage.rest is not None
    assert usage.rest.items == (
        UsageItem("Calls", f"{printed_and_rest - printed:,}", "calls"),
        UsageItem("Routes", "–"),
    )


def test_members_that_used_nothing_of_a_metric_are_the_smallest() -> None:
    members = [Member(f"M{n}", (routes(0),)) for n in range(MOST)] + [Member("Last", (calls(1),))]

    usage = breakdown(members, [calls(1), routes(0)], adding_up={"c", "r"})

    assert usage.members[0] == UsageMember("Last", (UsageItem("Calls", "1", "calls"),))
    assert usage.members[1].name == "M0"


def test_a_large_family_without_a_priced_metric_is_still_printed() -> None:
    usage = breakdown(family(MOST + 1), [], adding_up=())

    assert [line.name for line in usage.members[:2]] == ["M0", "M1"]


def test_who_is_not_printed_is_said_to_be_elsewhere() -> None:
    rest = breakdown(family(MOST + 1), [calls(1)], adding_up={"c"}, elsewhere="In a file.").rest

    assert rest is not None
    assert rest.path == "In a file."


def test_shares_are_printed_and_added_up_wherever_usage_is() -> None:
    def euros(minor: int) -> Money:
        return Money(minor, "EUR")

    members = [replace(one, share=euros(n)) for n, one in enumerate(family(MOST + 1))]

    usage = breakdown(members, [calls(1), routes(1)], adding_up={"c"})

    printed = [int(line.items[-1].value.strip("€").replace(".", "")) for line in usage.members]
    assert usage.rest is not None
    rest = usage.rest.items[-1]
    assert rest.metric == usage.totals[-1].metric == "Share of the amount"
    whole = sum(range(MOST + 1))
    assert rest.value == written.money(euros(whole - sum(printed)))
    assert usage.totals[-1].value == written.money(euros(whole))
