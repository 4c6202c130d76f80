"""Things that have versions: a head that others refer to, and what it says, version by version.

The latest version is what is shown. The latest published one is in force, unless the head is
archived; it is never changed, because what was made with it names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from catchment.core.values.errors import NotFound
from catchment.store.paging import Page, PageRequest, page


class Kind(NamedTuple):
    """What has versions: the tables of its heads and of its versions, and what to call it."""

    heads: Table
    versions: Table
    noun: str


def add(tx: Connection, workspace: str, kind: Kind, id: str, at: datetime) -> None:
    """Keep a new head, which has no version yet."""
    tx.execute(insert(kind.heads).values(id=id, workspace_id=workspace, created_at=at))


def add_version(
    tx: Connection,
    workspace: str,
    kind: Kind,
    id: str,
    version_id: str,
    facts: Mapping[str, Any],
    *,
    published: bool,
    at: datetime,
) -> None:
    """Keep a new version of a head, the next by number."""
    v = kind.versions.c
    last = select(func.coalesce(func.max(v.version), 0)).where(v.head_id == id)
    number = tx.execute(last).scalar_one() + 1
    tx.execute(
        insert(kind.versions).values(
            id=version_id,
            workspace_id=workspace,
            head_id=id,
            version=number,
            is_published=published,
            created_at=at,
            updated_at=at,
            **facts,
        )
    )


def change_version(
    tx: Connection,
    kind: Kind,
    version_id: str,
    facts: Mapping[str, Any],
    *,
    published: bool,
    at: datetime,
) -> None:
    """Replace what a version says."""
    this = update(kind.versions).where(kind.versions.c.id == version_id)
    tx.execute(this.values(is_published=published, updated_at=at, **facts))


def drop_version(tx: Connection, kind: Kind, version_id: str) -> None:
    """Forget a version."""
    tx.execute(delete(kind.versions).where(kind.versions.c.id == version_id))


def archive(tx: Connection, kind: Kind, id: str, at: datetime) -> None:
    """Take a head out of force for good."""
    tx.execute(update(kind.heads).where(kind.heads.c.id == id).values(archived_at=at))


def forget(tx: Connection, kind: Kind, id: str, at: datetime) -> None:
    """Hide a head; its versions stay for whatever names them."""
    this = update(kind.heads).where(kind.heads.c.id == id)
    tx.execute(this.values(archived_at=at, deleted_at=at))


def latest(
    tx: Connection, workspace: str, kind: Kind, id: str, *, to_change: bool = False
) -> Row[Any]:
    """The latest version of a head, which is locked until ``tx`` ends if ``to_change``.

    Raises NotFound.
    """
    if to_change:
        held = select(kind.heads.c.id).where(
            kind.heads.c.workspace_id == workspace, kind.heads.c.id == id
        )
        tx.execute(held.with_for_update())
    row = tx.execute(latest_of(workspace, kind).where(kind.heads.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no {kind.noun} {id}.")
    return row


def listed(
    tx: Connection,
    workspace: str,
    kind: Kind,
    request: PageRequest,
    *conditions: ColumnElement[bool],
) -> Page:
    """A page of the latest versions that meet ``conditions``."""
    query = latest_of(workspace, kind).where(*conditions)
    return page(tx, query, request, id_column=kind.heads.c.id)


def listed_versions(
    tx: Connection, workspace: str, kind: Kind, id: str, request: PageRequest
) -> Page:
    """A page of the versions of a head. Raises NotFound."""
    latest(tx, workspace, kind, id)
    query = _versions(workspace, kind).where(kind.heads.c.id == id)
    return page(tx, query, request, id_column=kind.versions.c.id)


def numbered(tx: Connection, workspace: str, kind: Kind, id: str, number: int) -> Row[Any]:
    """One version of a head. Raises NotFound."""
    query = _versions(workspace, kind).where(
        kind.heads.c.id == id, kind.versions.c.version == number
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no version {number} of a {kind.noun} {id}.")
    return row


def count(tx: Connection, id: str, kind: Kind) -> int:
    """How many versions a head has."""
    query = select(func.count()).where(kind.versions.c.head_id == id)
    return tx.execute(query).scalar_one()


def in_force(tx: Connection, workspace: str, kind: Kind) -> Sequence[Row[Any]]:
    """The latest published version of every head that is not archived."""
    v = kind.versions.c
    query = _versions(workspace, kind).where(v.is_published, kind.heads.c.archived_at.is_(None))
    found = {row.head_id: row for row in tx.execute(query.order_by(v.version))}
    return [found[id] for id in sorted(found)]


def called(
    tx: Connection, workspace: str, kind: Kind, version_ids: Sequence[str]
) -> list[Row[Any]]:
    """The versions with these ids, also of what is deleted."""
    v = kind.versions.c
    query = select(kind.versions).where(v.workspace_id == workspace, v.id.in_(version_ids))
    return list(tx.execute(query))


def latest_of(workspace: str, kind: Kind) -> Select[Any]:
    """The latest version of every head; more conditions may be added."""
    other = kind.versions.alias()
    last = select(func.max(other.c.version)).where(other.c.head_id == kind.heads.c.id)
    return _versions(workspace, kind).where(kind.versions.c.version == last.scalar_subquery())


def _versions(workspace: str, kind: Kind) -> Select[Any]:
    h = kind.heads.c
    return (
        select(kind.versions, h.archived_at)
        .select_from(kind.versions.join(kind.heads, h.id == kind.versions.c.head_id))
        .where(h.workspace_id == workspace, h.deleted_at.is_(None))
    )
