"""Invoices over the API: read, filter, finalise, void, recalculate, delete, download."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader

from catchment import ids
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from tests.conftest import Clock
from tests.flows.books import GRADUATED, NOW, Books, fixed, linear

NOBODY = "0198b2c9-5f41-7c3d-8a52-0f4f5e0c9a11"
INVOICE_FIELDS = {
    "id",
    "sequenceAccountId",
    "billingScheduleId",
    "status",
    "currency",
    "dueDateSource",
    "paymentTermDays",
    "customerId",
    "customerLegalCompanyName",
    "customerBillingAddress",
    "customerShippingAddress",
    "customerEmails",
    "customerTaxStatus",
    "isCustomerArchived",
    "billingPeriod",
    "accountingDate",
    "netTotal",
    "totalTax",
    "grossTotal",
    "paymentStatus",
    "metadata",
    "calculatedAt",
    "createdAt",
    "updatedAt",
    "creditNoteIds",
    "linkedServices",
    "renderSettings",
    "attachmentAssets",
    "integrationPaymentStatuses",
    "appliedCreditNotes",
    "appliedCreditGrants",
    "projectedCreditGrants",
    "paymentAllocations",
}


def bill(books: Books, as_of: str = "2026-03-10") -> list[str]:
    result = bill_workspace(
        books.engine,
        books.usage,
        books.workspace,
        as_of=date.fromisoformat(as_of),
        now=NOW,
        new_id=ids.new_id,
    )
    assert result.failures == ()
    return [invoice.id for invoice in result.drafted]


@pytest.fixture
def family(books: Books) -> dict[str, str]:
    """A parent billed for January, when three of its family used 125 together."""
    made = {"parent": books.customer("Parent")}
    for name in ("North", "South"):
        made[name] = books.customer(name, made["parent"])
    made["metric"] = books.metric("calls")
    made["schedule"] = books.schedule(
        made["parent"],
        books.price(GRADUATED, made["metric"]),
        roll_up_billing=True,
        purchase_order_number="PO-77",
        default_due_date_days=14,
    )
    books.write()
    books.used(
        (made["South"], "calls", "2026-01-05", "65"), (made["North"], "calls", "2026-01-05", "60")
    )
    [made["invoice"]] = bill(books, "2026-02-01")
    return made


def test_an_invoice_has_the_fields_of_its_specification(client: TestClient, family) -> None:
    body = client.get(f"/invoices/{family['invoice']}").json()

    assert set(body) == INVOICE_FIELDS | {"purchaseOrderNumber", "billingRunId"}
    assert body["netTotal"] == body["grossTotal"] == "188.75"
    assert body["totalTax"] == "0.00"
    assert body["status"] == "DRAFT"
    assert body["billingPeriod"] == {"start": "2026-01-01", "endInclusive": "2026-01-31"}
    assert body["createdAt"] == "2026-03-10T09:30:00.000Z"
    assert body["customerBillingAddress"] == {
        "line1": "1 Quay St",
        "town": "Leeds",
        "postcode": "LS1 1AA",
        "country": "GB",
    }


def test_lines_are_explained_by_their_segments(client: TestClient, family) -> None:
    page = client.get(f"/invoices/{family['invoice']}/line-items").json()
    groups = client.get(f"/invoices/{family['invoice']}/line-item-groups").json()

    [line] = page["items"]
    [group] = groups["items"]
    assert page["pagination"] == {"totalResultSize": 1}
    assert (line["quantity"], line["rate"], line["netTotal"]) == ("125", "1.51", "188.75")
    assert line["segments"] == [
        {"quantity": "100", "rate": "1", "fee": "20", "amount": "120", "from": "0", "to": "100"},
        {"quantity": "25", "rate": "0.75", "fee": "50", "amount": "68.75", "from": "100"},
    ]
    assert line["servicePeriod"] == {"startDate": "2026-01-01", "endDate": "2026-01-31"}
    assert (line["servicePeriodStart"], line["servicePeriodEnd"]) == ("2026-01-01", "2026-01-31")
    assert (line["rateDisplay"], line["taxRate"], line["externalIds"]) == ("ABSOLUTE", "0", [])
    assert (line["groupId"], group["title"], group["netTotal"]) == (
        group["id"],
        "Platform",
        "188.75",
    )


def test_the_breakdown_names_who_used_what_and_is_paged(client: TestClient, family) -> None:
    address = f"/invoices/{family['invoice']}/usage-item-groups"
    first = client.get(address, params={"limit": 1}).json()
    second = client.get(address, params={"limit": 1, "after": first["pagination"]["after"]}).json()

    [north], [south] = first["items"], second["items"]
    assert first["pagination"]["totalResultSize"] == 2
    assert "after" not in second["pagination"]
    assert (north["title"], north["depth"]) == ("North", 1)
    assert north["path"] == [family["parent"], family["North"]]
    assert north["pathNames"] == ["Parent", "North"]
    [item] = north["items"]
    assert item == {
        "id": item["id"],
        "invoiceId": family["invoice"],
        "title": "calls",
        "value": "60",
        "unit": "calls",
        "groupedValues": [],
        "lineItemGroupId": item["lineItemGroupId"],
        "usageItemGroupId": north["id"],
        "usageMetricId": family["metric"],
    }
    assert south["items"][0]["value"] == "65"
    assert first["notes"] == []


def test_the_breakdown_says_where_members_do_not_add_up(client: TestClient, books: Books) -> None:
    parent = books.customer("Parent")
    children = [books.customer(name, parent) for name in "AB"]
    users = books.metric("users", "UNIQUE")
    books.schedule(parent, books.price(linear("1"), users), roll_up_billing=True)
    books.write()
    for child, seen in zip(children, ("12", "23"), strict=True):
        books.used(*((child, "users", "2026-01-05", user) for user in seen))
    [invoice] = bill(books, "2026-02-01")

    page = client.get(f"/invoices/{invoice}/usage-item-groups").json()

    assert client.get(f"/invoices/{invoice}").json()["netTotal"] == "3.00"
    assert [item["items"][0]["value"] for item in page["items"]] == ["2", "2"]
    assert page["notes"] == [
        (
            "users: what several customers have in common is billed once, so 3 is billed; "
            "the customers' own figures add up to 4."
        )
    ]


def test_finalising_numbers_dates_and_freezes(client: TestClient, family, books: Books) -> None:
    answer = client.post(f"/invoices/{family['invoice']}/finalize")

    body = answer.json()
    assert answer.status_code == 200
    assert (body["status"], body["invoiceNumber"]) == ("FINAL", "SEQ-00001")
    assert (body["issueDate"], body["dueDate"]) == ("2026-03-10", "2026-03-24")
    assert body["balance"] == "188.75"
    assert body["merchantDetails"]["legalCompanyName"] == "Test Ltd"
    for path in ("finalize", "recalculate"):
        refused = client.post(f"/invoices/{family['invoice']}/{path}")
        assert (refused.status_code, refused.json()["code"]) == (409, "invoice_not_draft")
    refused = client.delete(f"/invoices/{family['invoice']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "invoice_not_draft")
    assert client.get(f"/invoices/{family['invoice']}").json() == body


def test_voiding_keeps_the_document_and_frees_its_period(client: TestClient, family, books) -> None:
    client.post(f"/invoices/{family['invoice']}/finalize")

    body = client.post(f"/invoices/{family['invoice']}/void").json()

    assert (body["status"], body["invoiceNumber"]) == ("VOIDED", "SEQ-00001")
    assert "balance" not in body
    again = client.post(f"/invoices/{family['invoice']}/void")
    assert (again.status_code, again.json()["code"]) == (409, "invoice_voided")
    [draft] = bill(books, "2026-02-01")
    assert draft != family["invoice"]
    assert client.get("/invoices").json()["pagination"]["totalResultSize"] == 2


def test_a_void_draft_is_numbered_so_that_no_number_lacks_a_document(client, family) -> None:
    body = client.post(f"/invoices/{family['invoice']}/void").json()

    assert (body["status"], body["invoiceNumber"]) == ("VOIDED", "SEQ-00001")
    assert body["issueDate"] == "2026-03-10"


def test_deleting_answers_the_draft_and_leaves_nothing(client: TestClient, family) -> None:
    answer = client.delete(f"/invoices/{family['invoice']}")

    assert (answer.status_code, answer.json()["status"]) == (200, "DRAFT")
    for path in ("", "/line-items", "/line-item-groups", "/usage-item-groups", "/download"):
        assert client.get(f"/invoices/{family['invoice']}{path}").status_code == 404, path
    assert client.get("/invoices").json()["items"] == []


def test_recalculating_takes_what_came_late(
    client: TestClient, family, books, clock: Clock
) -> None:
    books.used((family["South"], "calls", "2026-01-31", "100"))
    clock.set("2026-03-11T08:00:00")

    body = client.post(f"/invoices/{family['invoice']}/recalculate").json()

    assert (body["id"], body["netTotal"]) == (family["invoice"], "263.75")
    assert body["calculatedAt"] == "2026-03-11T08:00:00.000Z"
    assert body["createdAt"] == "2026-03-10T09:30:00.000Z"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_unknown_and_foreign_invoices_are_not_found(
    client: TestClient, stranger: TestClient, family, method: str
) -> None:
    assert client.request(method, f"/invoices/{NOBODY}").status_code == 404
    assert client.request(method, "/invoices/nonsense").status_code == 404
    assert stranger.request(method, f"/invoices/{family['invoice']}").status_code == 404
    for path in ("finalize", "void", "recalculate"):
        assert stranger.post(f"/invoices/{family['invoice']}/{path}").status_code == 404
    for path in ("line-items", "line-item-groups", "usage-item-groups", "download"):
        assert stranger.get(f"/invoices/{family['invoice']}/{path}").status_code == 404
    assert stranger.get("/invoices").json()["items"] == []


def test_a_finalised_pdf_is_the_same_bytes_ever_after(client: TestClient, family, clock) -> None:
    draft = client.get(f"/invoices/{family['invoice']}/download")
    client.post(f"/invoices/{family['invoice']}/finalize")

    first = client.get(f"/invoices/{family['invoice']}/download")
    clock.set("2027-01-01")
    later = client.get(f"/invoices/{family['invoice']}/download")

    assert draft.headers["content-type"] == "application/pdf"
    assert draft.headers["content-disposition"] == 'inline; filename="draft.pdf"'
    assert first.headers["content-disposition"] == 'inline; filename="SEQ-00001.pdf"'
    assert first.content.startswith(b"%PDF-")
    assert first.content == later.content != draft.content


def test_a_void_pdf_says_so(client: TestClient, family) -> None:
    client.post(f"/invoices/{family['invoice']}/finalize")
    before = client.get(f"/invoices/{family['invoice']}/download").content
    client.post(f"/invoices/{family['invoice']}/void")

    after = client.get(f"/invoices/{family['invoice']}/download").content

    pages = PdfReader(io.BytesIO(after)).pages
    assert "VOID" in pages[0].extract_text()
    assert "VOID" not in PdfReader(io.BytesIO(before)).pages[0].extract_text()
    told = "\n".join(page.extract_text() for page in pages)
    for words in ("SEQ-00001", "Parent", "North", "60", "188.75", "PO-77"):
        assert words in told, words


@pytest.fixture
def several(client: TestClient, books: Books) -> dict[str, dict[str, Any]]:
    """Invoices in every state and two currencies, by name."""
    for name, price, currency, more in (
        ("Alpha", "10", "USD", {"purchase_order_number": "PO-9"}),
        ("Beta", "500", "JPY", {"reference": "Ref_1"}),
        ("Gamma", "30", "USD", {"default_due_date_days": 1}),
        ("Delta", "0", "USD", {}),
    ):
        customer = books.customer(name)
        books.schedule(
            customer,
            books.price(fixed(price), currency=currency),
            start=date(2026, 2, 1),
            **more,
        )
    unused = books.customer("Epsilon")
    books.schedule(unused, books.price(linear("1"), books.metric("calls")), start=date(2026, 2, 1))
    books.write()
    bill(books, "2026-03-01")
    items = client.get("/invoices").json()["items"]
    made = {item["customerLegalCompanyName"]: item for item in items}
    client.post(f"/invoices/{made['Alpha']['id']}/finalize")
    client.post(f"/invoices/{made['Beta']['id']}/finalize")
    client.post(f"/invoices/{made['Beta']['id']}/void")
    client.post(f"/invoices/{made['Gamma']['id']}/finalize")
    return made


A, B, G, DE, E = "Alpha", "Beta", "Gamma", "Delta", "Epsilon"
FILTERS: list[tuple[dict[str, str], set[str]]] = [
    ({}, {A, B, G, DE, E}),
    ({"invoiceStatus": "FINAL"}, {A, G}),
    ({"invoiceStatus": "FINAL, VOIDED"}, {A, B, G}),
    ({"excludeInvoiceStatus": "DRAFT,VOIDED"}, {A, G}),
    ({"invoicePaymentStatus": "UNPAID"}, {A, B, G, DE, E}),
    ({"excludeInvoicePaymentStatus": "UNPAID"}, set()),
    ({"invoiceCurrency": "JPY"}, {B}),
    ({"excludeInvoiceCurrency": "JPY"}, {A, G, DE, E}),
    ({"invoiceNumber": "SEQ-00001"}, {A}),
    ({"excludeInvoiceNumber": "SEQ-00001"}, {B, G, DE, E}),
    ({"netTotal": "500"}, {B}),
    ({"netTotal": "10.00,30"}, {A, G}),
    ({"netTotal": "10.001"}, set()),
    ({"excludeNetTotal": "0"}, {A, B, G}),
    ({"excludeZeroQuantity": "true"}, {A, B, G, DE}),
    ({"search": "alph"}, {A}),
    ({"search": "seq-00002"}, {B}),
    ({"search": "po-9"}, {A}),
    ({"search": "ref_1"}, {B}),
    ({"search": "%"}, set()),
    ({"dueBefore": "2026-03-12"}, {G}),
    ({"dueAfter": "2026-03-11"}, {A, B}),
    ({"invoiceAfter": "2026-03-09"}, {A, B, G}),
    ({"invoiceBefore": "2026-03-10"}, {DE, E}),
    ({"sentAfter": "2026-01-01"}, set()),
    ({"customerId": NOBODY}, set()),
    ({"billingScheduleId": NOBODY}, set()),
    ({"excludeCustomerId": NOBODY}, {A, B, G, DE, E}),
]


def test_every_filter_of_the_list(client: TestClient, several) -> None:
    for query, expected in FILTERS:
        answer = client.get("/invoices", params=query)
        assert answer.status_code == 200, (query, answer.text)
        found = {item["customerLegalCompanyName"] for item in answer.json()["items"]}
        assert found == expected, query
        assert answer.json()["pagination"]["totalResultSize"] == len(expected), query
    for name, invoice in several.items():
        for key, wire in (("customerId", "CustomerId"), ("billingScheduleId", "BillingScheduleId")):
            query = {key: invoice[key]}
            assert [i["id"] for i in client.get("/invoices", params=query).json()["items"]] == [
                invoice["id"]
            ], name
            query = {f"exclude{wire}": invoice[key]}
            assert len(client.get("/invoices", params=query).json()["items"]) == 4


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("CUSTOMER_LEGAL_COMPANY_NAME", [A, B, DE, E, G]),
        ("GROSS_TOTAL", [DE, E, A, G, B]),
        ("DUE_DATE", [G, A, B, DE, E]),
        ("ISSUE_DATE", [A, B, G, DE, E]),
        ("ACCOUNTING_DATE", [A, B, G, DE, E]),
    ],
)
def test_every_order_of_the_list_and_its_pages(
    client: TestClient, several, sort: str, expected: list[str]
) -> None:
    def page(**query: str) -> dict[str, Any]:
        found = client.get("/invoices", params={"sortBy": sort, "limit": "2", **query})
        assert found.status_code == 200, found.text
        return found.json()

    for order, wanted in (("ASC", expected), ("DESC", expected[::-1])):
        names: list[str] = []
        at: dict[str, str] = {}
        while True:
            body = page(sortOrder=order, **at)
            names += [item["customerLegalCompanyName"] for item in body["items"]]
            if "after" not in body["pagination"]:
                break
            at = {"after": body["pagination"]["after"]}
        if sort in {"ISSUE_DATE", "ACCOUNTING_DATE", "GROSS_TOTAL", "DUE_DATE"}:
            # Those of one day stand by id, which is not by name.
            assert sorted(names) == sorted(wanted)
        else:
            assert names == wanted


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"invoiceStatus": "PAID"}, "?invoiceStatus"),
        ({"excludeInvoicePaymentStatus": "DRAFT"}, "?excludeInvoicePaymentStatus"),
        ({"invoiceCurrency": "usd"}, "?invoiceCurrency"),
        ({"netTotal": "ten"}, "?netTotal"),
        ({"dueBefore": "2026-02-30"}, "?dueBefore"),
        ({"sortBy": "NAME"}, "?sortBy"),
        ({"sortOrder": "UP"}, "?sortOrder"),
        ({"limit": "0"}, "?limit"),
        ({"after": "x"}, "?after"),
        ({"excludeZeroQuantity": "perhaps"}, "?excludeZeroQuantity"),
    ],
)
def test_a_bad_query_names_the_parameter(client: TestClient, query, pointer: str) -> None:
    answer = client.get("/invoices", params=query)

    assert answer.status_code == 400, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_what_this_version_lacks_is_absent(client: TestClient, family) -> None:
    for method, path in (
        ("POST", ""),
        ("PUT", "/{}"),
        ("POST", "/{}/send"),
        ("POST", "/{}/finalize-and-send"),
    ):
        answer = client.request(method, f"/invoices{path.format(family['invoice'])}", json={})
        assert answer.status_code in {404, 405}, (method, path)
