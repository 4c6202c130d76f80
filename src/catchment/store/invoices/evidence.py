"""What made a line's amount, as of its calculation: kept with the line, never derived anew.

Kept apart from the lines and compressed, all of an invoice together: what lines say of the same
members is mostly the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
from sqlalchemy import Connection, Row, Select, delete, select

from catchment.core.hierarchy import CustomerId
from catchment.core.metering import Member, Metric
from catchment.core.money import exact_sum
from catchment.core.period import Period, Span
from catchment.store.chunks import chunks
from catchment.store.schema import invoice_evidence, line_items

_c, _line = invoice_evidence.c, line_items.c
_NOTHING = Decimal(0)


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


class MemberSums(NamedTuple):
    """What all members of a line come to, and what was read to find it."""

    metric: Metric
    known_at: datetime
    last_seq: int
    quantity: Decimal
    event_count: int


class EvidenceUnreadable(Exception):
    """What is stored is not what was written."""


_BROKEN = (OSError, ValueError, LookupError, AssertionError, msgspec.DecodeError)


class _CountedTerms(msgspec.Struct, array_like=True, gc=False):
    """The beginning of what was ``Counted``, which has neither members nor figures."""

    metric: Metric
    known_at: datetime
    last_seq: int
    metric_name: str | None
    span: Span
    scope: tuple[CustomerId, ...]
    exclusions: tuple[CustomerId, ...]


class _Terms(msgspec.Struct, array_like=True, gc=False):
    """What the lines of many invoices have alike."""

    counted: _CountedTerms | None
    structure: dict[str, Any]
    price_name: str
    frequency: str
    timing: str
    full: Period


class _Member(msgspec.Struct, array_like=True, gc=False):
    """An ``EvidenceMember`` but for its figures: what the lines of an invoice have alike."""

    customer: CustomerId
    spans: tuple[Span, ...]
    aliases: tuple[str, ...]
    depth: int
    path: tuple[CustomerId, ...]
    links: tuple[str, ...]


class _Line(msgspec.Struct, array_like=True, gc=False):
    """What is a line's own: the place of its terms, and of each member its place, the quantity and
    the events.
    """

    terms: int
    used: list[tuple[int, Decimal, int]] = []
    reached: Decimal = _NOTHING
    before: tuple[Member, ...] = ()
    seats: tuple[tuple[Decimal, int], ...] = ()


class _Body(msgspec.Struct):
    """The evidence of an invoice, in which nothing is said twice."""

    terms: list[msgspec.Raw]
    members: list[msgspec.Raw]
    lines: dict[str, _Line]


class Kept(NamedTuple):
    """The evidence of a line as it is kept, for ``read``."""

    body: _Body
    line_id: str


COLUMNS = ("invoice_id", "workspace_id", "body")
_SIZE = 8  # bytes that say how large a body is
_codec = pa.Codec("zstd", compression_level=1)
_bodies = msgspec.json.Decoder(_Body)
_terms = msgspec.json.Decoder(_Terms)
_member = msgspec.json.Decoder(_Member)


def row_of(
    workspace_id: str, invoice_id: str, by_line: Mapping[str, Evidence]
) -> tuple[str, str, bytes]:
    """The values of COLUMNS for the evidence of an invoice, by line."""
    terms: dict[bytes, int] = {}
    members = _Members()
    lines: dict[str, _Line] = {}
    for line_id, one in by_line.items():
        place = terms.setdefault(msgspec.json.encode(_terms_of(one)), len(terms))
        of = one.counted
        if of is None:
            lines[line_id] = _Line(place)
        else:
            used = [(members.place(m), m.quantity, m.event_count) for m in of.members]
            lines[line_id] = _Line(place, used, of.reached, of.before, of.seats)
    body = _Body([*map(msgspec.Raw, terms)], members.kept, lines)
    return invoice_id, workspace_id, _packed(msgspec.json.encode(body))


def _terms_of(one: Evidence) -> _Terms:
    of = one.counted
    counted = None
    if of is not None:
        read = of.metric, of.known_at, of.last_seq, of.metric_name, of.span
        counted = _CountedTerms(*read, of.scope, of.exclusions)
    return _Terms(counted, one.structure, one.price_name, one.frequency, one.timing, one.full)


class _Members:
    """The members of an invoice's lines, each that is the same on several kept once."""

    def __init__(self) -> None:
        self.kept: list[msgspec.Raw] = []
        self._places: dict[CustomerId, list[tuple[tuple[object, ...], int]]] = {}

    def place(self, member: EvidenceMember) -> int:
        alike = member[3:]
        known = self._places.setdefault(member.customer, [])
        for other, place in known:
            if other == alike:
                return place
        place = len(self.kept)
        known.append((alike, place))
        self.kept.append(msgspec.Raw(msgspec.json.encode((member.customer, *alike))))
        return place


def clear(tx: Connection, invoice_id: str) -> None:
    """Forget the evidence of an invoice's lines."""
    tx.execute(delete(invoice_evidence).where(_c.invoice_id == invoice_id))


def of_line(tx: Connection, workspace_id: str, line_id: str) -> Evidence | None:
    """The evidence of one line; None without such a line. Raises EvidenceUnreadable."""
    row = tx.execute(_with_lines(workspace_id, [line_id])).one_or_none()
    return None if row is None else read(Kept(unpacked(row.body), line_id))


def bodies(tx: Connection, workspace_id: str, invoice_ids: Sequence[str]) -> dict[str, Kept]:
    """What ``read`` reads, by line, for all lines of some invoices; without what is unreadable."""
    found: dict[str, Kept] = {}
    for row in _of_invoices(tx, workspace_id, invoice_ids):
        with suppress(EvidenceUnreadable):
            body = unpacked(row.body)
            found |= {line_id: Kept(body, line_id) for line_id in body.lines}
    return found


def metrics(tx: Connection, workspace_id: str, line_ids: Sequence[str]) -> dict[str, Metric]:
    """The metric of each of these lines as it was. Raises EvidenceUnreadable."""
    found: dict[str, Metric] = {}
    wanted, alike = set(line_ids), _Alike()
    for row in _of_invoices(tx, workspace_id, _invoices_of(tx, workspace_id, line_ids)):
        body = unpacked(row.body)
        try:
            for id in body.lines.keys() & wanted:
                counted = alike.terms(body.terms[body.lines[id].terms])
                if counted is not None:
                    found[id] = counted.metric
        except _BROKEN as error:
            raise EvidenceUnreadable(str(error)) from error
    return found


class _Alike:
    """What lines have alike, decoded once."""

    def __init__(self) -> None:
        self._known: dict[bytes, _CountedTerms | None] = {}

    def terms(self, raw: msgspec.Raw) -> _CountedTerms | None:
        kept = bytes(raw)
        if kept not in self._known:
            self._known[kept] = _terms.decode(kept).counted
        return self._known[kept]


def read(kept: Kept) -> Evidence:
    """The evidence of a line. Raises EvidenceUnreadable."""
    body = kept.body
    try:
        own = body.lines[kept.line_id]
        terms = _terms.decode(body.terms[own.terms])
        members = tuple(_with_figures(body, *figures) for figures in own.used)
    except _BROKEN as error:
        raise EvidenceUnreadable(str(error)) from error
    of, counted = terms.counted, None
    if of is not None:
        read = of.metric, of.metric_name, of.span, of.known_at, of.last_seq, members
        own_figures = own.reached, own.before, own.seats
        counted = Counted(*read, of.scope, of.exclusions, *own_figures)
    named = terms.structure, terms.price_name, terms.frequency, terms.timing
    return Evidence(*named, terms.full, counted)


def _with_figures(body: _Body, place: int, quantity: Decimal, event_count: int) -> EvidenceMember:
    one = _member.decode(body.members[place])
    how = one.spans, one.aliases, one.depth, one.path, one.links
    return EvidenceMember(one.customer, quantity, event_count, *how)


class Sums:
    """What must add up, for the lines of many invoices. Far cheaper than to ``read`` all of it:
    what many lines have alike is decoded once.
    """

    def __init__(self) -> None:
        self._alike = _Alike()

    def of(
        self, tx: Connection, workspace_id: str, invoice_ids: Sequence[str]
    ) -> dict[str, MemberSums | None]:
        """By line, for all lines of some invoices; None for what counts nothing.

        What is unreadable is left out.
        """
        found: dict[str, MemberSums | None] = {}
        for row in _of_invoices(tx, workspace_id, invoice_ids):
            with suppress(EvidenceUnreadable):
                found |= self._summed(unpacked(row.body))
        return found

    def _summed(self, body: _Body) -> dict[str, MemberSums | None]:
        try:
            terms = [self._alike.terms(one) for one in body.terms]
            return {
                id: None
                if of is None
                else MemberSums(
                    of.metric,
                    of.known_at,
                    of.last_seq,
                    exact_sum(quantity for _, quantity, _ in own.used),
                    sum(events for _, _, events in own.used),
                )
                for id, own in body.lines.items()
                for of in [terms[own.terms]]
            }
        except _BROKEN as error:
            raise EvidenceUnreadable(str(error)) from error


def _with_lines(workspace_id: str, line_ids: Sequence[str]) -> Select[Any]:
    """Lines, each with the body of its invoice."""
    joined = line_items.join(invoice_evidence, _c.invoice_id == _line.invoice_id)
    query = select(_line.id, _c.body).select_from(joined)
    return query.where(_c.workspace_id == workspace_id, _line.id.in_(line_ids))


def _invoices_of(tx: Connection, workspace_id: str, line_ids: Sequence[str]) -> list[str]:
    found: set[str] = set()
    for part in chunks(line_ids):
        query = select(_line.invoice_id).where(_line.workspace_id == workspace_id)
        found.update(tx.execute(query.where(_line.id.in_(part))).scalars())
    return sorted(found)


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


def unpacked(body: bytes) -> _Body:
    """What was packed. Raises EvidenceUnreadable."""
    size = int.from_bytes(body[:_SIZE], "big")
    try:
        return _bodies.decode(_codec.decompress(body[_SIZE:], size))
    except _BROKEN as error:
        raise EvidenceUnreadable(str(error)) from error
