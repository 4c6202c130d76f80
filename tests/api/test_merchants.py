"""The seller is there from the start, can be described, and is printed as described."""

import base64
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.store import merchants
from catchment.store.access import Workspace
from catchment.store.engine import reading
from tests.api.catalogue import changed, made, refusal

PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n rest").decode()
SVG = (
    "data:image/svg+xml;base64,"
    + base64.b64encode(b"\n<svg xmlns='http://www.w3.org/2000/svg'/>").decode()
)
BODY: dict[str, Any] = {
    "invoiceNumberPrefix": "NYA",
    "creditNoteNumberPrefix": "NYC",
    "legalCompanyName": "Port Authority",
    "address": {
        "line1": "4 World Trade Center",
        "town": "New York",
        "state": "NY",
        "postcode": "10007",
        "country": "US",
    },
    "email": "billing@airports.example",
    "defaultDueDateDays": 14,
}
ACH = {
    "accountNumber": "0001234567",
    "accountName": "Port Authority",
    "bankName": "Bank",
    "bankRoutingNumber": "021999996",
}
BANK_ADDRESS = {
    "line1": "1 Wall St",
    "town": "New York",
    "state": "NY",
    "postcode": "10005",
    "country": "US",
}
ACCOUNTS = [
    {"key": "USD", "value": {"type": "US_ACH", "usAchDestination": ACH}},
    {
        "key": "USD",
        "value": {
            "type": "US_WIRE",
            "usWireDestination": {**ACH, "swiftCode": "CHASUS33", "bankAddress": BANK_ADDRESS},
        },
    },
    {"key": "EUR", "value": {"type": "IBAN", "iban": "DE89370400440532013000"}},
    {
        "key": "GBP",
        "value": {
            "type": "UK_BANK_ACCOUNT",
            "ukBankAccount": {"sortCode": "12-34-56", "accountNumber": "12345678"},
        },
    },
    {
        "key": "CAD",
        "value": {
            "type": "CA_BANK_ACCOUNT",
            "canadianBankAccount": {
                "transitNumber": "12345",
                "institutionNumber": "001",
                "accountNumber": "1234567",
            },
        },
    },
    {
        "key": "CHF",
        "value": {
            "type": "CA_INTERNATIONAL",
            "canadianInternationalDestination": {
                "legalName": "Port Authority",
                "accountNumber": "1234567",
                "transitNumber": "12345",
                "bankName": "Bank",
                "bankAddress": BANK_ADDRESS,
                "institutionNumber": "001",
                "swiftCode": "ROYCCAT2",
            },
        },
    },
    {
        "key": "AUD",
        "value": {
            "type": "AUSTRALIAN",
            "australianDestination": {
                "legalName": "Port",
                "accountNumber": "1234567",
                "swiftCode": "CTBAAU2S",
                "bsb": "062-000",
            },
        },
    },
    {
        "key": "SEK",
        "value": {
            "type": "SWEDISH_BANKGIRO",
            "swedishBankgiroDestination": {"bankgiroNumber": "5050-1055", "accountName": "Port"},
        },
    },
]


def url(client: TestClient) -> str:
    return f"/merchants/{made(client.get('/merchant-for-sequence-account'))['id']}"


def test_there_is_a_seller_from_the_start(client: TestClient, workspace: Workspace) -> None:
    first = made(client.get("/merchant-for-sequence-account"))

    assert first == {
        "id": workspace.id,
        "sequenceAccountId": workspace.id,
        "invoiceNumberPrefix": "SEQ",
        "creditNoteNumberPrefix": "SCN",
        "legalCompanyName": "Test Ltd",
        "address": {"line1": "", "town": "", "postcode": "", "country": ""},
        "email": "",
        "defaultDueDateDays": 30,
        "lastInvoiceNumber": 0,
        "lastCreditNoteNumber": 0,
        "bankAccountDetails": [],
        "manualNumbering": False,
        "customerPortalEnabled": False,
        "includeBeneficiaryAddressInPaymentDetails": False,
    }


def test_the_seller_is_described_and_what_is_left_out_stays(client: TestClient) -> None:
    more = {
        "phoneNumber": "+1 212",
        "taxId": "EIN 1",
        "logoUrl": PNG,
        "primaryColour": "#1F4E79",
        "bankAccountDetails": ACCOUNTS,
    }

    full = made(client.put(url(client), json={**BODY, **more}))
    short = made(client.put(url(client), json=BODY))
    emptied = made(
        client.put(
            url(client), json={**BODY, "logoUrl": None, "taxId": "", "bankAccountDetails": []}
        )
    )
    echoed = made(client.put(url(client), json={**emptied, "lastInvoiceNumber": 99}))

    assert {k: full[k] for k in BODY | more} == {**BODY, **more, "primaryColour": "#1f4e79"}
    assert short == full
    assert ("logoUrl" in emptied, "taxId" in emptied, emptied["bankAccountDetails"]) == (
        False,
        False,
        [],
    )
    assert emptied["phoneNumber"] == "+1 212"
    assert echoed == emptied == made(client.get("/merchant-for-sequence-account"))


def test_documents_show_the_accounts_of_their_currency(
    client: TestClient, engine: Engine, workspace: Workspace
) -> None:
    made(client.put(url(client), json={**BODY, "bankAccountDetails": ACCOUNTS, "logoUrl": SVG}))

    with reading(engine) as tx:
        seller = merchants.get(tx, workspace.id)
    shown = {
        currency: merchants.printed(seller, currency) for currency in ("USD", "EUR", "JPY", "SEK")
    }

    assert shown["JPY"] == {
        "legalCompanyName": "Port Authority",
        "address": BODY["address"],
        "email": "billing@airports.example",
        "logoUrl": SVG,
        "customFields": [],
        "includeBeneficiaryAddressInPaymentDetails": False,
    }
    assert shown["EUR"] == {**shown["JPY"], "iban": "DE89370400440532013000"}
    assert shown["USD"]["usAchDetails"] == ACH
    assert shown["USD"]["usWireDetails"]["swiftCode"] == "CHASUS33"
    assert shown["SEK"]["swedishBankgiroDestination"]["bankgiroNumber"] == "5050-1055"
    assert (merchants.default_due_days(seller), merchants.invoice_prefix(seller)) == (14, "NYA")


def iban(text: str) -> dict[str, Any]:
    return {"key": "EUR", "value": {"type": "IBAN", "iban": text}}


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        *((f"/{name}", ..., f"/{name}") for name in BODY),
        ("/invoiceNumberPrefix", "", "/invoiceNumberPrefix"),
        ("/invoiceNumberPrefix", "a b", "/invoiceNumberPrefix"),
        ("/invoiceNumberPrefix", "X" * 21, "/invoiceNumberPrefix"),
        ("/email", "nobody", "/email"),
        ("/defaultDueDateDays", -1, "/defaultDueDateDays"),
        ("/defaultDueDateDays", 366, "/defaultDueDateDays"),
        ("/defaultDueDateDays", "30", "/defaultDueDateDays"),
        ("/address/state", ..., "/address"),
        ("/address/state", "ZZ", "/address"),
        ("/address/country", "UK", "/address/country"),
        ("/primaryColour", "blue", "/primaryColour"),
        ("/logoUrl", "https://example.com/logo.png", "/logoUrl"),
        ("/logoUrl", "data:image/gif;base64,R0lGODlh", "/logoUrl"),
        ("/logoUrl", PNG.replace("png", "jpeg"), "/logoUrl"),
        ("/logoUrl", "data:image/png;base64,AAA", "/logoUrl"),
        (
            "/logoUrl",
            "data:image/png;base64,"
            + base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 300_000).decode(),
            "/logoUrl",
        ),
        ("/nickname", "PA", "/nickname"),
        (
            "/bankAccountDetails",
            [iban("DE89370400440532013001")],
            "/bankAccountDetails/0/value/iban",
        ),
        ("/bankAccountDetails", [iban("ÄÖ89")], "/bankAccountDetails/0/value/iban"),
        (
            "/bankAccountDetails",
            [{"key": "XXX", "value": ACCOUNTS[2]["value"]}],
            "/bankAccountDetails/0/key",
        ),
        (
            "/bankAccountDetails",
            [{"key": "USD", "value": {"type": "US_ACH"}}],
            "/bankAccountDetails/0/value",
        ),
        (
            "/bankAccountDetails",
            [{"key": "USD", "value": {"type": "CASH"}}],
            "/bankAccountDetails/0/value/type",
        ),
        ("/bankAccountDetails", [ACCOUNTS[2], ACCOUNTS[2]], "/bankAccountDetails/1"),
        (
            "/bankAccountDetails",
            [
                {
                    "key": "USD",
                    "value": {
                        "type": "US_ACH",
                        "usAchDestination": {**ACH, "bankRoutingNumber": "1"},
                    },
                }
            ],
            "/bankAccountDetails/0/value/usAchDestination/bankRoutingNumber",
        ),
        (
            "/bankAccountDetails",
            [
                {
                    "key": "AUD",
                    "value": {
                        "type": "AUSTRALIAN",
                        "australianDestination": {
                            "legalName": "P",
                            "accountNumber": "1234567",
                            "swiftCode": "no",
                            "bsb": "062-000",
                        },
                    },
                }
            ],
            "/bankAccountDetails/0/value/australianDestination/swiftCode",
        ),
    ],
)
def test_a_bad_seller_is_refused_naming_the_field(
    client: TestClient, path: str, value: Any, pointer: str
) -> None:
    body = changed(BODY, path, value)

    assert refusal(client.put(url(client), json=body)) == (400, "invalid", [pointer])


@pytest.mark.parametrize("name", ["manualNumbering", "customerPortalEnabled"])
def test_what_is_not_built_is_refused(client: TestClient, name: str) -> None:
    expected = (400, "not_supported_yet", [f"/{name}"])

    assert refusal(client.put(url(client), json={**BODY, name: True})) == expected


def test_another_workspace_has_a_seller_of_its_own(
    client: TestClient, stranger: TestClient
) -> None:
    mine = url(client)

    assert stranger.put(mine, json=BODY).status_code == 404
    made(client.put(mine, json=BODY))
    assert (
        made(stranger.get("/merchant-for-sequence-account"))["legalCompanyName"] == "Somebody else"
    )
