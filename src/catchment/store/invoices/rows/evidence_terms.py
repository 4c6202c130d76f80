"""What the lines of many invoices say alike: prices, metrics and the days they are charged for.

Whoever agreed to the same is charged by the same terms, so these are kept by their content, once
for all the invoices whose lines have them. They are added, never changed, and stay when the last
invoice goes that names them: what an invoice says of itself does not change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from catchment.core.families.hierarchy import CustomerId
from catchment.core.usage.metering import Metric
from catchment.core.values.period import Period, Span
from catchment.store.bulk import add_new
from catchment.store.chunks import chunks
from catchment.store.invoices.rows.by_content import digest, name_of
from catchment.store.invoices.rows.packing import BROKEN, packed, unpacked
from catchment.store.once import once
from catchment.store.schema import line_terms

_c = line_terms.c
_AT_MOST = 10_000


class Measuring(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """How a price's usage was measured."""

    metric: Metric
    metric_name: str | None
    span: Span
    scope: tuple[CustomerId, ...]
    exclusions: tuple[CustomerId, ...]


class Terms(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A price as it was, and the days of its full cycle.

    ``version`` is that of the schedule by which it was charged.
    """

    measuring: Measuring | None
    structure: dict[str, Any]
    price_name: str
    frequency: str
    timing: str
    full: Period
    version: int = 0


class TermsRow(NamedTuple):
    """The terms of all lines of an invoice: their name, which is made of what they say, and they.

    They are compressed: an invoice's terms repeat each other.
    """

    id: str
    workspace_id: str
    body: bytes


class Kept(NamedTuple):
    """Terms as they are kept, with the ``digest`` of that."""

    json: bytes
    digest: bytes


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(tuple[Terms, ...])


@once
def kept(terms: Terms) -> Kept:
    """These as they are kept. A run stores the same terms thousands of times."""
    json = _encoder.encode(terms)
    return Kept(json, digest(json))


def row_of(workspace_id: str, terms: Sequence[Kept]) -> TermsRow:
    """The row of all terms of an invoice, made once for all invoices that have the same."""
    id = name_of(workspace_id, *[one.digest for one in terms])
    found = _rows.get(id)
    if found is None:
        if len(_rows) >= _AT_MOST:
            _rows.clear()
        body = packed(b"[" + b",".join([one.json for one in terms]) + b"]")
        found = _rows[id] = TermsRow(id, workspace_id, body)
    return found


_rows: dict[str, TermsRow] = {}


def add(tx: Connection, rows: Iterable[TermsRow]) -> None:
    """Keep those terms that are not kept yet."""
    new = {row.id: row for row in rows}
    add_new(tx, line_terms, TermsRow._fields, [new[id] for id in sorted(new)])


def read(tx: Connection, workspace_id: str, ids: Collection[str]) -> dict[str, tuple[Terms, ...]]:
    """The terms of these names, without what is unreadable."""
    found: dict[str, tuple[Terms, ...]] = {}
    for part in chunks(sorted(set(ids))):
        query = select(_c.id, _c.body).where(_c.workspace_id == workspace_id, _c.id.in_(part))
        for id, body in tx.execute(query):
            with suppress(*BROKEN):
                found[id] = terms_in(body)
    return found


def terms_in(body: bytes) -> tuple[Terms, ...]:
    """What is said in the body of a row. Raises one of BROKEN."""
    return _decoder.decode(unpacked(body))
