"""What happens when a tax rate or a tax category is made, changed, archived or deleted.

Changing one that is published makes a version: what was taxed with the one before keeps it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from catchment.core.values.errors import Conflict, NotFound
from catchment.core.values.ids import NewId
from catchment.store import versions
from catchment.store.taxes import tax_rates
from catchment.store.taxes.tax_rates import CATEGORIES, RATES, CategoryFacts, RateFacts
from catchment.store.versions import Kind

Facts = RateFacts | CategoryFacts


class TaxArchived(Conflict):
    """The tax rate or tax category is archived."""

    code = "tax_archived"


class TaxInUse(Conflict):
    """The tax rate or tax category is in use."""

    code = "tax_in_use"


class VersionPublished(Conflict):
    """A published version cannot be changed."""

    code = "version_published"


def create(
    tx: Connection,
    workspace: str,
    facts: Facts,
    *,
    published: bool,
    now: datetime,
    new_id: NewId,
) -> Row[Any]:
    """A new rate or category with its first version. Raises NotFound, TaxArchived."""
    kind = _kind(facts)
    _check(tx, workspace, facts)
    id = new_id()
    versions.add(tx, workspace, kind, id, now)
    columns = facts.columns()
    versions.add_version(tx, workspace, kind, id, new_id(), columns, published=published, at=now)
    return versions.latest(tx, workspace, kind, id)


def change(
    tx: Connection,
    workspace: str,
    id: str,
    facts: Facts,
    *,
    published: bool,
    now: datetime,
    new_id: NewId,
) -> Row[Any]:
    """Say something else from now on. A version that is not published yet is replaced.

    Raises NotFound, TaxArchived.
    """
    kind = _kind(facts)
    last = _in_use(tx, workspace, kind, id)
    if last.is_published:
        return add_version(tx, workspace, id, facts, published=published, now=now, new_id=new_id)
    _check(tx, workspace, facts)
    versions.change_version(tx, kind, last.id, facts.columns(), published=published, at=now)
    return versions.latest(tx, workspace, kind, id)


def add_version(
    tx: Connection,
    workspace: str,
    id: str,
    facts: Facts,
    *,
    published: bool,
    now: datetime,
    new_id: NewId,
) -> Row[Any]:
    """The next version. Raises NotFound, TaxArchived."""
    kind = _kind(facts)
    _in_use(tx, workspace, kind, id)
    _check(tx, workspace, facts)
    columns = facts.columns()
    versions.add_version(tx, workspace, kind, id, new_id(), columns, published=published, at=now)
    return versions.latest(tx, workspace, kind, id)


def change_version(
    tx: Connection,
    workspace: str,
    id: str,
    number: int,
    facts: Facts,
    *,
    published: bool,
    now: datetime,
) -> Row[Any]:
    """Replace a version that is not published yet, or publish it.

    Raises NotFound, TaxArchived, VersionPublished.
    """
    kind = _kind(facts)
    _in_use(tx, workspace, kind, id)
    row = _unpublished(tx, workspace, kind, id, number)
    _check(tx, workspace, facts)
    versions.change_version(tx, kind, row.id, facts.columns(), published=published, at=now)
    return versions.numbered(tx, workspace, kind, id, number)


def drop_version(tx: Connection, workspace: str, kind: Kind, id: str, number: int) -> Row[Any]:
    """Forget a version that is not published, unless it is the only one.

    Raises NotFound, VersionPublished, TaxInUse.
    """
    row = _unpublished(tx, workspace, kind, id, number)
    if versions.count(tx, id, kind) == 1:
        raise TaxInUse(f"The {kind.noun} has no other version; delete it instead.")
    versions.drop_version(tx, kind, row.id)
    return row


def archive(tx: Connection, workspace: str, kind: Kind, id: str, *, now: datetime) -> Row[Any]:
    """Apply a rate to nothing more. Archiving it again changes nothing. Raises NotFound."""
    row = versions.latest(tx, workspace, kind, id, to_change=True)
    if row.archived_at is None:
        versions.archive(tx, kind, id, now)
    return versions.latest(tx, workspace, kind, id)


def delete_rate(tx: Connection, workspace: str, id: str, *, now: datetime) -> Row[Any]:
    """Hide a rate that no schedule names; lines keep it. Raises NotFound, TaxInUse."""
    row = versions.latest(tx, workspace, RATES, id, to_change=True)
    named = tax_rates.schedules_with(tx, workspace, id)
    if named:
        raise TaxInUse(
            f"The tax rate {row.name!r} is agreed on the billing schedule {named[0]}."
            " Archive it, or change the schedule first."
        )
    versions.forget(tx, RATES, id, now)
    return row


def delete_category(tx: Connection, workspace: str, id: str, *, now: datetime) -> Row[Any]:
    """Hide a category that nothing has. Raises NotFound, TaxInUse."""
    row = versions.latest(tx, workspace, CATEGORIES, id, to_change=True)
    used = tax_rates.uses_of_category(tx, workspace, id)
    if used:
        raise TaxInUse(f"The tax category {row.name!r} is that of {used[0]}.")
    versions.forget(tx, CATEGORIES, id, now)
    return row


def check_category(tx: Connection, workspace: str, id: str | None) -> None:
    """Refuse a category that there is not. Raises NotFound."""
    if id is None:
        return
    try:
        versions.latest(tx, workspace, CATEGORIES, id)
    except NotFound as none:
        raise NotFound.field("/taxCategoryId", none.detail) from None


def _kind(facts: Facts) -> Kind:
    return RATES if isinstance(facts, RateFacts) else CATEGORIES


def _check(tx: Connection, workspace: str, facts: Facts) -> None:
    if isinstance(facts, RateFacts):
        check_category(tx, workspace, facts.category_id)


def _in_use(tx: Connection, workspace: str, kind: Kind, id: str) -> Row[Any]:
    """The latest version of what is not archived, and stays so until ``tx`` ends."""
    row = versions.latest(tx, workspace, kind, id, to_change=True)
    if row.archived_at is not None:
        raise TaxArchived(f"The {kind.noun} {row.name!r} is archived.")
    return row


def _unpublished(tx: Connection, workspace: str, kind: Kind, id: str, number: int) -> Row[Any]:
    versions.latest(tx, workspace, kind, id, to_change=True)
    row = versions.numbered(tx, workspace, kind, id, number)
    if row.is_published:
        raise VersionPublished(
            f"Version {number} of the {kind.noun} {row.name!r} is published; add a version instead."
        )
    return row
