"""Children with prices of their own, whose bills their group pays: months told through the public API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.store.access import Workspace
from catchment.store.engine import reading
from catchment.usage import UsageStore
from tests.conftest import Clock
from tests.documents.reading import pages
from tests.scenarios.seller import ADDRESS, Seller, fixed, linear


@pytest.fixture
def seller(
    client: TestClient, engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock
) -> Seller:
    clock.set("2026-01-01")
    return Seller(client, engine, usage, workspace, clock)


@dataclass
class Family:
    """A group with a fee of its own, and children that use calls at prices of their own."""

    seller: Seller
    calls: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    schedules: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.calls = self.seller.metric()

    def group(self, name: str, fee: str = "100", **more: Any) -> None:
        self.ids[name] = self.seller.customer(name)
        price = self.seller.price(fixed(fee), product=self.seller.product("Membership"))
        self.schedules[name] = self.seller.schedule(self.ids[name], price, **more)

    def child(self, name: str, parent: str, per_call: str, fee: str, **more: Any) -> None:
        self.ids[name] = self.seller.customer(name, self.ids[parent])
        self.start(name, per_call, fee, **more)

    def start(self, name: str, per_call: str, fee: str, **more: Any) -> None:
        product = self.seller.product()
        prices = (
            self.seller.price(linear(self.calls, per_call), product=product),
            self.seller.price(fixed(fee), product=product),
        )
        more = {"billTo": "PARENT"} | more
        self.schedules[name] = self.seller.schedule(self.ids[name], *prices, **more)

    def move(self, name: str, parent: str | None, at: str) -> Any:
        body = {"parentId": parent and self.ids[parent], "effectiveFrom": f"{at}T00:00:00Z"}
        return self.seller.client.post(f"/customers/{self.ids[name]}/moves", json=body)

    def invoices(self) -> list[Any]:
        """Every invoice in force, by due day (the accounting date stands for it) and payer."""
        found = self.seller.get("/invoices", limit=100)["items"]
        live = [one for one in found if one["status"] != "VOIDED"]
        return sorted(live, key=lambda i: (i["accountingDate"], i["customerLegalCompanyName"]))

    def told(self, invoices: list[Any] | None = None) -> list[Any]:
        """(payer, whose schedule, {group's title: its net total})"""
        names = {id: name for name, id in self.schedules.items()}
        return [
            (i["customerLegalCompanyName"], names[i["billingScheduleId"]], self.titles(i))
            for i in (self.invoices() if invoices is None else invoices)
        ]

    def titles(self, invoice: Any) -> dict[str, str]:
        groups = self.seller.get(f"/invoices/{invoice['id']}/line-item-groups", limit=100)["items"]
        return {group["title"]: group["netTotal"] for group in groups}

    def finalise(self) -> None:
        for one in self.invoices():
            if one["status"] == "DRAFT":
                self.seller.post(f"/invoices/{one['id']}/finalize")

    def differences(self) -> list[Any]:
        with reading(self.seller.engine) as tx:
            found = verify_invoices(tx, self.seller.usage, self.seller.workspace)
            return [one.difference for one in found if one.difference is not None]


@pytest.fixture
def family(seller: Seller) -> Family:
    made = Family(seller)
    made.group("Group")
    made.child("South", "Group", "2", "20")
    made.child("North", "Group", "1", "10")
    seller.used((made.ids["North"], "2026-01-10", "5"), (made.ids["South"], "2026-01-10", "7"))
    return made


JANUARY = {"Membership": "100.00", "North · Platform": "15.00", "South · Platform": "34.00"}


def test_a_group_gets_one_invoice_with_its_children_s_lines_at_their_own_prices(
    seller: Seller, family: Family
) -> None:
    drafted = seller.run("2026-02-01")

    assert family.told(drafted) == [("Group", "Group", JANUARY)]
    [invoice] = drafted
    assert invoice["netTotal"] == "149.00"
    assert seller.breakdown(invoice) == {"North": ["5"], "South": ["7"]}
    assert seller.run("2026-02-01") == []


def test_every_share_statement_and_explanation_of_a_joined_line_is_its_child_s(
    seller: Seller, family: Family
) -> None:
    [invoice] = seller.run("2026-02-01")
    family.finalise()
    url, south = f"/invoices/{invoice['id']}", family.ids["South"]
    names = {id: name for name, id in family.ids.items()}

    shares = seller.get(f"{url}/allocations", limit=100)["items"]
    assert [(names[s["customerId"]], s["netTotal"]) for s in shares] == [
        ("Group", "100.00"), ("North", "5.00"), ("North", "10.00"), ("South", "14.00"), ("South", "20.00"),
    ]  # fmt: skip
    [statement] = seller.get(
        f"/customers/{south}/statements", **{"from": "2026-01-01", "to": "2026-12-31"}
    )["items"]
    assert (statement["invoiceId"], statement["netTotal"]) == (invoice["id"], "34.00")
    line = next(one for one in seller.lines(invoice) if one["netTotal"] == "14.00")
    why = seller.get(f"{url}/line-items/{line['id']}/explanation")
    [member] = why["usage"]["members"]["items"]
    assert (member["name"], member["depth"], member["path"]) == (
        "South",
        1,
        [family.ids["Group"], south],
    )
    assert len(member["parentLinkIds"]) == 1
    paper = "\n".join(pages(seller.client.get(f"{url}/download").content))
    for told in ("South · Platform", "14.00", "What each of 2 customers used."):
        assert told in paper, paper
    assert family.differences() == []


def test_every_share_of_a_joined_bill_is_explained_added_up_and_downloaded(
    seller: Seller, family: Family
) -> None:
    """One child pools its own family, the other has usage and a fee to itself."""
    family.ids["Region"] = seller.customer("Region", family.ids["Group"])
    family.ids["Shop"] = seller.customer("Shop", family.ids["Region"])
    family.start("Region", "3", "30", rollUpBilling=True)
    seller.used((family.ids["Shop"], "2026-01-11", "2"), (family.ids["Region"], "2026-01-11", "1"))
    [invoice] = seller.run("2026-02-01")
    family.finalise()
    url, year = f"/invoices/{invoice['id']}", {"from": "2026-01-01", "to": "2026-12-31"}

    shares = seller.get(f"{url}/allocations", limit=100)["items"]

    assert len(shares) == 8
    for share in shares:
        why = seller.get(
            f"{url}/line-items/{share['lineItemId']}/shares/{share['customerId']}/explanation"
        )
        assert (why["customerId"], why["netTotal"]) == (share["customerId"], share["netTotal"])
    totals = seller.get(f"{url}/explanation")
    assert [(group["title"], group["netTotal"]) for group in totals["groups"]] == [
        ("Membership", "100.00"),
        ("North · Platform", "15.00"),
        ("Region · Platform", "39.00"),
        ("South · Platform", "34.00"),
    ]
    branches = {"Group": "188.00", "North": "15.00", "Region": "39.00", "Shop": "6.00"}
    for name, net in branches.items():
        who = family.ids[name]
        branch = {"includeDescendants": True}
        [head] = seller.get(f"/customers/{who}/statements", **year, **branch)["items"]
        [spent] = seller.get(f"/customers/{who}/spend", **year)["items"]
        assert (head["netTotal"], spent["branch"]["netTotal"]) == (net, net), name
    table = seller.client.get(f"{url}/usage-item-groups/download", params={"format": "csv"})
    assert table.status_code == 200, table.text
    assert family.differences() == []


def test_a_child_started_late_bills_the_closed_month_apart_to_the_same_payer(
    seller: Seller, family: Family
) -> None:
    seller.run("2026-02-01")
    family.finalise()
    seller.clock.set("2026-02-10")

    family.child("West", "Group", "3", "30")

    late = [i for i in family.invoices() if i["status"] == "DRAFT"]
    assert family.told(late) == [("Group", "West", {"West · Platform": "30.00"})]
    seller.run("2026-03-01")
    assert family.told()[-1] == (
        "Group", "Group",
        {"Membership": "100.00", "North · Platform": "10.00", "South · Platform": "20.00", "West · Platform": "30.00"},
    )  # fmt: skip
    family.finalise()
    assert family.differences() == []


def test_a_child_that_moves_takes_its_lines_to_the_new_payer_s_draft(
    seller: Seller, family: Family
) -> None:
    family.group("Other", "50")
    seller.used((family.ids["South"], "2026-02-10", "4"))
    seller.run("2026-02-01")
    family.finalise()
    seller.run("2026-03-01")

    assert family.move("South", "Other", "2026-02-15").status_code == 201

    assert family.told()[2:] == [
        ("Group", "Group", {"Membership": "100.00", "North · Platform": "10.00"}),
        ("Other", "Other", {"Membership": "50.00", "South · Platform": "28.00"}),
    ]
    family.finalise()
    assert family.differences() == []


def test_a_move_that_a_finalised_invoice_forbids_is_refused_and_previewed(
    seller: Seller, family: Family
) -> None:
    family.group("Other", "50")
    seller.run("2026-02-01")
    family.finalise()

    refused = family.move("South", "Other", "2026-01-15")
    preview = family.seller.post(
        f"/customers/{family.ids['South']}/moves/preview",
        {"parentId": family.ids["Other"], "effectiveFrom": "2026-01-15T00:00:00Z"},
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "move_before_finalised")
    assert "SEQ-00001 of Group (up to 2026-02-01)" in refused.json()["detail"]
    assert preview["refusal"]["code"] == "move_before_finalised"
    assert family.move("South", "Other", "2026-02-02").status_code == 201


def test_the_preview_of_a_move_is_what_happens(seller: Seller, family: Family) -> None:
    family.group("Other", "50")
    seller.run("2026-02-01")
    body = {"parentId": family.ids["Other"], "effectiveFrom": "2026-01-15T00:00:00Z"}

    found = seller.post(f"/customers/{family.ids['South']}/moves/preview", body)

    changes = [
        (payer["name"], period["status"], period["before"], period["after"])
        for payer in found["payers"]
        for schedule in payer["schedules"]
        for period in schedule["periods"]
    ]
    assert ("Group", "DRAFT", "149.00", "115.00") in changes
    assert ("Other", "DRAFT", "50.00", "84.00") in changes
    assert seller.post(f"/customers/{family.ids['South']}/moves", body)
    assert [i["netTotal"] for i in family.invoices()] == ["115.00", "84.00"]


def test_whoever_starts_last_the_lines_end_where_they_belong(seller: Seller) -> None:
    family = Family(seller)
    family.ids["Group"] = seller.customer("Group")
    family.child("North", "Group", "1", "10")
    seller.run("2026-02-01")
    assert family.told() == [("North", "North", {"Platform": "10.00"})]

    price = seller.price(fixed("100"), product=seller.product("Membership"))
    family.schedules["Group"] = seller.schedule(family.ids["Group"], price)

    assert family.told() == [
        ("Group", "Group", {"Membership": "100.00", "North · Platform": "10.00"})
    ]
    seller.post(f"/billing-schedules/{family.schedules['Group']}/archive")
    assert family.told() == [
        ("Group", "Group", {"Membership": "100.00"}),
        ("North", "North", {"Platform": "10.00"}),
    ]


def test_a_void_frees_the_children_s_charges_too(seller: Seller, family: Family) -> None:
    [first] = seller.run("2026-02-01")
    family.finalise()
    seller.post(f"/invoices/{first['id']}/void")

    [again] = seller.run("2026-02-02")

    assert family.told([again]) == [("Group", "Group", JANUARY)]
    assert family.told() == [("Group", "Group", JANUARY)]


def test_a_child_that_pools_its_own_family_gives_its_group_the_line(seller: Seller) -> None:
    family = Family(seller)
    family.group("Group")
    family.ids["Region"] = seller.customer("Region", family.ids["Group"])
    family.ids["Shop"] = seller.customer("Shop", family.ids["Region"])
    family.start("Region", "2", "20", rollUpBilling=True)
    seller.used((family.ids["Shop"], "2026-01-10", "3"), (family.ids["Region"], "2026-01-10", "1"))

    [invoice] = seller.run("2026-02-01")

    assert family.titles(invoice) == {"Membership": "100.00", "Region · Platform": "28.00"}
    page = seller.get(f"/invoices/{invoice['id']}/usage-item-groups")["items"]
    assert [(g["title"], g["depth"], g["items"][0]["value"]) for g in page] == [
        ("Region", 1, "1"),
        ("Shop", 2, "3"),
    ]
    shares = seller.get(f"/invoices/{invoice['id']}/allocations", limit=100)["items"]
    assert [(len(s["path"]), s["netTotal"]) for s in shares] == [
        (1, "100.00"), (2, "2.00"), (2, "20.00"), (3, "6.00"),
    ]  # fmt: skip
    family.finalise()
    assert family.differences() == []


def test_a_finalised_line_keeps_the_name_that_its_child_had(seller: Seller, family: Family) -> None:
    [invoice] = seller.run("2026-02-01")
    family.finalise()
    url = f"/customers/{family.ids['South']}"
    contact = seller.get(url)["contacts"][0]
    contact = {key: contact[key] for key in ("name", "email", "billingPreference")}
    body = {
        "legalName": "Meridional",
        "address": ADDRESS,
        "taxStatus": "TAXED",
        "contacts": [contact],
    }
    assert seller.client.put(url, json=body).is_success

    assert family.titles(invoice) == JANUARY
    assert family.differences() == []


def test_who_is_billed_cannot_change_under_an_issued_invoice(
    seller: Seller, family: Family
) -> None:
    seller.run("2026-02-01")
    family.finalise()
    url = f"/billing-schedules/{family.schedules['South']}"
    schedule = seller.get(url)
    body = {
        "startDate": "2026-01-01", "taxRates": [], "autoIssueInvoices": False, "rollUpBilling": False,
        "phases": [{"startDate": "2026-01-01", "priceIds": schedule["phases"][0]["priceIds"]}],
    }  # fmt: skip

    kept = seller.client.put(url, json=body)
    refused = seller.client.put(url, json=body | {"billTo": "SELF"})

    assert (kept.status_code, kept.json()["billTo"]) == (200, "PARENT")
    assert (refused.status_code, refused.json()["code"]) == (409, "schedule_billed")
    assert refused.json()["errors"][0]["pointer"] == "/billTo"


def test_a_file_that_moves_a_child_follows_the_rules_of_moves(
    seller: Seller, family: Family
) -> None:
    family.group("Other", "50")
    seller.run("2026-02-01")
    ids = family.ids
    head = "customer,parent,effectiveFrom"

    def send(parent: str, day: str) -> Any:
        rows = f"{head}\n{ids['South']},{ids[parent]},{day}\n"
        kind = {"Content-Type": "text/csv"}
        return seller.client.post("/customers/import", content=rows, headers=kind)

    assert send("Other", "2026-01-15").status_code == 200
    assert family.told()[1] == (
        "Other", "Other", {"Membership": "50.00", "South · Platform": "34.00"},
    )  # fmt: skip
    family.finalise()
    refused = send("Group", "2026-01-20")

    assert refused.status_code == 400
    [row] = refused.json()["refused"]
    assert (row["row"], row["code"]) == (2, "move_before_finalised")
    assert "up to 2026-02-01" in row["message"]
