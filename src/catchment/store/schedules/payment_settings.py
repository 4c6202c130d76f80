"""By whom invoices are to be paid, as agreed for one, for a schedule or for a customer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from catchment.core.values.errors import NotFound
from catchment.store.chunks import chunks
from catchment.store.schema import account_payment_settings, payment_settings

_c = payment_settings.c
_a = account_payment_settings.c
SEND, DO_NOT_SEND = "SEND_NOTIFICATIONS", "DO_NOT_SEND_NOTIFICATIONS"


class Subject(StrEnum):
    """What a setting is for; the first that has one decides how an invoice is paid."""

    INVOICE = "INVOICE"
    SCHEDULE = "SCHEDULE"
    CUSTOMER = "CUSTOMER"


class Whose(NamedTuple):
    """What a setting is for, and its id."""

    subject: Subject
    id: str


class Payment(NamedTuple):
    """``provider`` is STRIPE, GOCARDLESS or NONE; with ``auto_charge`` nobody has to ask it."""

    provider: str
    auto_charge: bool


class PaymentSetting(NamedTuple):
    """A setting as it is kept."""

    id: str
    whose: Whose
    payment: Payment


class Failures(NamedTuple):
    """Who is told that a payment failed: SEND_NOTIFICATIONS or DO_NOT_SEND_NOTIFICATIONS."""

    merchant: str = SEND
    customer: str = SEND


def add(
    tx: Connection, workspace: str, id: str, whose: Whose, payment: Payment, at: datetime
) -> PaymentSetting:
    """Keep a new setting."""
    tx.execute(
        insert(payment_settings).values(
            id=id,
            workspace_id=workspace,
            subject=whose.subject,
            subject_id=whose.id,
            payment_provider=payment.provider,
            auto_charge=payment.auto_charge,
            created_at=at,
            updated_at=at,
        )
    )
    return PaymentSetting(id, whose, payment)


def save(tx: Connection, id: str, payment: Payment, at: datetime) -> None:
    """Replace how something is to be paid."""
    this = update(payment_settings).where(_c.id == id)
    tx.execute(
        this.values(
            payment_provider=payment.provider, auto_charge=payment.auto_charge, updated_at=at
        )
    )


def remove(tx: Connection, id: str) -> None:
    """Forget a setting."""
    tx.execute(delete(payment_settings).where(_c.id == id))


def one(tx: Connection, workspace: str, subject: Subject, id: str) -> PaymentSetting:
    """The setting called ``id``, or that of what is called so. Raises NotFound."""
    query = select(payment_settings).where(
        _c.workspace_id == workspace, _c.subject == subject, or_(_c.id == id, _c.subject_id == id)
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There are no payment settings {id}.")
    return _setting(row)


def of(
    tx: Connection, workspace: str, subject: Subject, ids: Collection[str]
) -> dict[str, PaymentSetting]:
    """The settings of those of ``ids`` that have one."""
    mine = select(payment_settings).where(_c.workspace_id == workspace, _c.subject == subject)
    return {
        row.subject_id: _setting(row)
        for part in chunks(sorted(set(ids)))
        for row in tx.execute(mine.where(_c.subject_id.in_(part)))
    }


def failures(tx: Connection, workspace: str) -> Failures:
    """Who is told of failed payments: everybody, unless something else was said."""
    query = select(_a.merchant_notifications, _a.customer_notifications)
    row = tx.execute(query.where(_a.workspace_id == workspace)).one_or_none()
    return Failures() if row is None else Failures(*row)


def save_failures(tx: Connection, workspace: str, told: Failures) -> None:
    """Say who is told of failed payments."""
    tx.execute(delete(account_payment_settings).where(_a.workspace_id == workspace))
    tx.execute(
        insert(account_payment_settings).values(
            workspace_id=workspace,
            merchant_notifications=told.merchant,
            customer_notifications=told.customer,
        )
    )


def _setting(row: Row[tuple[object, ...]]) -> PaymentSetting:
    return PaymentSetting(
        row.id,
        Whose(Subject(row.subject), row.subject_id),
        Payment(row.payment_provider, row.auto_charge),
    )
