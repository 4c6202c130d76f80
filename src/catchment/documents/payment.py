"""Where to pay: the seller's bank destinations as the payer's bank asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from catchment.documents.address import address_lines
from catchment.documents.invoice import Fact, PaymentDetails

# Bank destinations of ``InvoiceMerchantDetails`` in the order printed: what each is called, and its
# facts. An IBAN is a bare text there, all others are objects.
_DESTINATIONS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "iban": ("Bank transfer", {"iban": "IBAN"}),
    "ukAccountDetails": (
        "UK bank transfer",
        {"sortCode": "Sort code", "accountNumber": "Account number"},
    ),
    "usAchDetails": (
        "US bank transfer (ACH)",
        {
            "accountName": "Account name",
            "accountNumber": "Account number",
            "bankRoutingNumber": "Routing number",
            "bankName": "Bank",
        },
    ),
    "usWireDetails": (
        "US wire transfer",
        {
            "accountName": "Account name",
            "accountNumber": "Account number",
            "bankRoutingNumber": "Routing number",
            "swiftCode": "SWIFT/BIC",
            "bankName": "Bank",
            "bankAddress": "Bank address",
        },
    ),
    "caBankAccountDetails": (
        "Canadian bank transfer",
        {
            "transitNumber": "Transit number",
            "institutionNumber": "Institution number",
            "accountNumber": "Account number",
        },
    ),
    "canadianInternationalDestination": (
        "International transfer to Canada",
        {
            "legalName": "Account name",
            "accountNumber": "Account number",
            "transitNumber": "Transit number",
            "institutionNumber": "Institution number",
            "swiftCode": "SWIFT/BIC",
            "bankName": "Bank",
            "bankAddress": "Bank address",
        },
    ),
    "australianDestination": (
        "Australian bank transfer",
        {
            "legalName": "Account name",
            "bsb": "BSB",
            "accountNumber": "Account number",
            "swiftCode": "SWIFT/BIC",
        },
    ),
    "swedishBankgiroDestination": (
        "Bankgiro",
        {"bankgiroNumber": "Bankgiro number", "accountName": "Account name"},
    ),
}
_INTERMEDIARY = {
    "bankName": "Intermediary bank",
    "swiftCode": "Its SWIFT/BIC",
    "routingNumber": "Its routing number",
    "bankAddress": "Its address",
}


def payment_details(
    merchant: Mapping[str, Any], reference: str | None = None
) -> tuple[PaymentDetails, ...]:
    """One entry for each bank destination of an ``InvoiceMerchantDetails``.

    ``reference`` is what the payer should quote, as a rule the invoice's number.
    """
    details = []
    for field, (title, labels) in _DESTINATIONS.items():
        if not (destination := merchant.get(field)):
            continue
        if isinstance(destination, str):
            destination = {field: _in_fours(destination)}
        facts = [*_facts(destination, labels)]
        facts += _facts(destination.get("intermediaryBank") or {}, _INTERMEDIARY)
        facts += _beneficiary(merchant)
        if reference:
            facts.append(Fact("Payment reference", reference))
        details.append(PaymentDetails(title, tuple(facts)))
    return tuple(details)


def _facts(destination: Mapping[str, Any], labels: Mapping[str, str]) -> Iterator[Fact]:
    for field, label in labels.items():
        match destination.get(field):
            case str() as text if text:
                yield Fact(label, text)
            case Mapping() as address:
                yield Fact(label, ", ".join(address_lines(address)))


def _beneficiary(merchant: Mapping[str, Any]) -> Iterator[Fact]:
    if merchant.get("includeBeneficiaryAddressInPaymentDetails"):
        lines = (merchant["legalCompanyName"], *address_lines(merchant["address"]))
        yield Fact("Beneficiary", "\n".join(lines))


def _in_fours(iban: str) -> str:
    """As ISO 13616 prints an IBAN: groups of four."""
    digits = "".join(iban.split())
    return "\u00a0".join(digits[i : i + 4] for i in range(0, len(digits), 4))
