"""The seller: one merchant a workspace, there from the start, called by the workspace's own id.

``details`` has the shape the API shows, less ids and counters. Until the seller is described it
holds ``DEFAULTS`` and the workspace's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, insert, select, update

from catchment.core.values.errors import NotFound
from catchment.store.schema import merchants, workspaces

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "invoiceNumberPrefix": "SEQ",
        "creditNoteNumberPrefix": "SCN",
        "address": {"line1": "", "town": "", "postcode": "", "country": ""},
        "email": "",
        "defaultDueDateDays": 30,
        "bankAccountDetails": [],
        "manualNumbering": False,
        "customerPortalEnabled": False,
        "includeBeneficiaryAddressInPaymentDetails": False,
    }
)
DESTINATIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "IBAN": ("iban", "iban"),
        "UK_BANK_ACCOUNT": ("ukBankAccount", "ukAccountDetails"),
        "US_ACH": ("usAchDestination", "usAchDetails"),
        "US_WIRE": ("usWireDestination", "usWireDetails"),
        "CA_BANK_ACCOUNT": ("canadianBankAccount", "caBankAccountDetails"),
        "CA_INTERNATIONAL": (
            "canadianInternationalDestination",
            "canadianInternationalDestination",
        ),
        "AUSTRALIAN": ("australianDestination", "australianDestination"),
        "SWEDISH_BANKGIRO": ("swedishBankgiroDestination", "swedishBankgiroDestination"),
    }
)
"""What a bank destination of each type is called on the merchant, and on documents."""

_PRINTED = (
    "address",
    "phoneNumber",
    "email",
    "taxId",
    "logoUrl",
    "legalCompanyName",
    "primaryColour",
    "includeBeneficiaryAddressInPaymentDetails",
)


@dataclass(frozen=True, slots=True)
class Merchant:
    """The seller; ``id`` is the workspace's."""

    id: str
    details: Mapping[str, Any]


def get(tx: Connection, workspace: str) -> Merchant:
    """The seller of a workspace, by default one that is called as the workspace is."""
    query = (
        select(workspaces.c.name, merchants.c.details)
        .join(merchants, merchants.c.workspace_id == workspaces.c.id, isouter=True)
        .where(workspaces.c.id == workspace)
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no workspace {workspace}.")
    return Merchant(workspace, {"legalCompanyName": row.name, **DEFAULTS, **(row.details or {})})


def save(tx: Connection, merchant: Merchant, at: datetime) -> None:
    """Replace what is known of the seller."""
    details = dict(merchant.details)
    change = update(merchants).where(merchants.c.workspace_id == merchant.id)
    if tx.execute(change.values(details=details, updated_at=at)).rowcount == 0:
        tx.execute(
            insert(merchants).values(
                id=merchant.id,
                workspace_id=merchant.id,
                details=details,
                created_at=at,
                updated_at=at,
            )
        )


def default_due_days(merchant: Merchant) -> int:
    """How many days after its issue an invoice is due, where nothing else is agreed."""
    return int(merchant.details["defaultDueDateDays"])


def invoice_prefix(merchant: Merchant) -> str:
    """What invoice numbers begin with."""
    return str(merchant.details["invoiceNumberPrefix"])


def printed(merchant: Merchant, currency: str, tax_id: str | None = None) -> dict[str, Any]:
    """The seller as a document in ``currency`` shows it (``InvoiceMerchantDetails``).

    ``tax_id`` is the one to print, None for the one that the seller is described with.
    """
    details = merchant.details if tax_id is None else {**merchant.details, "taxId": tax_id}
    shown: dict[str, Any] = {name: details[name] for name in _PRINTED if details.get(name)}
    shown |= {
        "address": details["address"],
        "email": details["email"],
        "customFields": [],
        "includeBeneficiaryAddressInPaymentDetails": bool(
            details["includeBeneficiaryAddressInPaymentDetails"]
        ),
    }
    for account in details["bankAccountDetails"]:
        if account["key"] == currency:
            inside, outside = DESTINATIONS[account["value"]["type"]]
            shown[outside] = account["value"][inside]
    return shown
