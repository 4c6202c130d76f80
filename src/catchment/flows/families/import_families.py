"""What happens when families arrive in a file: all of it is written, or nothing and the reasons.

The tree and the names are read after their locks are taken, as for a single move. Invoices that
are finalised are never changed; drafts that change are drafted anew, once, at the end.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from catchment.core.families.family_import import (
    Known,
    Lender,
    Person,
    Plan,
    Refused,
    Row,
    Unfit,
    borrowed,
    plan,
    read,
    tree_refusals,
)
from catchment.core.families.hierarchy import CustomerId, Forest, Link, Move
from catchment.core.values.errors import FieldError, Invalid
from catchment.core.values.ids import NewId
from catchment.core.values.period import BEGINNING
from catchment.flows.families import changed_payers, payers
from catchment.flows.families.move_customers import MoveBeforeFinalised, ParentArchived, ParentDraft
from catchment.flows.invoices.recalculate_invoice import recalculate_drafts
from catchment.store.access import Workspace
from catchment.store.bulk import roomy
from catchment.store.chunks import chunks
from catchment.store.families import (
    aliases,
    contacts,
    customers,
    families,
    family_import,
    links,
    roll_ups,
)
from catchment.store.families.customers import Customer
from catchment.store.schedules import joining
from catchment.usage import UsageStore

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is, and how much there is."""

MOST_REFUSALS = 1_000
"""How many refusals a report shows; it counts them all."""
_FEW = 500
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Imported:
    """How many customers were made, moved and left alone; with refusals, would have been.

    ``links_added`` counts the stretches below a parent that were written down for them.
    """

    created: int
    moved: int
    unchanged: int
    links_added: int
    refused: tuple[Refused, ...]
    refused_count: int

    def told(self, *, dry_run: bool) -> dict[str, Any]:
        """As it is answered."""
        return {
            "created": self.created,
            "moved": self.moved,
            "unchanged": self.unchanged,
            "linksAdded": self.links_added,
            "refused": [one._asdict() for one in self.refused],
            "refusedCount": self.refused_count,
            "dryRun": dry_run,
        }


class ImportRefused(Invalid):
    """Some rows of the file are wrong, so nothing was imported."""

    code = "import_refused"

    def __init__(self, report: Imported) -> None:
        first = report.refused[0]
        many = f"{report.refused_count:,} refusals" if report.refused_count > 1 else "1 refusal"
        errors = tuple(
            FieldError(f"/{one.row}/{one.column}".rstrip("/"), one.code, one.message)
            for one in report.refused
        )
        super().__init__(
            f"{many}, the first in row {first.row}: {first.message} Nothing was imported.",
            errors=errors,
        )
        self.report = report

    def more(self) -> Mapping[str, Any]:
        """The report, as where nothing was refused."""
        return self.report.told(dry_run=False)


def import_families(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    file: bytes,
    *,
    dry_run: bool,
    now: datetime,
    new_id: NewId,
    progress: Progress = lambda _what, _done, _of: None,
) -> Imported:
    """Carry out a CSV file of customers and their parents, unless anything in it is refused."""
    progress("Reading", 0, 1)
    table = read(io.TextIOWrapper(io.BytesIO(file), encoding="utf-8-sig", newline=""))
    links.hold(tx, workspace.id)
    aliases.hold(tx, workspace.id)
    progress("Checking", 0, 4)
    known = _known(tx, workspace.id, table.rows)
    progress("Checking", 1, 4)
    done = plan(table, known, now=now, new_id=new_id)
    progress("Checking", 2, 4)
    around = _around(tx, workspace.id, known, done)
    done.refuse(tree_refusals(done, around))
    progress("Checking", 3, 4)
    touched: set[str] = set()
    if not done.refused:
        touched = _touched(tx, workspace, done, around)
    if not done.refused and not dry_run:
        with roomy(tx):
            _write(tx, workspace.id, done, now, new_id, progress)
        if touched:
            progress("Recalculating drafts", 0, 1)
            recalculate_drafts(tx, usage, workspace, sorted(touched), now=now, new_id=new_id)
    return Imported(
        len(done.new),
        len(done.moved),
        done.unchanged,
        done.links_added,
        tuple(done.refused[:MOST_REFUSALS]),
        len(done.refused),
    )


def _known(tx: Connection, workspace: str, rows: Sequence[Row]) -> Known:
    names = {row.customer for row in rows} | {row.parent for row in rows if row.parent}
    owners = aliases.owners(tx, workspace, names)
    there = set(owners.values())
    few = len(there) <= _FEW
    found = links.above(tx, workspace, there) if few else list(links.everything(tx, workspace))
    unfit = customers.no_parents(tx, workspace, there if few else None)
    lenders = _lenders(tx, workspace, borrowed(rows, owners))
    return Known(owners, found, {one.id: _unfit(one) for one in unfit}, lenders)


def _unfit(customer: Customer) -> Unfit:
    name = customer.legal_name
    if customer.archived_at is not None:
        message = f"{name} is archived and can no longer be changed or become a parent."
        return Unfit(ParentArchived.code, message, fixed=True)
    return Unfit(ParentDraft.code, f"{name} is a draft and cannot be a parent.", fixed=False)


def _lenders(tx: Connection, workspace: str, ids: set[CustomerId]) -> Mapping[CustomerId, Lender]:
    people = contacts.of_customers(tx, workspace, ids)
    return {
        id: Lender(
            customer.address,
            tuple(Person(p.name, p.email, p.billing_preference) for p in people.get(id, ())),
        )
        for id, customer in customers.many(tx, workspace, ids).items()
    }


def _around(tx: Connection, workspace: str, known: Known, done: Plan) -> Sequence[Link]:
    """Every link that can be on one way up with one that changes."""
    if len(set(known.owners.values())) > _FEW:
        return known.links  # all there are
    found = {link.id: link for link in known.links}
    for customer in done.moved:
        low = links.below(tx, workspace, customer, BEGINNING)
        found.update((link.id, link) for link in low)
    return list(found.values())


def _touched(tx: Connection, workspace: Workspace, done: Plan, around: Sequence[Link]) -> set[str]:
    """The schedules whose drafts change; refuses moves that finalised invoices forbid.

    No invoice can have counted on the place of a customer that is new.
    """
    turned = _turned(tx, workspace, done)
    schedules: defaultdict[CustomerId, list[str]] = defaultdict(list)
    for schedule, payer in roll_ups.every(tx, workspace.id).items():
        schedules[payer].append(schedule)
    if not schedules:
        return turned
    named = roll_ups.named(tx, workspace.id, [id for ids in schedules.values() for id in ids])
    since = _since(done, around, schedules, named)
    first: dict[str, datetime] = {}
    for customer in done.moved:
        for schedule, at in since[customer].items():
            first[schedule] = min(at, first.get(schedule, at))
    blockers: defaultdict[str, list[payers.Blocker]] = defaultdict(list)
    for one in payers.finalised(tx, workspace, first):
        blockers[one.schedule].append(one)
    refused = []
    for customer in done.moved if blockers else ():
        near = [
            one
            for schedule, at in since[customer].items()
            for one in blockers.get(schedule, ())
            if one.until > at
        ]
        if near:
            row = done.first_row[customer]
            code, message = MoveBeforeFinalised.code, _too_early(near)
            refused.append(Refused(row, "effectiveFrom", code, message))
    done.refuse(refused)
    return turned.union(schedule for touched in since.values() for schedule in touched)


def _turned(tx: Connection, workspace: Workspace, done: Plan) -> set[str]:
    """The schedules that bill their parent, and another once the file is carried out.

    Refuses, by the first row of a customer that moves, what finalised invoices forbid.
    """
    moves = {customer: done.moves[customer] for customer in done.moved}
    joins = joining.below(tx, workspace.id, moves)
    turned = changed_payers.turns(tx, workspace, joins, moves)
    blockers = changed_payers.finalised(workspace, turned)
    if blockers:
        ways = {who for turn in turned for who in (*turn.before.path, *turn.after.path)}
        row = min(done.first_row[customer] for customer in ways & moves.keys())
        code, message = MoveBeforeFinalised.code, _too_early(blockers)
        done.refuse([Refused(row, "effectiveFrom", code, message)])
    return {turn.billed.schedule_id for turn in turned}


def _since(
    done: Plan,
    around: Sequence[Link],
    schedules: Mapping[CustomerId, Sequence[str]],
    named: Collection[CustomerId],
) -> dict[CustomerId, dict[str, datetime]]:
    """From when on each customer's places change the figures of which schedules.

    Siblings that go the same way share one answer.
    """
    before, after = Forest(around), Forest(done.applied(around))
    answers: dict[tuple[Any, ...], dict[str, datetime]] = {}
    found = {}
    for customer in done.moves:
        at = done.since(customer)
        way = (at, *(_places(forest, customer) for forest in (before, after)))
        if way not in answers:
            change = payers.changes(before, after, customer, at)
            answers[way] = payers.touched(change, schedules, named)
        found[customer] = answers[way]
    return found


def _places(forest: Forest, customer: CustomerId) -> tuple[Any, ...]:
    return tuple((link.parent, link.start, link.end) for link in forest.links(customer))


def _too_early(blockers: Sequence[payers.Blocker]) -> str:
    shown = ", ".join(
        f"{one.number} of {one.payer} (up to {one.last_day.isoformat()})" for one in blockers[:5]
    )
    more = f" and {len(blockers) - 5} more" if len(blockers) > 5 else ""
    return (
        f"This would change what these invoices counted: {shown}{more}. "
        f"It can take effect at {max(one.until for one in blockers).isoformat()} or later."
    )


def _write(
    tx: Connection,
    workspace: str,
    done: Plan,
    now: datetime,
    new_id: NewId,
    progress: Progress,
) -> None:
    total = len(done.new) + len(done.moves)
    written = 0
    for new in chunks(done.new, _AT_ONCE):
        progress("Writing", written, total)
        family_import.add_customers(tx, workspace, new, now, new_id)
        written += len(new)
    for moves in chunks(done.moves.values(), _AT_ONCE):
        progress("Writing", written, total)
        links.save(tx, workspace, [Move(superseded=move.superseded) for move in moves])
        added = [link for move in moves for link in move.added]
        family_import.add_links(tx, workspace, added, now)
        written += len(moves)
    parents = dict.fromkeys(_parents(done))
    families.ensure_organizations(tx, workspace, {parent: new_id() for parent in parents}, now)
    progress("Writing", total, total)


def _parents(done: Plan) -> Iterator[CustomerId]:
    for move in done.moves.values():
        yield from (link.parent for link in move.added if link.parent)
