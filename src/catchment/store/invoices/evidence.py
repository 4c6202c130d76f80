"""What made a line's amount, as of its calculation: kept with the line, never derived anew.

Kept apart from the lines and compressed: it is read one line at a time, and the members of a large
family are many.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection, delete, insert, select

from catchment.core.hierarchy import CustomerId
from catchment.core.metering import Member, Metric
from catchment.core.money import exact_sum
from catchment.core.period import Period, Span
from catchment.store.chunks import chunks
from catchment.store.schema import line_evidence

_c = line_evidence.c
_T = TypeVar("_T")


class EvidenceMember(NamedTuple):
    """A member with usage: what of it counted, from when to when, under which names, and why.

    ``path`` leads from the payer to the member; ``links`` are the ids of the parent links that put
    it below the payer during ``spans``.
    """

    customer: CustomerId
    quantity: Decimal
    event_count: int
    spans: tuple[Span, ...]
    aliases: tuple[str, ...]
    depth: int
    path: tuple[CustomerId, ...]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """What was measured: events up to the place ``last_seq``, by the tree known at ``known_at``.

    ``scope`` are the customers whom the price named, if it did; ``exclusions`` those whom the
    schedule left out. What had moved the tiers already is what was ``reached`` by those ``before``.
    ``seats`` are those of all members in the order of time, each number with the days that it
    stood; none where usage was counted, and then ``last_seq`` is a place among seat events.
    """

    metric: Metric
    metric_name: str | None
    span: Span
    known_at: datetime
    last_seq: int
    members: tuple[EvidenceMember, ...]
    scope: tuple[CustomerId, ...] = ()
    exclusions: tuple[CustomerId, ...] = ()
    reached: Decimal = Decimal(0)
    before: tuple[Member, ...] = ()
    seats: tuple[tuple[Decimal, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The price as of then, the days of the full cycle, and for usage prices what was counted."""

    structure: dict[str, Any]
    price_name: str
    frequency: str
    timing: str
    full: Period
    counted: Counted | None


class _MemberSum(msgspec.Struct, array_like=True, gc=False):
    """The beginning of an ``EvidenceMember``."""

    customer: CustomerId
    quantity: Decimal
    event_count: int


class _CountedSum(msgspec.Struct):
    metric: Metric
    known_at: datetime
    last_seq: int
    members: tuple[_MemberSum, ...]


class _EvidenceSum(msgspec.Struct):
    counted: _CountedSum | None


@dataclass(frozen=True, slots=True)
class MemberSums:
    """What all members of a line come to, and what was read to find it."""

    metric: Metric
    known_at: datetime
    last_seq: int
    quantity: Decimal
    event_count: int


class EvidenceUnreadable(Exception):
    """What is stored is not what was written."""


def add(
    tx: Connection, workspace_id: str, found: Iterable[tuple[str, Mapping[str, Evidence]]]
) -> None:
    """Keep the evidence of lines: (invoice, evidence by line)."""
    rows = [
        {
            "line_item_id": line_id,
            "workspace_id": workspace_id,
            "invoice_id": invoice_id,
            "body": zlib.compress(msgspec.json.encode(one), 1),
        }
        for invoice_id, by_line in found
        for line_id, one in by_line.items()
    ]
    if rows:
        tx.execute(insert(line_evidence), rows)


def clear(tx: Connection, invoice_id: str) -> None:
    """Forget the evidence of an invoice's lines."""
    tx.execute(delete(line_evidence).where(_c.invoice_id == invoice_id))


def of_line(tx: Connection, workspace_id: str, line_id: str) -> Evidence | None:
    """The evidence of one line; None without such a line. Raises EvidenceUnreadable."""
    query = select(_c.body).where(_c.workspace_id == workspace_id, _c.line_item_id == line_id)
    body = tx.execute(query).scalar_one_or_none()
    return None if body is None else read(body)


def bodies(tx: Connection, workspace_id: str, invoice_ids: Sequence[str]) -> dict[str, bytes]:
    """What ``read`` reads, by line, for all lines of some invoices."""
    return {
        row.line_item_id: row.body
        for part in chunks(invoice_ids)
        for row in tx.execute(
            select(_c.line_item_id, _c.body).where(
                _c.workspace_id == workspace_id, _c.invoice_id.in_(part)
            )
        )
    }


def metrics(tx: Connection, workspace_id: str, line_ids: Sequence[str]) -> dict[str, Metric]:
    """The metric of each of these lines as it was. Raises EvidenceUnreadable."""
    found: dict[str, Metric] = {}
    for part in chunks(line_ids):
        query = select(_c.line_item_id, _c.body).where(
            _c.workspace_id == workspace_id, _c.line_item_id.in_(part)
        )
        for row in tx.execute(query):
            counted = _decoded(row.body, _EvidenceSum).counted
            if counted is not None:
                found[row.line_item_id] = counted.metric
    return found


def read(body: bytes) -> Evidence:
    """The value of a stored body. Raises EvidenceUnreadable."""
    return _decoded(body, Evidence)


def member_sums(body: bytes) -> MemberSums | None:
    """What of a stored body must add up; None for a line that counts nothing.

    Far cheaper than to ``read`` all of it. Raises EvidenceUnreadable.
    """
    counted = _decoded(body, _EvidenceSum).counted
    if counted is None:
        return None
    return MemberSums(
        counted.metric,
        counted.known_at,
        counted.last_seq,
        exact_sum(member.quantity for member in counted.members),
        sum(member.event_count for member in counted.members),
    )


def _decoded(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(zlib.decompress(body), type=kind)
    except (zlib.error, msgspec.DecodeError, AssertionError) as error:
        raise EvidenceUnreadable(str(error)) from error
