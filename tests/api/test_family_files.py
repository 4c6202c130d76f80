"""Families as CSV: imported all or nothing, exported with the same columns."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catchment.flows.families import import_families
from tests.api.kin import ADDRESS, create, create_id, move
from tests.conftest import Clock
from tests.flows.test_moves_and_invoices import Seller

HEADER = "customer,parent,effectiveFrom,legalName,email,contactName,line1,line2,town,state,postcode,country,taxStatus,label"
ROOT = "nw,,,Northwind Group,ap@northwind.test,Ada Poe,1 Quay St,,Leeds,,LS1 1AA,GB,,"
FAMILY = (ROOT, "uk,nw,,Northwind UK", "fr,nw,2026-02-01,Northwind France", "lyon,fr")


def text(*rows: str, header: str = HEADER) -> str:
    return "\n".join((header, *rows))


def send(client: TestClient, *rows: str, header: str = HEADER, **query: Any) -> Any:
    return client.post(
        "/customers/import",
        content=text(*rows, header=header).encode(),
        headers={"Content-Type": "text/csv"},
        params=query,
    )


def counts(answer: Any) -> tuple[int, int, int]:
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["refused"], told["refusedCount"]) == ([], 0), told
    return told["created"], told["moved"], told["unchanged"]


def refusals(answer: Any) -> list[tuple[int, str, str]]:
    """The rows, columns and codes of a refused import, which says so in two ways."""
    assert answer.status_code == 400, answer.text
    told = answer.json()
    assert told["code"] == "import_refused"
    assert told["refusedCount"] == len(told["refused"]) == len(told["errors"])
    return [(one["row"], one["column"], one["code"]) for one in told["refused"]]


def by_alias(client: TestClient, alias: str) -> dict[str, Any]:
    id = client.get(f"/customers/by-alias/{alias}").json()["id"]
    found: dict[str, Any] = client.get(f"/customers/{id}").json()
    return found


def exported(client: TestClient, **query: str) -> list[dict[str, str]]:
    answer = client.get("/customers/export", params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def places(client: TestClient, **query: str) -> dict[str, tuple[str, str]]:
    return {
        one["customer"]: (one["parent"], one["effectiveFrom"]) for one in exported(client, **query)
    }


def total(client: TestClient) -> int:
    count: int = client.get("/customers").json()["pagination"]["totalResultSize"]
    return count


@pytest.mark.parametrize("rows", [FAMILY, FAMILY[::-1]])
def test_a_family_in_any_order_is_made_and_made_once(
    client: TestClient, clock: Clock, rows: tuple[str, ...]
) -> None:
    first = send(client, *rows)
    clock.at += timedelta(days=1)
    again = send(client, *rows)

    assert (counts(first), counts(again)) == ((4, 0, 0), (0, 0, 4))
    assert first.json()["dryRun"] is False
    assert (first.json()["linksAdded"], again.json()["linksAdded"]) == (3, 0)
    assert places(client) == {
        "nw": ("", ""),
        "uk": ("nw", ""),
        "fr": ("nw", "2026-02-01"),
        "lyon": ("fr", ""),
    }


def test_new_customers_take_address_and_contacts_from_the_nearest_above_that_has_them(
    client: TestClient,
) -> None:
    send(client, "deep,lyon,,,,,,,,,,,REVERSE_CHARGED,far", *FAMILY)

    deep = by_alias(client, "deep")
    assert (deep["legalName"], deep["label"], deep["taxStatus"]) == (
        "deep",
        "far",
        "REVERSE_CHARGED",
    )
    assert deep["address"] == ADDRESS
    assert [(c["name"], c["email"], c["billingPreference"]) for c in deep["contacts"]] == [
        ("Ada Poe", "ap@northwind.test", "PRIMARY")
    ]
    assert deep["status"] == "ACTIVE"
    assert by_alias(client, "lyon")["organizations"][0]["owner"]["name"] == "lyon"


def test_a_new_customer_takes_them_from_a_parent_there_is(client: TestClient) -> None:
    parent = create_id(client, "Old")

    assert counts(send(client, f"child,{parent}")) == (1, 0, 0)

    child = by_alias(client, "child")
    assert (child["address"], child["parentId"]) == (ADDRESS, parent)
    assert child["contacts"][0]["email"] == "ap@northwind.example"


def test_the_rows_of_a_customer_are_its_history(client: TestClient) -> None:
    rows = (
        ROOT,
        "b,,,B,b@b.test,,1 B St,,Bonn,,53111,DE,,",
        "x,b,2026-03-01",
        "x,nw,2026-01-01",
        "x,,2026-02-01",
    )

    assert counts(send(client, *rows)) == (3, 0, 0)
    assert counts(send(client, *rows)) == (0, 0, 3)

    assert [
        places(client, asOf=f"{day}T12:00:00Z")["x"]
        for day in ("2025-12-31", "2026-01-31", "2026-02-01", "2026-03-01")
    ] == [
        ("", ""),
        ("nw", "2026-01-01"),
        ("", "2026-02-01"),
        ("b", "2026-03-01"),
    ]
    assert by_alias(client, "x")["address"]["town"] == "Bonn"


def test_known_customers_move_by_id_or_alias_and_keep_their_facts(client: TestClient) -> None:
    one = create(client, "One", customerAliases=["one"])
    two = create_id(client, "Two", parentId=one["id"])
    three = create_id(client, "Three")

    answer = send(client, f"{two},{three},2026-03-01,Renamed", "one,,", f"{three},,")

    assert counts(answer) == (0, 1, 2)
    assert (by_alias(client, two)["parentId"], by_alias(client, two)["legalName"]) == (three, "Two")
    (link,) = [
        one
        for one in client.get(f"/customers/{two}/parent-history").json()["items"]
        if one.get("parentId") == three
    ]
    assert link["effectiveFrom"] == "2026-03-01T00:00:00.000Z"


def test_without_a_date_a_known_customer_moves_from_now_on(
    client: TestClient, clock: Clock
) -> None:
    parent, child = create_id(client, "P"), create_id(client, "C")

    assert counts(send(client, f"{child},{parent}")) == (0, 1, 0)

    assert places(client, asOf="2026-03-10T09:29:59Z")[child] == ("", "")
    assert places(client)[child] == (parent, "2026-03-10T09:30:00Z")
    clock.set("2026-04-01")
    assert counts(send(client, f"{child},{parent}")) == (0, 0, 1)
    assert counts(send(client, f"{child},")) == (0, 1, 0)


def test_a_dry_run_says_the_same_and_changes_nothing(client: TestClient) -> None:
    tried = send(client, *FAMILY, dryRun=True)

    assert (counts(tried), tried.json()["dryRun"], total(client)) == ((4, 0, 0), True, 0)
    assert counts(send(client, *FAMILY)) == (4, 0, 0)


def test_one_bad_row_stops_all_and_a_dry_run_tells_it_too(client: TestClient) -> None:
    rows = (*FAMILY, "bad,nobody")

    tried, refused = send(client, *rows, dryRun=True), send(client, *rows)

    assert refusals(refused) == [(6, "parent", "not_found")]
    assert (tried.status_code, tried.json()["refused"]) == (200, refused.json()["refused"])
    assert refused.json()["errors"][0]["pointer"] == "/6/parent"
    assert total(client) == 0


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("nw,uk", "uk,nw"), [(2, "parent", "hierarchy_cycle")]),
        (("nw,lyon,2027-01-01",), [(2, "parent", "hierarchy_cycle")]),
        (("uk,uk",), [(2, "parent", "own_parent")]),
        (("uk,fr", "uk,nw"), [(3, "customer", "duplicate_row")]),
        (("uk,fr,2026-03-01", "uk,nw,2026-03-01"), [(3, "effectiveFrom", "duplicate_row")]),
        (("new,",), [(2, "email", "missing"), (2, "line1", "missing")]),
        (("new,nw,,,,Bob",), [(2, "email", "missing")]),
        (("new,nw,,,nobody",), [(2, "email", "invalid")]),
        (("new,nw,,,,,1 St",), [(2, "country", "missing"), (2, "town", "missing")]),
        (("new,nw,,,,,1 St,,Austin,,,US",), [(2, "state", "missing")]),
        (("new,nw,,,,,1 St,,Austin,ZZ,,US",), [(2, "state", "invalid")]),
        (("new,nw,,,,,1 St,,Bonn,TX,,DE",), [(2, "state", "invalid")]),
        (("new,nw,,,,,1 St,,Bonn,,,UK",), [(2, "country", "invalid")]),
        (("new,nw,,,,,1 St,,Bonn,," + "9" * 41 + ",DE",), [(2, "postcode", "invalid")]),
        (("new,nw,,,,,,,,,,,MAYBE",), [(2, "taxStatus", "invalid")]),
        (("new,nw,,A", "new,,2027-01-01,B"), [(3, "legalName", "conflicting_value")]),
        (("new,nw,," + "x" * 256,), [(2, "legalName", "invalid")]),
        (("uk,nw,soon", "child,uk,never"), [(2, "effectiveFrom", "invalid"), (3, "effectiveFrom", "invalid")]),
        (("middle,nw,never", "child,middle"), [(2, "effectiveFrom", "invalid")]),
    ],
)  # fmt: skip
def test_bad_rows_are_refused_by_row_and_column(
    client: TestClient, rows: tuple[str, ...], expected: list[tuple[int, str, str]]
) -> None:
    send(client, *FAMILY)

    answer = send(client, *rows)

    assert refusals(answer) == expected
    assert places(client)["uk"] == ("nw", "")


def test_parents_that_are_archived_or_drafts_are_refused_and_so_are_archived_customers(
    client: TestClient,
) -> None:
    gone, draft = create_id(client, "Gone"), create_id(client, "Draft", status="DRAFT")
    one = create_id(client, "One")
    client.post(f"/customers/{gone}/archive")

    answer = send(client, f"{one},{gone}", f"new,{draft}", f"{gone},{create_id(client)}")

    assert refusals(answer) == [
        (2, "parent", "parent_archived"),
        (3, "parent", "parent_draft"),
        (4, "customer", "customer_archived"),
    ]
    assert counts(send(client, f"{gone},")) == (0, 0, 1)


def test_families_deeper_than_64_levels_are_refused_also_together_with_what_is_there(
    client: TestClient,
) -> None:
    assert counts(
        send(client, ROOT, *(f"n{i},{'nw' if i == 1 else f'n{i - 1}'}" for i in range(1, 40)))
    ) == (40, 0, 0)
    above = ("t0,,,T,t@t.test,,1 St,,Bonn,,,DE", *(f"t{i},t{i - 1}" for i in range(1, 25)))

    deep = send(client, *above, "nw,t24")

    assert refusals(deep) == [(27, "parent", "hierarchy_too_deep")]
    assert counts(send(client, *above, "nw,t23")) == (25, 1, 0)


def test_ids_and_aliases_of_another_workspace_are_nobodys(
    client: TestClient, stranger: TestClient
) -> None:
    theirs = create(stranger, "Theirs", customerAliases=["theirs"])

    answer = send(client, ROOT, f"a,{theirs['id']}", "b,theirs")

    assert refusals(answer) == [(3, "parent", "not_found"), (4, "parent", "not_found")]
    assert counts(send(client, ROOT, "theirs,nw")) == (2, 0, 0)


def test_no_more_refusals_than_a_thousand_are_shown_and_all_are_counted(client: TestClient) -> None:
    answer = send(client, *(f"c{i},nobody" for i in range(1_200)))

    told = answer.json()
    assert (len(told["refused"]), told["refusedCount"]) == (1_000, 1_200)
    assert told["detail"].startswith("1,200 refusals, the first in row 2: ")


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (b"", [(1, "customer", "missing"), (1, "parent", "missing")]),
        (b'{"customer": "a"}', [(1, '{"customer": "a"}', "unknown_field")]),
        (b"customer,parent\n\xff,", [(1, "", "text_invalid")]),
        (b'customer,parent\n"a', [(2, "", "csv_invalid")]),
        (b"PK\x03\x04\x00\x00", [(1, "PK\x03\x04\x00\x00", "unknown_field")]),
    ],
)
def test_what_is_not_a_csv_file_is_refused(client: TestClient, file: bytes, expected: list) -> None:
    found = refusals(client.post("/customers/import", content=file))

    assert [one for one in found if one[2] != "missing" or file == b""] == expected


def test_a_byte_order_mark_and_quoted_line_breaks_are_read(client: TestClient) -> None:
    file = "\ufeff" + text(ROOT.replace("Northwind Group", '"Northwind\nGroup"'), "a,nw")

    answer = client.post("/customers/import", content=file.encode())

    assert counts(answer) == (2, 0, 0)
    assert by_alias(client, "nw")["legalName"] == "Northwind\nGroup"


def test_the_body_may_hold_64_mib_here_and_no_more(client: TestClient) -> None:
    file = text(*FAMILY).encode() + b"\n" + (b" " * 100_000 + b"\n") * 115

    assert counts(client.post("/customers/import", content=file)) == (4, 0, 0)
    over = client.post("/customers/import", content=b"\n" * (64 * 1024 * 1024 + 1))
    assert (over.status_code, "64 MiB" in over.json()["detail"]) == (413, True)


def test_an_idempotency_key_replays_the_answer(client: TestClient) -> None:
    key = {"Idempotency-Key": "one"}
    file = text(*FAMILY).encode()

    first = client.post("/customers/import", content=file, headers=key)
    again = client.post("/customers/import", content=file, headers=key)

    assert (counts(first), first.json()) == ((4, 0, 0), again.json())


def test_an_export_can_be_imported_here_and_elsewhere(
    client: TestClient, stranger: TestClient
) -> None:
    send(client, *FAMILY, "gone,nw")
    client.post(f"/customers/{by_alias(client, 'gone')['id']}/archive")
    file = client.get("/customers/export").content

    here = client.post("/customers/import", content=file)
    there = stranger.post("/customers/import", content=file)

    assert (counts(here), counts(there)) == ((0, 0, 4), (4, 0, 0))
    assert stranger.get("/customers/export").content == file
    assert exported(client)[0] | {"label": ""} == dict(
        zip(HEADER.split(","), ROOT.split(","), strict=True)
    ) | {"taxStatus": "TAXED"}


def test_a_move_before_a_finalised_invoice_is_refused_and_drafts_follow_the_others(
    client: TestClient,
) -> None:
    seller = Seller(client)
    old, new = create_id(client, "Old"), create_id(client, "New")
    child = create_id(client, "Child", parentId=old, customerAliases=["child"])
    create_id(client, "Other", parentId=new)
    seller.call(child, "2026-01-10", "2026-01-20", "2026-02-10", "2026-02-20")
    seller.call("late", "2026-02-21")
    seller.bill(old, pooled=True)
    seller.bill(new, pooled=True)
    number = seller.finalise(old, "2026-01")["invoiceNumber"]

    refused = send(client, f"child,{new},2026-01-15", f"late,{new},2026-01-01")
    accepted = send(client, f"child,{new},2026-02-15", f"late,{new},2026-02-01")

    assert refusals(refused) == [(2, "effectiveFrom", "move_before_finalised")]
    assert number in refused.json()["refused"][0]["message"]
    assert counts(accepted) == (1, 1, 0)
    assert seller.totals(old) == ["2.00", "1.00"]
    assert seller.totals(new) == ["0.00", "2.00"]


def test_large_and_small_files_are_checked_alike(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_families, "_FEW", 1)
    send(client, *FAMILY)

    assert counts(send(client, *FAMILY)) == (0, 0, 4)
    assert refusals(send(client, "nw,lyon,2027-01-01")) == [(2, "parent", "hierarchy_cycle")]
    assert counts(send(client, "fr,,2026-03-01", "uk,fr,2026-03-01")) == (0, 2, 0)


def test_a_move_in_the_file_meets_one_recorded_for_later(client: TestClient) -> None:
    send(client, *FAMILY)
    fr, uk = by_alias(client, "fr")["id"], by_alias(client, "uk")["id"]
    assert move(client, fr, uk, "2027-01-01T00:00:00Z").status_code == 201

    answer = send(client, "uk,fr,2026-06-01")

    assert refusals(answer) == [(2, "parent", "hierarchy_cycle")]
    assert "2027-01-01" in answer.json()["refused"][0]["message"]
