"""/payments/settings: by whom invoices are to be paid. They are kept and shown; nothing is charged.

What is set for an invoice wins over what is set for its schedule, and that over its customer's.
"""

from sqlalchemy import Connection

from catchment.api.edge.deps import NewId, Now, PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.schedules.payment_wire import (
    AccountPaymentIn,
    AccountPaymentOut,
    CustomerPaymentOut,
    CustomersPaymentIn,
    InvoicePaymentOut,
    InvoicesPaymentIn,
    PaymentIn,
    PaymentInForceOut,
    SchedulePaymentIn,
    SchedulePaymentOut,
    SchedulesPaymentIn,
)
from catchment.core.values.errors import Invalid, NotFound
from catchment.flows.invoices.finalize_invoice import one_invoice
from catchment.flows.schedules import payment_terms
from catchment.store.schedules import payment_settings, schedule_records
from catchment.store.schedules.payment_settings import PaymentSetting, Subject, Whose

routes = router("", "Payment settings")
_PATH = "/payments/settings"


@routes.get(_PATH)
def show_account_payment_settings(tx: Tx, who: WhoIs) -> AccountPaymentOut:
    """Who is told of payments that fail."""
    workspace = who.workspace.id
    return AccountPaymentOut.of(workspace, payment_settings.failures(tx, workspace))


@routes.put(_PATH + "/{id}")
def update_account_payment_settings(
    id: PathId, body: AccountPaymentIn, tx: Tx, who: WhoIs
) -> AccountPaymentOut:
    """Say who is told of payments that fail."""
    if id != who.workspace.id:
        raise NotFound(f"There are no payment settings {id}.")
    payment_settings.save_failures(tx, id, body.told())
    return AccountPaymentOut.of(id, body.told())


@routes.post(_PATH + "/customers", status_code=201)
def create_customer_payment_settings(
    body: CustomersPaymentIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId
) -> CustomerPaymentOut:
    """Set by whom a customer's invoices are to be paid."""
    whose = Whose(Subject.CUSTOMER, body.customer_id)
    made = payment_terms.create(tx, who.workspace.id, new_id(), whose, body.payment(), now=now)
    return CustomerPaymentOut.of(who.workspace.id, made)


@routes.get(_PATH + "/customers/{id}")
def show_customer_payment_settings(id: PathId, tx: Tx, who: WhoIs) -> CustomerPaymentOut:
    """Payment settings by their own id, or by the customer's."""
    found = payment_settings.one(tx, who.workspace.id, Subject.CUSTOMER, id)
    return CustomerPaymentOut.of(who.workspace.id, found)


@routes.put(_PATH + "/customers/{id}")
def update_customer_payment_settings(
    id: PathId, body: PaymentIn, tx: Tx, who: WhoIs, now: Now
) -> CustomerPaymentOut:
    """Change by whom a customer's invoices are to be paid."""
    found = payment_settings.one(tx, who.workspace.id, Subject.CUSTOMER, id)
    payment_settings.save(tx, found.id, body.payment(), now)
    return CustomerPaymentOut.of(who.workspace.id, found._replace(payment=body.payment()))


@routes.delete(_PATH + "/customers/{id}")
def delete_customer_payment_settings(id: PathId, tx: Tx, who: WhoIs) -> CustomerPaymentOut:
    """Take a customer's payment settings away."""
    gone = payment_settings.one(tx, who.workspace.id, Subject.CUSTOMER, id)
    payment_settings.remove(tx, gone.id)
    return CustomerPaymentOut.of(who.workspace.id, gone)


@routes.post(_PATH + "/billing-schedules", status_code=201)
def create_schedule_payment_settings(
    body: SchedulesPaymentIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId
) -> SchedulePaymentOut:
    """Set by whom all of a schedule is to be paid."""
    whose = Whose(Subject.SCHEDULE, body.billing_schedule_id)
    made = payment_terms.create(tx, who.workspace.id, new_id(), whose, body.payment(), now=now)
    return SchedulePaymentOut.of(who.workspace.id, made)


@routes.get(_PATH + "/billing-schedules/for-billing-schedule/{id}")
def show_payment_settings_of_schedule(id: PathId, tx: Tx, who: WhoIs) -> SchedulePaymentOut:
    """The payment settings of a schedule."""
    schedule_records.one(tx, who.workspace.id, id)
    found = payment_settings.one(tx, who.workspace.id, Subject.SCHEDULE, id)
    return SchedulePaymentOut.of(who.workspace.id, found)


@routes.get(_PATH + "/billing-schedules/{id}")
def show_schedule_payment_settings(id: PathId, tx: Tx, who: WhoIs) -> SchedulePaymentOut:
    """Payment settings of a schedule by their own id."""
    found = payment_settings.one(tx, who.workspace.id, Subject.SCHEDULE, id)
    return SchedulePaymentOut.of(who.workspace.id, found)


@routes.put(_PATH + "/billing-schedules/{id}")
def update_schedule_payment_settings(
    id: PathId, body: SchedulePaymentIn, tx: Tx, who: WhoIs, now: Now
) -> SchedulePaymentOut:
    """Change by whom all of a schedule is to be paid."""
    found = payment_settings.one(tx, who.workspace.id, Subject.SCHEDULE, id)
    payment_settings.save(tx, found.id, body.payment(), now)
    return SchedulePaymentOut.of(who.workspace.id, found._replace(payment=body.payment()))


@routes.delete(_PATH + "/billing-schedules/{id}")
def delete_schedule_payment_settings(id: PathId, tx: Tx, who: WhoIs) -> SchedulePaymentOut:
    """Take a schedule's payment settings away: its customer's hold."""
    gone = payment_settings.one(tx, who.workspace.id, Subject.SCHEDULE, id)
    payment_settings.remove(tx, gone.id)
    return SchedulePaymentOut.of(who.workspace.id, gone)


@routes.post(_PATH + "/invoices", status_code=201)
def create_invoice_payment_settings(
    body: InvoicesPaymentIn, tx: Tx, who: WhoIs, now: Now, new_id: NewId
) -> InvoicePaymentOut:
    """Set by whom an invoice is to be paid, whatever is set for its schedule or customer."""
    whose = Whose(Subject.INVOICE, body.invoice_id)
    made = payment_terms.create(tx, who.workspace.id, new_id(), whose, body.payment(), now=now)
    shown = _of_invoice(tx, who.workspace.id, made)
    if body.customer_id not in {None, shown.customer_id}:
        message = f"The invoice is that of customer {shown.customer_id}."
        raise Invalid.field("/customerId", message)
    return shown


@routes.get(_PATH + "/invoices/for-invoice/{id}")
def show_payment_settings_of_invoice(id: PathId, tx: Tx, who: WhoIs) -> InvoicePaymentOut:
    """The payment settings of an invoice."""
    one_invoice(tx, who.workspace.id, id)
    found = payment_settings.one(tx, who.workspace.id, Subject.INVOICE, id)
    return _of_invoice(tx, who.workspace.id, found)


@routes.get(_PATH + "/invoices/{id}")
def show_invoice_payment_settings(id: PathId, tx: Tx, who: WhoIs) -> InvoicePaymentOut:
    """Payment settings of an invoice by their own id."""
    found = payment_settings.one(tx, who.workspace.id, Subject.INVOICE, id)
    return _of_invoice(tx, who.workspace.id, found)


@routes.put(_PATH + "/invoices/{id}")
def update_invoice_payment_settings(
    id: PathId, body: PaymentIn, tx: Tx, who: WhoIs, now: Now
) -> InvoicePaymentOut:
    """Change by whom an invoice is to be paid."""
    found = payment_settings.one(tx, who.workspace.id, Subject.INVOICE, id)
    payment_settings.save(tx, found.id, body.payment(), now)
    return _of_invoice(tx, who.workspace.id, found._replace(payment=body.payment()))


@routes.delete(_PATH + "/invoices/{id}")
def delete_invoice_payment_settings(id: PathId, tx: Tx, who: WhoIs) -> InvoicePaymentOut:
    """Take an invoice's payment settings away: its schedule's hold, or its customer's."""
    gone = payment_settings.one(tx, who.workspace.id, Subject.INVOICE, id)
    payment_settings.remove(tx, gone.id)
    return _of_invoice(tx, who.workspace.id, gone)


@routes.get("/invoices/{id}/payment-settings")
def show_payment_in_force(id: PathId, tx: Tx, who: WhoIs) -> PaymentInForceOut:
    """By whom an invoice is to be paid, and what says so."""
    invoice = one_invoice(tx, who.workspace.id, id)
    return PaymentInForceOut.of(payment_terms.in_force(tx, invoice))


def _of_invoice(tx: Connection, workspace: str, found: PaymentSetting) -> InvoicePaymentOut:
    customer = one_invoice(tx, workspace, found.whose.id).customer_id
    return InvoicePaymentOut.of(workspace, found, customer)
