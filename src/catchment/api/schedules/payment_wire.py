"""The bodies of payment settings."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from catchment.api.edge.wire import Flag, IdIn, Wire
from catchment.core.values.errors import Invalid
from catchment.store.schedules.payment_settings import Failures, Payment, PaymentSetting, Subject

Provider = Annotated[Literal["STRIPE", "GOCARDLESS", "NONE"], Field(examples=["NONE"])]
Told = Annotated[
    Literal["SEND_NOTIFICATIONS", "DO_NOT_SEND_NOTIFICATIONS"],
    Field(examples=["SEND_NOTIFICATIONS"]),
]


def payment_of(provider: str, *, auto_charge: bool | None) -> Payment:
    """How something is to be paid. Raises Invalid."""
    if auto_charge and provider == "NONE":
        raise Invalid.field("/autoCharge", "Without a provider nothing can be charged.")
    return Payment(provider, bool(auto_charge))


class PaymentIn(Wire):
    """By whom it is to be paid. It is kept and shown; nothing is charged yet."""

    payment_provider: Provider

    def payment(self) -> Payment:
        """How it is to be paid."""
        return payment_of(self.payment_provider, auto_charge=False)


class SchedulePaymentIn(PaymentIn):
    """By whom all of a schedule is to be paid."""

    auto_charge: Flag | None = None

    def payment(self) -> Payment:
        """How it is to be paid. Raises Invalid."""
        return payment_of(self.payment_provider, auto_charge=self.auto_charge)


class CustomersPaymentIn(PaymentIn):
    """By whom all that a customer gets is to be paid, unless its schedule or invoice says."""

    customer_id: IdIn


class SchedulesPaymentIn(SchedulePaymentIn):
    """By whom all of a schedule is to be paid, unless an invoice says."""

    billing_schedule_id: IdIn


class InvoicesPaymentIn(PaymentIn):
    """By whom an invoice is to be paid."""

    invoice_id: IdIn
    customer_id: IdIn | None = None


class CustomerPaymentOut(Wire):
    id: str
    sequence_account_id: str
    customer_id: str
    payment_provider: str

    @classmethod
    def of(cls, workspace: str, one: PaymentSetting) -> "CustomerPaymentOut":
        """The settings as they are shown."""
        return cls(
            id=one.id,
            sequence_account_id=workspace,
            customer_id=one.whose.id,
            payment_provider=one.payment.provider,
        )


class SchedulePaymentOut(Wire):
    id: str
    sequence_account_id: str
    billing_schedule_id: str
    payment_provider: str
    auto_charge: bool

    @classmethod
    def of(cls, workspace: str, one: PaymentSetting) -> "SchedulePaymentOut":
        """The settings as they are shown."""
        return cls(
            id=one.id,
            sequence_account_id=workspace,
            billing_schedule_id=one.whose.id,
            payment_provider=one.payment.provider,
            auto_charge=one.payment.auto_charge,
        )


class InvoicePaymentOut(Wire):
    id: str
    sequence_account_id: str
    invoice_id: str
    customer_id: str
    payment_provider: str

    @classmethod
    def of(cls, workspace: str, one: PaymentSetting, customer_id: str) -> "InvoicePaymentOut":
        """The settings as they are shown."""
        return cls(
            id=one.id,
            sequence_account_id=workspace,
            invoice_id=one.whose.id,
            customer_id=customer_id,
            payment_provider=one.payment.provider,
        )


class PaymentInForceOut(Wire):
    """What decides how an invoice is paid: its own settings, its schedule's, or its customer's."""

    set_by: Literal["INVOICE", "BILLING_SCHEDULE", "CUSTOMER", "NOBODY"]
    payment_provider: str
    auto_charge: bool

    @classmethod
    def of(cls, one: PaymentSetting | None) -> "PaymentInForceOut":
        """The settings as they are shown; without any there is no provider."""
        if one is None:
            return cls(set_by="NOBODY", payment_provider="NONE", auto_charge=False)
        return cls(
            set_by=(
                "BILLING_SCHEDULE"
                if one.whose.subject is Subject.SCHEDULE
                else one.whose.subject.value
            ),
            payment_provider=one.payment.provider,
            auto_charge=one.payment.auto_charge,
        )


class FailureNotifications(Wire):
    """Who is told that a payment failed."""

    merchant_notifications: Told
    customer_notifications: Told

    @classmethod
    def of(cls, told: Failures) -> "FailureNotifications":
        """The same as it is shown."""
        return cls.model_validate(
            {"merchant_notifications": told.merchant, "customer_notifications": told.customer}
        )


class AccountPaymentIn(Wire):
    """What holds for all payments of the workspace."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {
                "failureNotifications": {
                    "merchantNotifications": "SEND_NOTIFICATIONS",
                    "customerNotifications": "DO_NOT_SEND_NOTIFICATIONS",
                }
            }
        }
    )

    failure_notifications: FailureNotifications

    def told(self) -> Failures:
        """Who is told that a payment failed."""
        asked = self.failure_notifications
        return Failures(asked.merchant_notifications, asked.customer_notifications)


class AccountPaymentOut(Wire):
    id: str
    failure_notifications: FailureNotifications

    @classmethod
    def of(cls, workspace: str, told: Failures) -> "AccountPaymentOut":
        """The settings of a workspace, which are called as it is."""
        known: dict[str, Any] = {"failure_notifications": FailureNotifications.of(told)}
        return cls(id=workspace, **known)
