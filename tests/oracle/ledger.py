"""What the product's ledger says of grants, in the words of the oracle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from catchment.store.engine import reading
from catchment.store.schema import credit_entries, credit_grants
from tests.flows.books import Books
from tests.oracle.contracts import Account
from tests.oracle.numbers import decimals


def granted(books: Books, ids: Mapping[Any, str]) -> dict[str, tuple[int, str]]:
    """By id every grant's contract and name; that of a phase says the day from which on it pays."""
    names = {id: name for name, id in ids.items()}
    c, query = credit_grants.c, select(credit_grants)
    found: dict[str, tuple[int, str]] = {}
    with reading(books.engine) as tx:
        for row in tx.execute(query.where(c.workspace_id == books.workspace.id)):
            number, name = names[row.phase_grant_id or row.id]
            made = f"{name} {row.effective_date}" if row.phase_grant_id else name
            found[row.id] = number, made
    return found


def accounts(books: Books, names: Mapping[str, tuple[int, str]]) -> dict[int, dict[str, Account]]:
    """By contract and name what became of every grant: sums of entries, nothing else."""
    c, query = credit_entries.c, select(credit_entries)
    sums: dict[str, dict[str, Fraction]] = {}
    with reading(books.engine) as tx:
        for row in tx.execute(query.where(c.workspace_id == books.workspace.id)):
            kinds = sums.setdefault(row.grant_id, defaultdict(Fraction))
            kinds[row.kind] += Fraction(row.amount)
    found: dict[int, dict[str, Account]] = {}
    for id, kinds in sums.items():
        number, name = names[id]
        applied = -(kinds["APPLIED"] + kinds["RETURNED"])
        figures = kinds["GRANTED"], applied, -kinds["VOIDED"], sum(kinds.values(), Fraction(0))
        found.setdefault(number, {})[name] = Account(*(decimals(one, 12) for one in figures))
    return found
