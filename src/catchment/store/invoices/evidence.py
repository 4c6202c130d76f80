"""What made a line's amount, as of its calculation: kept with the line, never derived anew.

Kept apart from the lines and compressed, all of an invoice together: what lines say of the same
members is mostly the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import msgspec
import pyarrow as pa
from sqlalchemy import Connection, Row, Select, delete, select

from catchment.core.hierarchy import CustomerId
from catchment.core.metering import Member, Metric
from catchment.core.money import exact_sum
from catchment.core.period import Period, Span
from catchment.store.bulk import add_rows
from catchment.store.chunks import chunks
from catchment.store.schema import invoice_evidence, line_items

_c, _line = invoice_evidence.c, line_items.c
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


_SIZE = 8  # bytes that say how large a body is
_codec = pa.Codec("zstd", compression_level=1)
_raw = msgspec.json.Decoder(dict[str, msgspec.Raw])
_sums = msgspec.json.Decoder(dict[str, _EvidenceSum])
_one = msgspec.json.Decoder(Evidence)


_COLUMNS = ("invoice_id", "body")


def row_of(invoice_id: str, found: Mapping[str, Evidence]) -> tuple[Any, ...]:
    """What keeps the evidence of an invoice's lines, by line."""
    return invoice_id, _packed(msgspec.json.encode(found))


def add(tx: Connection, workspace_id: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Keep evidence, given as rows of ``row_of``."""
    common = {"workspace_id": workspace_id}
    add_rows(tx, invoice_evidence, common, _COLUMNS, rows, ready=_COLUMNS)


def clear(tx: Connection, invoice_id: str) -> None:
    """Forget the evidence of an invoice's lines."""
    tx.execute(delete(invoice_evidence).where(_c.invoice_id == invoice_id))


def of_line(tx: Connection, workspace_id: str, line_id: str) -> Evidence | None:
    """The evidence of one line; None without such a line. Raises EvidenceUnreadable."""
    row = tx.execute(_with_lines(workspace_id, [line_id])).one_or_none()
    return None if row is None else read(_found(row.body, _raw)[line_id])


def bodies(tx: Connection, workspace_id: str, invoice_ids: Sequence[str]) -> dict[str, msgspec.Raw]:
    """What ``read`` reads, by line, for all lines of some invoices; without what is unreadable."""
    found: dict[str, msgspec.Raw] = {}
    for row in _of_invoices(tx, workspace_id, invoice_ids):
        with suppress(EvidenceUnreadable):
            by_line: dict[str, msgspec.Raw] = _found(row.body, _raw)
            found |= by_line
    return found


def metrics(tx: Connection, workspace_id: str, line_ids: Sequence[str]) -> dict[str, Metric]:
    """The metric of each of these lines as it was. Raises EvidenceUnreadable."""
    found: dict[str, Metric] = {}
    for part in chunks(line_ids):
        for row in tx.execute(_with_lines(workspace_id, part)):
            counted = _found(row.body, _sums)[row.id].counted
            if counted is not None:
                found[row.id] = counted.metric
    return found


def read(body: msgspec.Raw) -> Evidence:
    """The value of a body. Raises EvidenceUnreadable."""
    try:
        return _one.decode(body)
    except (msgspec.DecodeError, AssertionError) as error:
        raise EvidenceUnreadable(str(error)) from error


def member_sums(
    tx: Connection, workspace_id: str, invoice_ids: Sequence[str]
) -> dict[str, MemberSums | None]:
    """What must add up, by line, for all lines of some invoices; None for what counts nothing.

    Far cheaper than to ``read`` all of it. What is unreadable is left out.
    """
    found: dict[str, MemberSums | None] = {}
    for row in _of_invoices(tx, workspace_id, invoice_ids):
        with suppress(EvidenceUnreadable):
            found |= {id: _summed(one) for id, one in _found(row.body, _sums).items()}
    return found


def _summed(one: _EvidenceSum) -> MemberSums | None:
    counted = one.counted
    if counted is None:
        return None
    return MemberSums(
        counted.metric,
        counted.known_at,
        counted.last_seq,
        exact_sum(member.quantity for member in counted.members),
        sum(member.event_count for member in counted.members),
    )


def _with_lines(workspace_id: str, line_ids: Sequence[str]) -> Select[Any]:
    """Lines, each with the body of its invoice."""
    joined = line_items.join(invoice_evidence, _c.invoice_id == _line.invoice_id)
    query = select(_line.id, _c.body).select_from(joined)
    return query.where(_c.workspace_id == workspace_id, _line.id.in_(line_ids))


def _of_invoices(
    tx: Connection, workspace_id: str, invoice_ids: Sequence[str]
) -> Iterator[Row[Any]]:
    for part in chunks(invoice_ids):
        yield from tx.execute(
            select(_c.body).where(_c.workspace_id == workspace_id, _c.invoice_id.in_(part))
        )


def _packed(json: bytes) -> bytes:
    packed: bytes = _codec.compress(json, asbytes=True)
    return len(json).to_bytes(_SIZE, "big") + packed


def _found(body: bytes, decoder: msgspec.json.Decoder[_T]) -> _T:
    """What a body says. Raises EvidenceUnreadable."""
    size = int.from_bytes(body[:_SIZE], "big")
    try:
        return decoder.decode(_codec.decompress(body[_SIZE:], size))
    except (OSError, ValueError, AssertionError, msgspec.DecodeError) as error:
        raise EvidenceUnreadable(str(error)) from error
