from __future__ import annotations

from catchment.documents.invoice import Fact
from catchment.documents.payment import payment_details

HOME = {"line1": "14 Quayside", "town": "Bristol", "postcode": "BS1 4QA", "country": "GB"}


def shown(
    merchant: dict[str, object], reference: str | None = None
) -> dict[str, list[tuple[str, str]]]:
    return {
        way.title: [(fact.label, fact.value.replace("\u00a0", " ")) for fact in way.facts]
        for way in payment_details(merchant, reference)
    }


def test_a_merchant_without_bank_destinations_shows_none() -> None:
    assert payment_details({"legalCompanyName": "Harbour", "address": HOME}) == ()


def test_an_iban_is_printed_in_groups_of_four() -> None:
    assert shown({"iban": "DE893704 00440532013000"}) == {
        "Bank transfer": [("IBAN", "DE89 3704 0044 0532 0130 00")]
    }


def test_the_reference_closes_every_destination() -> None:
    merchant = {"iban": "X", "ukAccountDetails": {"sortCode": "20-00-00", "accountNumber": "5577"}}

    assert [way.facts[-1] for way in payment_details(merchant, "SEQ-1")] == [
        Fact("Payment reference", "SEQ-1")
    ] * 2


def test_every_destination_prints_the_facts_a_bank_asks_for() -> None:
    bank = {"line1": "1 Main", "town": "Reno", "state": "NV", "postcode": "89501", "country": "US"}
    merchant = {
        "usAchDetails": {
            "accountName": "Harbour", "accountNumber": "1", "bankName": "B", "bankRoutingNumber": "2",
        },
        "usWireDetails": {
            "accountName": "Harbour", "accountNumber": "1", "bankName": "B", "bankRoutingNumber": "2",
            "swiftCode": "S", "bankAddress": bank,
        },
        "caBankAccountDetails": {"transitNumber": "1", "institutionNumber": "2", "accountNumber": "3"},
        "canadianInternationalDestination": {
            "legalName": "Harbour", "accountNumber": "1", "transitNumber": "2", "institutionNumber": "3",
            "swiftCode": "S", "bankName": "B", "bankAddress": bank,
            "intermediaryBank": {"bankName": "I", "swiftCode": "T", "routingNumber": "9", "bankAddress": bank},
        },
        "australianDestination": {"legalName": "Harbour", "accountNumber": "1", "swiftCode": "S", "bsb": "2"},
        "swedishBankgiroDestination": {"bankgiroNumber": "1", "accountName": "Harbour"},
    }  # fmt: skip
    address = "1 Main, Reno, NV 89501, United States"

    assert shown(merchant) == {
        "US bank transfer (ACH)": [
            ("Account name", "Harbour"), ("Account number", "1"), ("Routing number", "2"), ("Bank", "B"),
        ],
        "US wire transfer": [
            ("Account name", "Harbour"), ("Account number", "1"), ("Routing number", "2"),
            ("SWIFT/BIC", "S"), ("Bank", "B"), ("Bank address", address),
        ],
        "Canadian bank transfer": [
            ("Transit number", "1"), ("Institution number", "2"), ("Account number", "3"),
        ],
        "International transfer to Canada": [
            ("Account name", "Harbour"), ("Account number", "1"), ("Transit number", "2"),
            ("Institution number", "3"), ("SWIFT/BIC", "S"), ("Bank", "B"), ("Bank address", address),
            ("Intermediary bank", "I"), ("Its SWIFT/BIC", "T"), ("Its routing number", "9"),
            ("Its address", address),
        ],
        "Australian bank transfer": [
            ("Account name", "Harbour"), ("BSB", "2"), ("Account number", "1"), ("SWIFT/BIC", "S"),
        ],
        "Bankgiro": [("Bankgiro number", "1"), ("Account name", "Harbour")],
    }  # fmt: skip


def test_the_beneficiary_is_named_when_the_merchant_wants_it() -> None:
    merchant = {
        "iban": "X",
        "legalCompanyName": "Harbour",
        "address": HOME,
        "includeBeneficiaryAddressInPaymentDetails": True,
    }

    assert shown(merchant)["Bank transfer"][-1] == (
        "Beneficiary",
        "Harbour\n14 Quayside\nBristol\nBS1 4QA\nUnited Kingdom",
    )
