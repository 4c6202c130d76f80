"""What made a line's amount, as of its calculation: kept with the line, never derived anew.

Kept apart from the lines and compressed, all of an invoice together: what lines say of the same
members is mostly the same. The terms of the lines are those of many invoices, and kept by
themselves (``evidence_terms``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, delete, select

from catchment.core.families.hierarchy import CustomerId
from catchment.core.usage.metering import Member, Metric
from catchment.core.values.money import exact_sum
from catchment.core.values.period import Span
from catchment.store.chunks import chunks
from catchment.store.invoices.figures_text import text_of
from catchment.store.invoices.rows import evidence_terms
from catchment.store.invoices.rows.evidence_terms import Measuring, Terms, TermsRow
from catchment.store.invoices.rows.packing import BROKEN, packed, unpacked
from catchment.store.schema import invoice_evidence, line_items

_c, _line = invoice_evidence.c, line_items.c
_NOTHING = Decimal(0)


class Standing(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Who a member is, from when to when it counted, under which names, and why.

    ``path`` leads from the payer to the member; ``links`` are the ids of the parent links that put
    it below the payer during ``spans``. The lines of an invoice have most of them alike.
    """

    customer: CustomerId
    spans: tuple[Span, ...]
    aliases: tuple[str, ...]
    depth: int
    path: tuple[CustomerId, ...]
    links: tuple[str, ...]


class EvidenceMember(msgspec.Struct, gc=False, frozen=True):
    """A member with usage, and what of it counted."""

    standing: Standing
    quantity: Decimal
    event_count: int

    @property
    def customer(self) -> CustomerId:
        return self.standing.customer


class Counted(msgspec.Struct, gc=False, frozen=True):
    """What was measured: events up to the place ``last_seq``, by the tree known at ``known_at``.

    What had moved the tiers already is what was ``reached`` by those ``before``. ``seats`` are
    those of all members in the order of time, each number with the days that it stood; none where
    usage was counted, and then ``last_seq`` is a place among seat events.
    """

    how: Measuring
    known_at: datetime
    last_seq: int
    members: tuple[EvidenceMember, ...]
    reached: Decimal = _NOTHING
    before: tuple[Member, ...] = ()
    seats: tuple[tuple[Decimal, int], ...] = ()


class Evidence(msgspec.Struct, gc=False, frozen=True):
    """The price as of then, and for usage prices what was counted."""

    terms: Terms
    counted: Counted | None


class MemberSums(msgspec.Struct, gc=False, frozen=True):
    """What all members of a line come to, and what was read to find it."""

    metric: Metric
    known_at: datetime
    last_seq: int
    quantity: Decimal
    event_count: int


class EvidenceUnreadable(Exception):
    """What is stored is not what was written."""


class _Line(msgspec.Struct, array_like=True, gc=False):
    """What is the own of the line with that ``index``: the places of its terms and, where it counts
    something, of what was read, and of each member its place, the quantity and the events.
    """

    index: int
    terms: int
    read: int | None = None
    used: list[tuple[int, Decimal, int]] = []
    reached: Decimal = _NOTHING
    before: tuple[Member, ...] = ()
    seats: tuple[tuple[Decimal, int], ...] = ()


class _Body(msgspec.Struct, array_like=True, gc=False):
    """The evidence of an invoice, in which nothing is said twice.

    Everything of a line was ``read`` by the tree of an instant and up to a place.
    """

    read: list[tuple[datetime, int]]
    members: list[msgspec.Raw]
    lines: list[_Line]


class Kept(NamedTuple):
    """The evidence of a line as it is kept, for ``read``."""

    terms: Sequence[Terms]
    body: _Body
    line: _Line


COLUMNS = ("invoice_id", "workspace_id", "terms_id", "body")
_bodies = msgspec.json.Decoder(_Body)
_standing = msgspec.json.Decoder(Standing)


def row_of(
    workspace_id: str, invoice_id: str, by_line: Iterable[tuple[int, Evidence]]
) -> tuple[tuple[str, str, str, bytes], TermsRow]:
    """The values of COLUMNS for the evidence of an invoice, by the index of its line, and the terms
    that it names.
    """
    terms: dict[evidence_terms.Kept, int] = {}
    reading: dict[tuple[datetime, int], int] = {}
    members = _Members()
    lines: list[tuple[Any, ...]] = []
    for index, one in by_line:
        place = terms.setdefault(evidence_terms.kept(one.terms), len(terms))
        of = one.counted
        if of is None:
            lines.append((index, place))
            continue
        read = reading.setdefault((of.known_at, of.last_seq), len(reading))
        used = [(members.place(m.standing), text_of(m.quantity), m.event_count) for m in of.members]
        own: tuple[Any, ...] = (index, place, read, used)
        if of.reached or of.before or of.seats:
            own += of.reached, of.before, of.seats
        lines.append(own)
    body = packed(msgspec.json.encode(([*reading], members.kept, lines)))
    alike = evidence_terms.row_of(workspace_id, [*terms])
    return (invoice_id, workspace_id, alike.id, body), alike


class _Members:
    """The members of an invoice's lines, each that is the same on several kept once."""

    def __init__(self) -> None:
        self.kept: list[Standing] = []
        self._places: dict[int, int] = {}  # by identity
        self._of: dict[CustomerId, list[int]] = {}

    def place(self, member: Standing) -> int:
        place = self._places.get(id(member))
        if place is None:
            place = self._places[id(member)] = self._equal(member)
        return place

    def _equal(self, member: Standing) -> int:
        known = self._of.setdefault(member.customer, [])
        for place in known:
            if self.kept[place] == member:
                return place
        known.append(len(self.kept))
        self.kept.append(member)
        return known[-1]


def clear(tx: Connection, invoice_id: str) -> None:
    """Forget the evidence of an invoice's lines."""
    tx.execute(delete(invoice_evidence).where(_c.invoice_id == invoice_id))


def of_line(tx: Connection, workspace_id: str, line_id: str) -> Evidence | None:
    """The evidence of one line; None without such a line. Raises EvidenceUnreadable."""
    query = select(_line.invoice_id).where(_line.workspace_id == workspace_id, _line.id == line_id)
    invoice_id = tx.execute(query).scalar_one_or_none()
    if invoice_id is None:
        return None
    kept = bodies(tx, workspace_id, [invoice_id]).get(line_id)
    if kept is None:
        raise EvidenceUnreadable(line_id)
    return read(kept)


def bodies(tx: Connection, workspace_id: str, invoice_ids: Sequence[str]) -> dict[str, Kept]:
    """What ``read`` reads, by line, for all lines of some invoices; without what is unreadable."""
    found: dict[str, Kept] = {}
    for ids in chunks(invoice_ids):
        query = select(_line.id, _line.invoice_id, _line["index"]).where(_line.invoice_id.in_(ids))
        named = {(invoice_id, index): id for id, invoice_id, index in tx.execute(query)}
        for invoice_id, terms, body in _Reader().of(tx, workspace_id, ids):
            for line in body.lines:
                if (invoice_id, line.index) in named:
                    found[named[invoice_id, line.index]] = Kept(terms, body, line)
    return found


def metrics(tx: Connection, workspace_id: str, line_ids: Sequence[str]) -> dict[str, Metric]:
    """The metric of each of these lines as it was. Raises EvidenceUnreadable."""
    found: dict[str, Metric] = {}
    for part in chunks(line_ids):
        query = select(_line.invoice_id).where(
            _line.workspace_id == workspace_id, _line.id.in_(part)
        )
        invoice_ids = sorted(set(tx.execute(query).scalars()))
        kept = bodies(tx, workspace_id, invoice_ids)
        for line_id in part:
            if line_id not in kept:
                raise EvidenceUnreadable(line_id)
            counted = read(kept[line_id]).counted
            if counted is not None:
                found[line_id] = counted.how.metric
    return found


def read(kept: Kept) -> Evidence:
    """The evidence of a line. Raises EvidenceUnreadable."""
    own, counted = kept.line, None
    try:
        terms = kept.terms[own.terms]
        if own.read is not None:
            assert terms.measuring is not None, own
            members = tuple(_with_figures(kept.body, *figures) for figures in own.used)
            counted = Counted(
                terms.measuring,
                *kept.body.read[own.read],
                members,
                own.reached,
                own.before,
                own.seats,
            )
    except BROKEN as error:
        raise EvidenceUnreadable(str(error)) from error
    return Evidence(terms, counted)


def _with_figures(body: _Body, place: int, quantity: Decimal, event_count: int) -> EvidenceMember:
    return EvidenceMember(_standing.decode(body.members[place]), quantity, event_count)


class Sums:
    """What must add up, for the lines of many invoices. Far cheaper than to ``read`` all of it."""

    def __init__(self) -> None:
        self._reader = _Reader()

    def of(
        self, tx: Connection, workspace_id: str, invoice_ids: Sequence[str]
    ) -> dict[str, dict[int, MemberSums | None]]:
        """By invoice and the index of the line, for all lines; None for what counts nothing.

        What is unreadable is left out.
        """
        found: dict[str, dict[int, MemberSums | None]] = {}
        for invoice_id, terms, body in self._reader.of(tx, workspace_id, invoice_ids):
            with suppress(*BROKEN):
                found[invoice_id] = {one.index: _sums(one, terms, body) for one in body.lines}
        return found


def _sums(own: _Line, terms: Sequence[Terms], body: _Body) -> MemberSums | None:
    of = terms[own.terms].measuring
    if own.read is None:
        return None
    assert of is not None, own
    return MemberSums(
        of.metric,
        *body.read[own.read],
        exact_sum([quantity for _, quantity, _ in own.used]),
        sum([events for _, _, events in own.used]),
    )


class _Reader:
    """The evidence of invoices, with the terms that it names; those that are known are not read
    again.
    """

    def __init__(self) -> None:
        self._terms: dict[str, tuple[Terms, ...]] = {}

    def of(
        self, tx: Connection, workspace_id: str, invoice_ids: Sequence[str]
    ) -> Iterator[tuple[str, Sequence[Terms], _Body]]:
        """Each by its invoice; what is unreadable is left out."""
        for ids in chunks(invoice_ids):
            query = select(_c.invoice_id, _c.terms_id, _c.body)
            rows = tx.execute(
                query.where(_c.workspace_id == workspace_id, _c.invoice_id.in_(ids))
            ).all()
            missing = {row.terms_id for row in rows} - self._terms.keys()
            self._terms |= evidence_terms.read(tx, workspace_id, missing)
            for invoice_id, terms_id, body in rows:
                with suppress(*BROKEN):
                    yield invoice_id, self._terms[terms_id], lines_in(body)


def lines_in(body: bytes) -> _Body:
    """What is said of the lines of an invoice. Raises one of BROKEN."""
    return _bodies.decode(unpacked(body))
