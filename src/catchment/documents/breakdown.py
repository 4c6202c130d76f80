"""The members behind a pooled invoice, few enough to be read on paper.

Up to ``MOST`` members are printed in the order of the tree. A larger family is summarised: its
``LARGEST`` members by usage, and one line for all others, who are in the download.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from heapq import nlargest

from catchment.core.values.money import Money, exact_sum, total
from catchment.documents.format import count, money, quantity
from catchment.documents.invoice import UsageBreakdown, UsageItem, UsageMember

MOST = 200
LARGEST = 100
FULL_TABLE = "All of them are in the download of the full table (CSV, Parquet)."
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a customer used of a metric."""

    metric_id: str
    title: str
    value: Decimal
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A member with usage. ``ancestors`` are the names above it, the payer's first.

    ``share`` is printed where it is given: for all members, or for none.
    """

    name: str
    items: Sequence[Measured]
    ancestors: Sequence[str] = ()
    share: Money | None = None


def breakdown(
    members: Sequence[Member],
    pooled: Sequence[Measured],
    *,
    adding_up: Collection[str],
    notes: tuple[str, ...] = (),
    elsewhere: str = FULL_TABLE,
) -> UsageBreakdown:
    """The usage of ``members`` (in tree order) beside the ``pooled`` usage that was priced.

    ``adding_up`` holds the ids of the metrics whose pooled value is the sum over the members; only
    those can be given for a group of members. ``elsewhere`` says where to find who is not printed.
    """
    totals = (*map(_item, pooled), *_share([member.share for member in members]))
    if len(members) <= MOST:
        lines = tuple(_line(member, depth=len(member.ancestors)) for member in members)
        each = f"What each of {_customers(len(members))} used."
        intro = (each,) if len(members) > 1 else ()
        return UsageBreakdown(lines, totals=totals, intro=intro, notes=notes)

    largest, others = _parted(members, [item.metric_id for item in pooled])
    lines = tuple(_line(member, path=" › ".join(member.ancestors)) for member in largest)
    largest_of = f"The {LARGEST} largest of {_customers(len(members))} with usage."
    return UsageBreakdown(
        lines,
        totals=totals,
        rest=_rest(others, adding_up, elsewhere),
        intro=(largest_of,),
        notes=notes,
    )


def _parted(
    members: Sequence[Member], metric_ids: Sequence[str]
) -> tuple[Sequence[Member], Sequence[Member]]:
    """The largest, by their usage of the first metric, then the next; and all others.

    Metrics do not compare, so a member is as large as its largest share in any of them.
    """
    values = [{item.metric_id: item.value for item in member.items} for member in members]
    sums = {
        metric_id: exact_sum(abs(value.get(metric_id, _ZERO)) for value in values) or Decimal(1)
        for metric_id in metric_ids
    }

    def size(index: int) -> Decimal:
        used = values[index]
        return max((abs(used.get(m, _ZERO)) / sums[m] for m in metric_ids), default=_ZERO)

    order = range(len(members))
    chosen = nlargest(LARGEST, order, key=size)
    chosen.sort(key=lambda index: [-values[index].get(m, _ZERO) for m in metric_ids])
    others = sorted(set(order) - set(chosen))
    return [members[index] for index in chosen], [members[index] for index in others]


def _rest(members: Sequence[Member], adding_up: Collection[str], elsewhere: str) -> UsageMember:
    by_metric: dict[str, list[Measured]] = {}
    for item in (item for member in members for item in member.items):
        by_metric.setdefault(item.metric_id, []).append(item)
    items = tuple(
        _item(Measured(metric_id, items[0].title, exact_sum(i.value for i in items), items[0].unit))
        if metric_id in adding_up
        else UsageItem(items[0].title, "–")
        for metric_id, items in by_metric.items()
    )
    items += _share([member.share for member in members])
    return UsageMember(
        count(len(members), "other customer", "other customers"), items, path=elsewhere
    )


def _line(member: Member, depth: int = 0, path: str = "") -> UsageMember:
    items = (*map(_item, member.items), *_share([member.share]))
    return UsageMember(member.name, items, depth=depth, path=path)


def _share(shares: Sequence[Money | None]) -> tuple[UsageItem, ...]:
    """What some members have of the amount together; nothing where shares are not printed."""
    known = [share for share in shares if share is not None]
    if not known:
        return ()
    return (UsageItem("Share of the amount", money(total(known, known[0].currency))),)


def _item(item: Measured) -> UsageItem:
    return UsageItem(item.title, quantity(item.value), item.unit)


def _customers(number: int) -> str:
    return count(number, "customer", "customers")
