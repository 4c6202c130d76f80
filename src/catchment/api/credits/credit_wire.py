"""Credit grants and balances on the wire."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from catchment.api.edge.wire import (
    Amount,
    AmountIn,
    At,
    CurrencyCode,
    Day,
    Flag,
    IdIn,
    Name,
    Pagination,
    Wire,
)
from catchment.core.terms.credits import CreditUnit
from catchment.core.values.money import decimal_text
from catchment.flows.credits.keep_grant import GrantTerms
from catchment.flows.credits.show_credits import Balance, Movement, Standing
from catchment.store.credits.credit_grants import GrantRecord

CreditType = Literal["CASH", "USAGE"]


class CreditGrantIn(Wire):
    """What a customer is granted: money, or units of the usage metric ``metricId``.

    It pays for days from ``effectiveDate`` (today, where nothing is said) to ``expiryDate``, both
    included. ``costOfCredit`` is what it is sold for. ``createInvoice`` drafts an invoice for that,
    taxed by the rate ``taxRateId`` (an extension), else by the one for every category.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {
                "sequenceAccountId": "0198b2c9-5f41-7c3d-8a52-0f4f5e0c9a10",
                "customerId": "0198b2c9-5f41-7c3d-8a52-0f4f5e0c9a11",
                "name": "Welcome credit",
                "creditUnitType": "CURRENCY",
                "currency": "USD",
                "amount": 100,
                "expiryDate": "2026-12-31",
            }
        }
    )

    sequence_account_id: IdIn
    customer_id: IdIn
    name: Name
    credit_unit_type: CreditUnit
    currency: CurrencyCode
    metric_id: IdIn | None = None
    amount: AmountIn
    cost_of_credit: AmountIn | None = None
    effective_date: Day | None = None
    expiry_date: Day | None = None
    tax_rate_id: IdIn | None = None
    create_invoice: Flag | None = None

    def terms(self) -> GrantTerms:
        """The grant asked for."""
        return GrantTerms(
            customer=self.customer_id,
            name=self.name,
            unit=self.credit_unit_type,
            currency=self.currency,
            metric_id=self.metric_id,
            amount=self.amount,
            cost=self.cost_of_credit,
            effective=self.effective_date,
            expiry=self.expiry_date,
            tax_rate_id=self.tax_rate_id,
            sold=bool(self.create_invoice),
        )


class CreditGrantOut(Wire):
    """A grant. ``billingScheduleId``, ``isClosed`` and ``invoiceId`` are extensions: the schedule
    whose phase made it, whether what was left was taken back, and the invoice that sells it, unless
    that is void.
    """

    id: str
    sequence_account_id: str
    customer_id: str
    name: str
    credit_unit_type: CreditUnit
    currency: str
    metric_id: str | None = None
    amount: Amount
    cost_of_credit: Amount
    tax_rate_id: str | None = None
    effective_date: Day
    expiry_date: Day | None = None
    created_at: At
    billing_schedule_id: str | None = None
    is_closed: bool | None = None
    invoice_id: str | None = None
    integration_ids: Annotated[list[Any], Field(default_factory=list)]

    @classmethod
    def of(cls, workspace_id: str, record: GrantRecord, invoice_id: str | None) -> "CreditGrantOut":
        """The wire form; ``invoice_id`` is the invoice that sells it."""
        grant = record.grant
        return cls(
            id=grant.id,
            sequence_account_id=workspace_id,
            customer_id=grant.customer,
            name=grant.name,
            credit_unit_type=grant.unit,
            currency=grant.currency,
            metric_id=grant.metric_id,
            amount=grant.amount,
            cost_of_credit=record.cost or Decimal(0),
            tax_rate_id=record.tax_rate_id,
            effective_date=grant.effective,
            expiry_date=grant.expiry,
            created_at=grant.created_at,
            billing_schedule_id=grant.schedule_id,
            is_closed=record.closed or None,
            invoice_id=invoice_id,
        )


class CreditGrantPage(Wire):
    items: list[CreditGrantOut]
    pagination: Pagination


class OpenGrantOut(Wire):
    """A grant of which something is left."""

    id: str
    name: str
    grant_amount: Amount
    balance: Amount
    issue_date: Day
    expiry_date: Day | None = None

    @classmethod
    def of(cls, one: Standing) -> "OpenGrantOut":
        """The wire form."""
        grant = one.record.grant
        return cls(
            id=grant.id,
            name=grant.name,
            grant_amount=grant.amount,
            balance=one.account.balance,
            issue_date=grant.effective,
            expiry_date=grant.expiry,
        )


class OpenGrantsOut(Wire):
    items: list[OpenGrantOut]

    @classmethod
    def of(cls, found: Iterable[Standing]) -> "OpenGrantsOut":
        """The wire form."""
        return cls(items=[OpenGrantOut.of(one) for one in found])


class BalanceGrantOut(Wire):
    """A grant with what is left of it today.

    ``appliedAmount``, ``expiredAmount`` and ``takenBackAmount`` are extensions: together with
    ``currentBalance`` they are the ``originalAmount``. So is ``invoiceId``: the invoice that sells
    it.
    """

    id: str
    sequence_account_id: str
    customer_id: str
    type: CreditType
    currency: str
    metric_id: str | None = None
    name: str
    original_amount: str
    current_balance: str
    applied_amount: str
    expired_amount: str
    taken_back_amount: str
    expiry_date: Day | None = None
    cost_of_credit: str
    tax_rate_id: str | None = None
    effective_date: Day
    created_at: At
    invoice_id: str | None = None

    @classmethod
    def of(cls, workspace_id: str, one: Standing) -> "BalanceGrantOut":
        """The wire form."""
        record, account = one.record, one.account
        grant = record.grant
        return cls(
            id=grant.id,
            sequence_account_id=workspace_id,
            customer_id=grant.customer,
            type=credit_type(grant.unit),
            currency=grant.currency,
            metric_id=grant.metric_id,
            name=grant.name,
            original_amount=decimal_text(account.granted),
            current_balance=decimal_text(account.balance),
            applied_amount=decimal_text(account.applied),
            expired_amount=decimal_text(account.expired),
            taken_back_amount=decimal_text(account.voided),
            expiry_date=grant.expiry,
            cost_of_credit=decimal_text(record.cost or Decimal(0)),
            tax_rate_id=record.tax_rate_id,
            effective_date=grant.effective,
            created_at=grant.created_at,
            invoice_id=one.invoice_id,
        )


class CreditTransactionOut(Wire):
    """A change of what is left: ``CREDIT`` adds to it, ``DEBIT`` takes off.

    ``reason`` is GRANTED, APPLIED (to ``invoiceId``), RETURNED (that was voided), VOIDED (what was
    left was taken back) or EXPIRED, which is no entry of the ledger and has no id.
    """

    id: str | None = None
    grant_id: str
    reason: str
    invoice_id: str | None = None
    billing_run_id: str | None = None
    type: Literal["CREDIT", "DEBIT"]
    amount: str
    date: Day

    @classmethod
    def of(cls, one: Movement) -> "CreditTransactionOut":
        """The wire form."""
        return cls(
            id=None if one.number is None else str(one.number),
            grant_id=one.grant_id,
            reason=one.reason,
            invoice_id=one.invoice_id or None,
            billing_run_id=one.run_id,
            type="CREDIT" if one.amount > 0 else "DEBIT",
            amount=decimal_text(abs(one.amount)),
            date=one.on,
        )


class CreditBalanceOut(Wire):
    """What a customer has left of one currency or usage metric, and all that happened to it.

    ``projected`` is an extension: what of the balance drafts draw, which is theirs meanwhile.
    """

    id: str
    type: CreditType
    name: str
    balance: str
    projected: str
    grants: list[BalanceGrantOut]
    transactions: list[CreditTransactionOut]

    @classmethod
    def of(cls, workspace_id: str, one: Balance) -> "CreditBalanceOut":
        """The wire form."""
        return cls(
            id=one.id,
            type=credit_type(one.unit),
            name=one.name,
            balance=decimal_text(one.left),
            projected=decimal_text(one.projected),
            grants=[BalanceGrantOut.of(workspace_id, grant) for grant in one.grants],
            transactions=[CreditTransactionOut.of(entry) for entry in one.movements],
        )


class CreditBalancesOut(Wire):
    items: list[CreditBalanceOut]


def credit_type(unit: CreditUnit) -> CreditType:
    """What balances call a unit."""
    return "USAGE" if unit is CreditUnit.METRIC else "CASH"
