"""/merchants: the seller as documents show it. One a workspace, there from the start."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints

from catchment.api.catalog.bank_wire import BankAccount
from catchment.api.edge.deps import Now, PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import Email, Flag, Name, Text, Whole, Wire
from catchment.api.families.address_wire import AddressOut, CompleteAddress
from catchment.core.values.errors import Invalid, NotFound, NotSupportedYet
from catchment.store import merchants, sequences

routes = router("", "Merchants")
_MOST_LOGO_BYTES = 300 * 1000
_DATA_URL = re.compile(r"data:image/(png|jpeg|svg\+xml);base64,([A-Za-z0-9+/]+={0,2})")
_BEGINS: Mapping[str, tuple[bytes, ...]] = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpeg": (b"\xff\xd8\xff",),
    "svg+xml": (b"<svg", b"<?xml", b"<!--", b"<!DOCTYPE svg"),
}


def _logo(value: str) -> str:
    found = _DATA_URL.fullmatch(value)
    if found is None:
        raise ValueError("A logo is a data: URL in base64 of a PNG, JPEG or SVG image.")
    kind, encoded = found.groups()
    try:
        image = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise ValueError("The logo is not base64.") from None
    if len(image) > _MOST_LOGO_BYTES:
        raise ValueError("A logo has at most 300 kB.")
    if not image.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_BEGINS[kind]):
        raise ValueError(f"The logo is not the {kind} image it says it is.")
    return value


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


Prefix = Annotated[
    str, StringConstraints(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9][A-Za-z0-9/_.-]*$")
]
Empty = BeforeValidator(_none_if_empty)
Logo = Annotated[Annotated[str, Field(max_length=450_000), AfterValidator(_logo)] | None, Empty]
Colour = Annotated[
    Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$", to_lower=True)] | None, Empty
]


class MerchantIn(Wire):
    """The seller. What may be left out stays as it is; null takes it away.

    Ids and the last numbers given are ours to tell: what a body says of them changes nothing.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {
                "invoiceNumberPrefix": "SEQ",
                "creditNoteNumberPrefix": "SCN",
                "legalCompanyName": "Northwind Ltd",
                "address": {
                    "line1": "1 Quay St",
                    "town": "Leeds",
                    "postcode": "LS1 1AA",
                    "country": "GB",
                },
                "email": "billing@northwind.example",
                "defaultDueDateDays": 30,
                "bankAccountDetails": [
                    {
                        "key": "EUR",
                        "value": {"type": "IBAN", "iban": "DE89370400440532013000"},
                    }
                ],
            }
        }
    )

    invoice_number_prefix: Prefix
    credit_note_number_prefix: Prefix
    legal_company_name: Name
    address: CompleteAddress
    email: Email
    default_due_date_days: Annotated[Whole, Field(ge=0, le=365)]
    phone_number: Annotated[Text | None, Empty] = None
    bank_account_details: Annotated[list[BankAccount], Field(max_length=50)] | None = None
    manual_numbering: Flag | None = None
    customer_portal_enabled: Flag | None = None
    include_beneficiary_address_in_payment_details: Flag | None = None
    tax_id: Annotated[Text | None, Empty] = None
    logo_url: Logo = None
    primary_colour: Colour = None
    id: str | None = None
    sequence_account_id: str | None = None
    last_invoice_number: Whole | None = None
    last_credit_note_number: Whole | None = None


class MerchantOut(Wire):
    id: str
    sequence_account_id: str
    invoice_number_prefix: str
    credit_note_number_prefix: str
    legal_company_name: str
    address: AddressOut
    phone_number: str | None = None
    email: str
    default_due_date_days: int
    last_invoice_number: int
    last_credit_note_number: int
    bank_account_details: list[BankAccount]
    manual_numbering: bool
    customer_portal_enabled: bool
    include_beneficiary_address_in_payment_details: bool
    tax_id: str | None = None
    logo_url: str | None = None
    primary_colour: str | None = None


_NOT_KEPT = {"id", "sequence_account_id", "last_invoice_number", "last_credit_note_number"}


@routes.get("/merchant-for-sequence-account")
def show_merchant(tx: Tx, who: WhoIs) -> MerchantOut:
    """The seller of this workspace."""
    return _shown(tx, merchants.get(tx, who.workspace.id))


@routes.put("/merchants/{id}")
def update_merchant(id: PathId, body: MerchantIn, tx: Tx, who: WhoIs, now: Now) -> MerchantOut:
    """Describe the seller. Documents that are final keep the seller they were made with."""
    if id != who.workspace.id:
        raise NotFound(f"There is no merchant {id}.")
    _refuse_what_is_not_built(body)
    _refuse_accounts_twice(body.bank_account_details or [])
    given = body.model_dump(by_alias=True, exclude_unset=True, exclude=_NOT_KEPT)
    before = merchants.get(tx, who.workspace.id)
    details = {
        name: value for name, value in {**before.details, **given}.items() if value is not None
    }
    merchant = merchants.Merchant(before.id, details)
    merchants.save(tx, merchant, now)
    return _shown(tx, merchants.get(tx, who.workspace.id))


def _refuse_what_is_not_built(body: MerchantIn) -> None:
    if body.manual_numbering:
        raise NotSupportedYet.field("/manualNumbering", "Manual numbering is not supported yet.")
    if body.customer_portal_enabled:
        raise NotSupportedYet.field(
            "/customerPortalEnabled", "The customer portal is not supported yet."
        )


def _refuse_accounts_twice(accounts: list[BankAccount]) -> None:
    seen: set[tuple[str, str]] = set()
    for index, account in enumerate(accounts):
        kind = (account.key, account.value.type)
        if kind in seen:
            raise Invalid.field(
                f"/bankAccountDetails/{index}",
                f"There is another {account.value.type} account for {account.key}.",
            )
        seen.add(kind)


def _shown(tx: Tx, merchant: merchants.Merchant) -> MerchantOut:
    last = sequences.last(tx, merchant.id, sequences.INVOICE)
    return MerchantOut.model_validate(
        {
            **merchant.details,
            "id": merchant.id,
            "sequenceAccountId": merchant.id,
            "lastInvoiceNumber": last,
            "lastCreditNoteNumber": 0,
        }
    )
