"""What is invoiced for good stays as it is when the schedules that led to it change.

A schedule's own invoices must go on saying what it charges. And since the nearest schedule has a
customer's usage, a schedule that starts, grows or shrinks takes usage from the ones above or leaves
it to them: where those have invoiced that usage, it would be billed twice, or never.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from catchment.core.terms.schedules import Schedule
from catchment.core.values.errors import Conflict
from catchment.core.values.period import Span
from catchment.flows.billing.agreed import agreements
from catchment.flows.schedules.billed_charges import ScheduleBilled, agree_anew
from catchment.store.access import Workspace
from catchment.store.catalog import prices
from catchment.store.catalog.price_terms import Terms
from catchment.store.families import links
from catchment.store.schedules import schedule_billing, schedules
from catchment.store.schedules.schedule_billing import IssuedUsage
from catchment.store.schedules.schedule_records import ScheduleRecord

_Held = frozenset[tuple[str, tuple[Span, ...]]]
"""Customers, and when their usage belongs to the schedule that is watched."""


class UsageBilled(Conflict):
    """Another schedule has invoiced this usage for good."""

    code = "usage_billed"


@dataclass(frozen=True, slots=True)
class Watch:
    """How things stood before a schedule was changed. ``rivals`` may gain or lose usage by it."""

    workspace: Workspace
    schedule_id: str
    rivals: list[str]
    _before: Schedule | None
    _issued_days: dict[date, str]
    _issued_usage: dict[IssuedUsage, _Held]

    def check(self, tx: Connection, now: datetime) -> None:
        """Refuse the change that has been made ``now``, or note what it changes of what is charged
        in advance. Raises ScheduleBilled, UsageBilled.
        """
        after = schedules.one(tx, self.workspace.id, self.schedule_id)
        if self._before is not None and self._issued_days:
            self._check_own(self._before, after)
            days = self._issued_days
            agree_anew(tx, self.workspace, self._before, after, days, now)
        held = _held(tx, self.workspace, self.schedule_id, list(self._issued_usage))
        for usage, before in self._issued_usage.items():
            if held[usage] != before and usage.schedule_id == self.schedule_id:
                message = (
                    f"Invoice {usage.invoice_number} has billed usage of other customers from"
                    f" {usage.service.start} to {usage.service.last_day} than this would leave in"
                    " its pool; void it first."
                )
                assert self._before is not None, usage
                same = self._before.exclusions == after.exclusions
                pointer = "/phases" if same else "/rollUpExclusions"
                raise ScheduleBilled.field(pointer, message)
            if held[usage] != before:
                raise UsageBilled(
                    f"Invoice {usage.invoice_number} of another schedule has billed usage from"
                    f" {usage.service.start} to {usage.service.last_day} that this schedule would"
                    " take or leave. Void that invoice first, or choose later days."
                )

    def _check_own(self, before: Schedule, after: Schedule) -> None:
        for field, how, changed in (
            ("/rollUpBilling", "pooled", before.roll_up != after.roll_up),
            ("/billTo", "addressed", before.bill_to is not after.bill_to),
        ):
            if changed:
                number = min(self._issued_days.values())
                message = f"Invoice {number} was {how} by the present setting; void it first."
                raise ScheduleBilled.field(field, message)


def watch(
    tx: Connection, workspace: Workspace, after: ScheduleRecord, before: ScheduleRecord | None
) -> Watch:
    """Remember what must not change when ``after`` is written; ``before`` is None if it starts."""
    priced = _usage_prices(tx, workspace.id, after)
    if before is not None:
        priced += _usage_prices(tx, workspace.id, before)
    metrics = _metrics(priced)
    found = _rivals(tx, workspace.id, after, metrics)
    watched = list(found)
    if before is not None and _selects(after, before, priced):
        watched.append(after.id)
    issued = schedule_billing.issued_usage(tx, workspace.id, watched, metrics)
    nothing: _Held = frozenset()
    return Watch(
        workspace,
        after.id,
        found,
        schedules.one(tx, workspace.id, after.id) if before is not None else None,
        schedule_billing.issued_days(tx, workspace.id, after.id),
        _held(tx, workspace, after.id, issued)
        if before is not None
        else dict.fromkeys(issued, nothing),
    )


def rivals(tx: Connection, workspace: str, record: ScheduleRecord) -> list[str]:
    """The schedules that a change of ``record`` may take usage from, or leave it to."""
    return _rivals(tx, workspace, record, _metrics(_usage_prices(tx, workspace, record)))


def _rivals(
    tx: Connection, workspace: str, record: ScheduleRecord, metrics: frozenset[str]
) -> list[str]:
    if not metrics:
        return []
    above = {link.parent for link in links.above(tx, workspace, [record.customer_id])}
    found = schedule_billing.pricing(
        tx,
        workspace,
        metrics,
        customer_id=record.customer_id,
        above=[customer for customer in above if customer is not None],
    )
    return [id for id in found if id != record.id]


def _usage_prices(tx: Connection, workspace: str, record: ScheduleRecord) -> list[Terms]:
    known = prices.shown(tx, workspace, record.price_ids).values()
    return [price.terms for price in known if price.terms.metric_id]


def _metrics(priced: list[Terms]) -> frozenset[str]:
    return frozenset(terms.metric_id for terms in priced if terms.metric_id)


def _selects(after: ScheduleRecord, before: ScheduleRecord, priced: list[Terms]) -> bool:
    """Whether the change can alter who is in the schedule's own pools."""
    named = any(terms.restrict_to for terms in priced)
    return named or set(after.exclusions) != set(before.exclusions)


def _held(
    tx: Connection, workspace: Workspace, schedule_id: str, issued: list[IssuedUsage]
) -> dict[IssuedUsage, _Held]:
    """What the schedule has in each pool of its own, and what of the others' is its instead."""
    if not issued:
        return {}
    agreed = agreements.around(tx, workspace, {usage.schedule_id for usage in issued})
    found: dict[IssuedUsage, _Held] = {}
    for usage in issued:
        whose = agreed.schedules[usage.schedule_id]
        span = usage.service.span(agreed.zone)
        pool = agreed.pool(whose, usage.metric_id, span, usage.scope)
        if usage.schedule_id == schedule_id:
            found[usage] = frozenset((member.customer, member.spans) for member in pool.members)
        else:
            found[usage] = frozenset(
                (carve.customer, carve.spans)
                for carve in pool.carved
                if carve.schedule_id == schedule_id
            )
    return found
