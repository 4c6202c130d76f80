"""Finding customers in the tree of one instant, each with everyone above it.

Of a million customers only as many are read as there are to show: names are read in order until
there are enough, and only then labels, aliases and e-mail addresses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from catchment.core.families.hierarchy import CustomerId
from catchment.store.families.families import View, parents
from catchment.store.schema import contacts, customer_aliases, customers
from catchment.store.search import contains

_c = customers.c


def found(tx: Connection, view: View, text: str, most: int) -> list[CustomerId]:
    """At most ``most`` customers that have ``text`` somewhere.

    First whom it names exactly, by id or alias; then by legal name from A to Z; then by label,
    alias and e-mail address, whoever comes first.
    """
    ids: dict[CustomerId, None] = {}
    for column, query in _places(view, text):
        if len(ids) == most:
            break
        rest = query.where(column.not_in(list(ids))).limit(most - len(ids))
        ids.update(dict.fromkeys(tx.execute(rest).scalars()))
    return list(ids)


def ways_up(
    tx: Connection, view: View, ids: Collection[CustomerId]
) -> dict[CustomerId, tuple[CustomerId, ...]]:
    """Everyone above each of ``ids``, root first; level by level for all of them together."""
    above: dict[CustomerId, CustomerId] = {}
    level = set(ids)
    while level:
        higher = parents(tx, view, level)
        above.update(higher)
        level = set(higher.values()) - above.keys()
    return {id: tuple(reversed(list(_upwards(above, id)))) for id in ids}


def _places(view: View, text: str) -> Iterator[tuple[ColumnElement[str], Select[Any]]]:
    """Where ``text`` is looked for, one place after the other: queries of customers' ids."""
    alias, contact = customer_aliases.c, contacts.c
    shown = select(_c.id).where(*view.shown())
    named = select(alias.customer_id).where(
        alias.workspace_id == view.workspace,
        alias.deleted_at.is_(None),
        shown.where(_c.id == alias.customer_id).exists(),
    )
    mailed = select(contact.customer_id).where(
        contact.workspace_id == view.workspace,
        contact.archived_at.is_(None),
        shown.where(_c.id == contact.customer_id).exists(),
    )
    yield _c.id, shown.where(_c.id == text.lower())
    yield alias.customer_id, named.where(alias.value == text)
    yield _c.id, shown.where(contains(_c.legal_name, text)).order_by(_c.legal_name, _c.id)
    yield _c.id, shown.where(_c.label.is_not(None), contains(_c.label, text))
    yield alias.customer_id, named.where(contains(alias.value, text)).distinct()
    yield contact.customer_id, mailed.where(contains(contact.email, text)).distinct()


def _upwards(above: dict[CustomerId, CustomerId], id: CustomerId) -> Iterator[CustomerId]:
    while (parent := above.get(id)) is not None:
        yield parent
        id = parent
