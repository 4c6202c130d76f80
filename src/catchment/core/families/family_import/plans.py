"""What a file of families asks for: customers to make, places to change, and what is refused.

The rows of one customer are its history: each says whose child it is from its date on, until the
next one. A row without a date says where it stood before the first of the others; where it is the
only one, a customer that is new stands there since always, one that is known from now on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from catchment.core.families.family_import.facts import Facts, Lender, facts_of
from catchment.core.families.family_import.rows import Refused, Row, Table
from catchment.core.families.family_import.trees import broken
from catchment.core.families.hierarchy import CustomerId, Link, Move, Stay, settle
from catchment.core.values.errors import HierarchyCycle, OwnParent
from catchment.core.values.ids import NewId
from catchment.core.values.period import BEGINNING


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a customer may not become a parent, and whether it may be changed itself."""

    code: str
    message: str
    fixed: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What there is already. ``owners`` tells whose each id and alias is.

    ``links`` are believed now: at least those of everyone in the file.
    ``lenders`` are those who lend their address and contacts to new children.
    """

    owners: Mapping[str, CustomerId]
    links: Sequence[Link]
    unfit: Mapping[CustomerId, Unfit]
    lenders: Mapping[CustomerId, Lender]


@dataclass(frozen=True, slots=True)
class NewCustomer:
    id: CustomerId
    alias: str
    facts: Facts


@dataclass(slots=True)
class Plan:
    """``moves`` holds the places of new customers too, ``moved`` those who are not new.

    ``ids`` tells whose the names in the file are, ``row_of`` the row of each new link.
    """

    new: list[NewCustomer] = field(default_factory=list)
    moves: dict[CustomerId, Move] = field(default_factory=dict)
    moved: list[CustomerId] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)
    ids: dict[str, CustomerId] = field(default_factory=dict)
    row_of: dict[str, int] = field(default_factory=dict)
    first_row: dict[CustomerId, int] = field(default_factory=dict)

    def refuse(self, refused: Iterable[Refused]) -> None:
        """Add refusals, by row."""
        self.refused += refused
        self.refused.sort(key=lambda one: one[:3])

    @property
    def links_added(self) -> int:
        """How many stretches below a parent are written down, those of new customers included."""
        return sum(1 for move in self.moves.values() for link in move.added if link.parent)

    def applied(self, before: Iterable[Link]) -> list[Link]:
        """The links that are believed once the plan is carried out."""
        gone = {link.id for move in self.moves.values() for link in move.superseded}
        after = [link for link in before if link.id not in gone]
        after += [link for move in self.moves.values() for link in move.added]
        return after

    def since(self, customer: CustomerId) -> datetime:
        """From when on a moved customer's places change."""
        move = self.moves[customer]
        kept = {(link.start, link.parent) for link in move.superseded}
        new = [link.start for link in move.added if (link.start, link.parent) not in kept]
        return min(new, default=BEGINNING)


def borrowed(rows: Iterable[Row], owners: Mapping[str, CustomerId]) -> set[CustomerId]:
    """Whose address or contacts new customers could need."""
    return {
        owners[row.parent] for row in rows if row.customer not in owners and row.parent in owners
    }


def plan(table: Table, known: Known, *, now: datetime, new_id: NewId) -> Plan:
    """What to write down for ``table``; where anything is refused, nothing should be.

    Whether the tree stays one is for ``tree_refusals`` to say.
    """
    done = Plan(refused=list(table.refused))
    rows = table.rows
    made: dict[str, CustomerId] = {}
    for row in rows:
        if row.customer not in known.owners and row.customer not in made:
            made[row.customer] = new_id()
    ids = done.ids = {**known.owners, **made}
    by_customer: dict[CustomerId, list[Row]] = {}
    for row in rows:
        by_customer.setdefault(ids[row.customer], []).append(row)
    own: dict[CustomerId, list[Link]] = {}
    for link in known.links:
        if link.customer in by_customer:
            own.setdefault(link.customer, []).append(link)
    new = set(made.values())
    for customer, its in by_customer.items():
        is_new = customer in new
        dated = _dated(its, now if len(its) == 1 and not is_new else BEGINNING)
        problems = [*_row_problems(customer, dated, ids, table.spoilt)]
        done.refused += problems
        if problems or any(row.parent and row.parent not in ids for row in its):
            continue
        stays = [Stay(at, ids[row.parent] if row.parent else None) for at, row in dated]
        move = settle(own.get(customer, ()), customer, stays, recorded_at=now, new_id=new_id)
        _place(done, customer, move, dated, known.unfit, is_new=is_new)
    if new:
        _describe(done, by_customer, made, ids, known.lenders)
    done.refuse(())
    return done


def tree_refusals(done: Plan, links: Sequence[Link]) -> Iterator[Refused]:
    """The rows after which somebody would be below itself, or too deep, at any instant.

    ``links`` are believed now: those of everyone in the file, all above them, and all below who
    moves.
    """
    names: dict[CustomerId, str] = {}
    for one in broken(done.applied(links), done.row_of.keys()):
        names = names or {id: text for text, id in done.ids.items()}
        way = " > ".join(names.get(who, who) for who in one.way)
        since = one.at.isoformat()
        if one.kind == HierarchyCycle.code:
            message = f"A customer would be below itself from {since} on: {way}"
        else:
            message = f"There would be too many levels from {since} on: {way}"
        yield Refused(done.row_of[one.link.id], "parent", one.kind, message)


Dated = Sequence[tuple[datetime, Row]]


def _dated(rows: Sequence[Row], undated: datetime) -> Dated:
    found = [(undated if row.at is None else row.at, row) for row in rows]
    if len(found) > 1:
        found.sort(key=lambda pair: pair[0])
    return found


def _row_problems(
    customer: CustomerId,
    dated: Dated,
    ids: Mapping[str, CustomerId],
    spoilt: Collection[str],
) -> Iterator[Refused]:
    before: tuple[datetime, Row] | None = None
    for at, row in dated:
        if before is not None and before[0] == at:
            message = (
                f"Row {before[1].number} says already where {row.customer!r} stands from then on."
            )
            column = "customer" if row.at is None else "effectiveFrom"
            yield Refused(row.number, column, "duplicate_row", message)
        before = at, row
        if row.parent and row.parent not in ids and row.parent not in spoilt:
            message = f"{row.parent!r} is neither in this workspace nor a customer of this file."
            yield Refused(row.number, "parent", "not_found", message)
        elif row.parent and ids.get(row.parent) == customer:
            message = f"{row.customer!r} cannot be its own parent."
            yield Refused(row.number, "parent", OwnParent.code, message)


def _place(
    done: Plan,
    customer: CustomerId,
    move: Move,
    dated: Dated,
    unfit: Mapping[CustomerId, Unfit],
    *,
    is_new: bool,
) -> None:
    changes = bool(move.added or move.superseded)
    if changes:
        done.moves[customer] = move
    if not is_new and not changes:
        done.unchanged += 1
        return
    if not is_new:
        done.moved.append(customer)
        done.first_row[customer] = dated[0][1].number
    mine = unfit.get(customer)
    if mine is not None and mine.fixed:
        done.refused.append(
            Refused(dated[0][1].number, "customer", "customer_archived", mine.message)
        )
    kept = {(link.start, link.parent) for link in move.superseded}
    for link in move.added:
        row = next((r for at, r in reversed(dated) if at <= link.start), dated[0][1])
        done.row_of[link.id] = row.number
        above = unfit.get(link.parent) if link.parent else None
        if above is not None and (link.start, link.parent) not in kept:
            done.refused.append(Refused(row.number, "parent", above.code, above.message))


def _describe(
    done: Plan,
    by_customer: Mapping[CustomerId, Sequence[Row]],
    made: Mapping[str, CustomerId],
    ids: Mapping[str, CustomerId],
    lenders: Mapping[CustomerId, Lender],
) -> None:
    """Find the facts of everyone who is new, those of parents first."""
    facts = facts_of(
        {id: by_customer[id] for id in made.values()},
        ids.get,
        lenders,
        done.refused,
    )
    done.new = [NewCustomer(id, alias, facts[id]) for alias, id in made.items() if id in facts]
