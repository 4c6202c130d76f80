"""From charges that are due to drafts: what was used, what it costs. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection

from catchment.core.breakdown import Measured, named
from catchment.core.consolidation import Due, Part
from catchment.core.hierarchy import CustomerId
from catchment.core.invoicing import (
    Adjustment,
    Draft,
    Joined,
    adjustment,
    draft,
    joined,
)
from catchment.core.schedules import Charge, Schedule
from catchment.core.taxes import Taxation, TaxTerms
from catchment.flows.billing.agreements import Agreements
from catchment.flows.billing.answering import Answers, answers_to, measured_charge
from catchment.flows.billing.failures import Failures, attempt
from catchment.flows.taxes.tax_terms import tax_terms
from catchment.store.families import customers
from catchment.usage import UsageStore


class MeasuredPart(NamedTuple):
    """The charges of one schedule on an invoice, each with its usage."""

    part: Part
    measured: tuple[Measured, ...]


MeasuredDue = tuple[Due, tuple[MeasuredPart, ...]]
"""What an invoice bills; parts that could not be measured are left out."""


def drafted(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    dues: Sequence[Due],
    failures: Failures | None = None,
    last_seq: int | None = None,
    answers: Answers | None = None,
) -> list[tuple[Due, Draft]]:
    """A draft for each of ``dues`` that can be drafted; ``failures`` says why others cannot.

    Without a place to report failures the first one is raised, but for those of schedules that join
    another's invoice: then that goes without them. Events count up to the place ``last_seq``, or
    all there are. What has been measured for them, among others, are ``answers``; without it is
    measured now. ``tx`` is only read from.
    """
    failed: Failures = {} if failures is None else failures
    if answers is None:
        answers = answers_to(tx, usage, agreed, dues, failures, failed, last_seq, explained=True)
    found = _answered(dues, answers, failed)
    late = {due.key: _adjustments(due, answers, failed) for due, _ in found}
    wanted = {who for _, parts in found for of in parts for who in _named(of)}
    wanted.update(who for made in late.values() for one in made for who in _named_by(one))
    names = customers.names(tx, agreed.workspace.id, wanted)
    taxed = tax_terms(tx, agreed.workspace.id, {due.payer for due, _ in found})
    drafts = []
    for due, parts in found:
        make = partial(_draft, due, parts, late[due.key], names, taxed[due.payer], failed)
        drafts.append((due, attempt(due.schedule, failures, make)))
    return [
        (due, made) for due, made in drafts if made is not None and due.schedule.id not in failed
    ]


def measured(
    tx: Connection, usage: UsageStore, agreed: Agreements, dues: Sequence[Due]
) -> list[MeasuredDue]:
    """What each of ``dues`` bills; the usage says nothing of what shares and evidence are made of,
    which would take longer.
    """
    failed: Failures = {}
    answers = answers_to(tx, usage, agreed, dues, None, failed, None, explained=False)
    return _answered(dues, answers, failed)


def _answered(dues: Iterable[Due], answers: Answers, failed: Failures) -> list[MeasuredDue]:
    return [
        (
            due,
            tuple(
                MeasuredPart(
                    part, tuple(measured_charge(charge, answers, known) for charge in part.charges)
                )
                for part in due.parts
                if part.schedule.id not in failed
            ),
        )
        for due in dues
        for known in [dict[int, Measured]()]
        if due.schedule.id not in failed
    ]


def _named(of: MeasuredPart) -> Iterator[CustomerId]:
    """Whose names a draft needs for a part of it."""
    if of.part.joined or of.part.schedule.roll_up:
        yield from of.part.path
        yield from named(of.measured)


def _adjustments(due: Due, answers: Answers, failed: Failures) -> list[Adjustment]:
    """What the invoice adjusts, as far as it comes to anything and could be measured."""
    found: list[Adjustment] = []
    for one in due.adjusting:
        if one.schedule.id not in failed:
            make = partial(adjustment, one, measured_charge(one.charge, answers, {}))
            made = attempt(one.schedule, failed, make)
            found += [] if made is None else [made]
    return found


def _named_by(one: Adjustment) -> Iterator[CustomerId]:
    """Whose names a draft needs for an adjustment on it."""
    yield from one.adjusting.path
    for path in one.paths.values():
        yield from path


def _draft(
    due: Due,
    parts: Sequence[MeasuredPart],
    late: Sequence[Adjustment],
    names: Mapping[CustomerId, str],
    taxed: TaxTerms,
    failed: Failures,
) -> Draft | None:
    """The invoice, less what joins it and cannot be priced; None where nothing is left."""
    own = [one for of in parts if not of.part.joined for one in of.measured]
    guests: list[Joined] = []
    for part, found in (of for of in parts if of.part.joined):
        made = attempt(part.schedule, failed, partial(joined, part.schedule, part.path, found))
        if made is not None:
            guests.append(made)
    if not (own or guests or late):
        return None

    def taxing(schedule: Schedule, charge: Charge) -> Taxation:
        named = schedule.tax_rates.get(charge.item.price_id)
        return taxed.of(named, charge.item.tax_category_id)

    made_of = draft(due.schedule, own, names, guests, late, on=due.on, taxing=taxing)
    return replace(made_of, tax_status=taxed.status)
