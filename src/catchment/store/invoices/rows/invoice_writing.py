"""Invoices written whole: the rows of many, and their way into the database.

Rows are plain tuples in the order of their columns, so that another process can make them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection

from catchment.store.bulk import add_rows, change_rows
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows import (
    branches,
    evidence,
    evidence_terms,
    head_rows,
    taxation_rows,
)
from catchment.store.invoices.rows.evidence_terms import TermsRow
from catchment.store.invoices.rows.invoice_parts import Contents
from catchment.store.invoices.rows.invoice_rows import (
    GROUP_COLUMNS,
    LINE_COLUMNS,
    LINE_JSON,
    group_row,
    line_row,
)
from catchment.store.invoices.rows.taxation_rows import TaxationRow
from catchment.store.invoices.rows.usage_rows import (
    METRICS_COLUMNS,
    USAGE_COLUMNS,
    USAGE_JSON,
    PrintedRow,
    add_printed,
    usage_rows,
)
from catchment.store.schema import (
    invoice_evidence,
    invoice_usage_metrics,
    invoices,
    line_item_groups,
    line_items,
    usage_branches,
    usage_item_groups,
)

_Row = tuple[Any, ...]

_TABLES = (
    (invoices, head_rows.COLUMNS, ()),
    (line_item_groups, GROUP_COLUMNS, ()),
    (line_items, LINE_COLUMNS, LINE_JSON),
    (invoice_evidence, evidence.COLUMNS, evidence.COLUMNS),
    (usage_item_groups, USAGE_COLUMNS, USAGE_JSON),
    (invoice_usage_metrics, METRICS_COLUMNS, ()),
    (usage_branches, branches.COLUMNS, ()),
)
"""Each after those that it refers to: the columns of its rows, and which are JSON as text."""


class Rows(NamedTuple):
    """The rows of invoices, by table; those of the last three may be there already."""

    heads: Sequence[_Row] = ()
    groups: Sequence[_Row] = ()
    lines: Sequence[_Row] = ()
    evidence: Sequence[_Row] = ()
    members: Sequence[_Row] = ()
    metrics: Sequence[_Row] = ()
    branches: Sequence[_Row] = ()
    terms: Sequence[TermsRow] = ()
    taxations: Sequence[TaxationRow] = ()
    printed: Sequence[PrintedRow] = ()

    def under(self, head: Invoice) -> Rows:
        """These of what stands on an invoice, with its head."""
        return self._replace(heads=[head_rows.row_of(head)])


def rows_of(workspace_id: str, made: Sequence[tuple[Invoice, Contents]]) -> Rows:
    """The rows of new invoices with all that is on them."""
    rows = contents_rows(workspace_id, [contents for _, contents in made])
    return rows._replace(heads=[head_rows.row_of(invoice) for invoice, _ in made])


def contents_rows(workspace_id: str, added: Sequence[Contents]) -> Rows:
    """The rows of what stands on invoices whose heads are not among it."""
    measured = [usage_rows(workspace_id, contents.usage) for contents in added if contents.usage]
    taxations: dict[str, TaxationRow] = {}
    lines: list[_Row] = []
    for line in chain.from_iterable(contents.lines for contents in added):
        taxed = taxation_rows.row_of(workspace_id, line.taxation) if line.taxation else None
        if taxed is not None:
            taxations[taxed.id] = taxed
        lines.append(line_row(workspace_id, line, None if taxed is None else taxed.id))
    explained = [_evidence(workspace_id, contents) for contents in added if contents.lines]
    return Rows(
        groups=[group_row(workspace_id, group) for one in added for group in one.groups],
        lines=lines,
        evidence=[row for row, _ in explained],
        terms=list(dict.fromkeys(terms for _, terms in explained)),
        taxations=list(taxations.values()),
        members=[row for rows, _ in measured for row in rows],
        metrics=[(rows[0][2], workspace_id, printed.id) for rows, printed in measured],
        printed=list(dict.fromkeys(printed for _, printed in measured)),
        branches=[
            row for one in added if one.usage for row in branches.rows_of(workspace_id, one.usage)
        ],
    )


def _evidence(workspace_id: str, contents: Contents) -> tuple[_Row, TermsRow]:
    lines, by_line = contents.lines, contents.evidence
    kept = ((line.index, by_line[line.id]) for line in lines if line.id in by_line)
    return evidence.row_of(workspace_id, lines[0].invoice_id, kept)


def joined(found: Iterable[Rows]) -> Rows:
    """The rows of several."""
    return Rows(*(list(chain.from_iterable(table)) for table in zip(*found, strict=True)))


def insert(tx: Connection, rows: Rows) -> None:
    """Store new invoices, in a few statements however many there are."""
    *by_table, terms, taxations, printed = rows
    taxation_rows.add(tx, taxations)
    add_printed(tx, printed)
    evidence_terms.add(tx, terms)
    for (table, columns, ready), own in zip(_TABLES, by_table, strict=True):
        add_rows(tx, table, {}, columns, own, ready=ready)


def add_contents(tx: Connection, workspace_id: str, added: Sequence[Contents]) -> None:
    """Store the contents of heads that are there already."""
    insert(tx, contents_rows(workspace_id, added))


def save(tx: Connection, *changed: Invoice) -> None:
    """Store changed heads."""
    _update(tx, changed, head_rows.COLUMNS)


def issue(tx: Connection, numbered: Sequence[Invoice]) -> None:
    """Store what drafts become when they are numbered; nothing else of a head changes then."""
    _update(tx, numbered, _NUMBERED)


_NUMBERED = (
    "status",
    "invoice_number",
    "issue_date",
    "due_date",
    "payment_term_days",
    "merchant_details",
    "updated_at",
)


def _update(tx: Connection, changed: Sequence[Invoice], names: Sequence[str]) -> None:
    values = itemgetter(*map(head_rows.COLUMNS.index, (*names, "id")))
    change_rows(tx, invoices, names, [values(head_rows.row_of(one)) for one in changed])
