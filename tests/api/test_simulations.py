"""What a schedule would bill over months to come; today is 10 March 2026."""

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.catalogue import made
from tests.api.pooled import told
from tests.api.test_invoices import bill
from tests.api.test_next_invoice import written
from tests.api.world import SEAT_METRIC, price_body, seat_structure
from tests.flows.books import GRADUATED, NOW, Books, fixed, linear

CAPPED = {
    "pricingType": "VOLUME",
    "tiers": [{"price": "0.1", "isPricePercentage": True, "minPrice": "1", "maxPrice": "10"}],
}
CUMULATIVE = GRADUATED | {"usageCalculationMode": "CUMULATIVE"}


def simulated(client: TestClient, schedule: str, **body: Any) -> Any:
    answer = client.post(f"/billing-schedules/{schedule}/simulate", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(client: TestClient, schedule: str, **body: Any) -> tuple[int, str, str]:
    answer = client.post(f"/billing-schedules/{schedule}/simulate", json=body)
    [error] = answer.json()["errors"]
    return answer.status_code, error["code"], error["pointer"]


def nets(found: Any) -> list[tuple[str, str]]:
    return [(one["dueOn"], one["netTotal"]) for one in found["invoices"]]


@pytest.fixture
def solo(books: Books) -> dict[str, str]:
    """200 calls in February, 9 in March up to the 9th, at 2 each; February is billed."""
    made = {"who": books.customer("Solo"), "calls": books.metric("calls")}
    made["price"] = books.price(linear("2"), made["calls"])
    made["schedule"] = books.schedule(made["who"], made["price"], books.price(fixed("5")))
    books.write()
    books.used(
        (made["who"], "calls", "2026-02-05", "200"),
        (made["who"], "calls", "2026-03-09", "9"),
    )
    bill(books)
    return made


def test_last_months_usage_comes_again_for_twelve_months(
    client: TestClient, solo: dict[str, str]
) -> None:
    found = simulated(client, solo["schedule"])

    assert (found["asOf"], found["until"]) == ("2026-03-10", "2027-03-10")
    rest = D(200) * 21 / 31  # of March
    assert found["usage"] == [
        {
            "billingScheduleId": solo["schedule"],
            "usageMetricId": solo["calls"],
            "priceIds": [solo["price"]],
            "every": "200",
            "lastMonth": "200",
        }
    ]
    assert nets(found)[0] == ("2026-04-01", str(round(2 * (9 + rest) + 5, 2)))
    assert {net for _, net in nets(found)[1:]} == {"405.00"}
    assert [due for due, _ in nets(found)][-1] == "2027-03-01"
    assert found["totals"][0]["invoiceCount"] == 12
    [line, fee] = found["invoices"][1]["lineItems"]
    assert (line["quantity"], "eventCount" in line, fee["netTotal"]) == ("200", False, "5.00")


def test_months_may_be_said_one_by_one(client: TestClient, solo: dict[str, str]) -> None:
    months = {"2026-03": "31", "2026-05": 100, "every": "10"}

    for name in ("price", "calls"):
        found = simulated(client, solo["schedule"], until="2026-06-30", usage={solo[name]: months})

        assert nets(found) == [
            ("2026-04-01", "65.00"),  # 9 so far, and a day's 1 for each of 21
            ("2026-05-01", "25.00"),
            ("2026-06-01", "205.00"),
        ]
        assert found["usage"][0]["months"] == {"2026-03": "31", "2026-05": "100"}


def test_nothing_is_written_and_no_run_is_changed(
    client: TestClient, books: Books, solo: dict[str, str]
) -> None:
    before = written(books)

    assert simulated(client, solo["schedule"]) == simulated(client, solo["schedule"])

    assert written(books) == before


def test_it_bills_what_runs_then_bill(client: TestClient, books: Books) -> None:
    """Fees alone need no supposing: a year of them is what a year of runs drafts."""
    group = books.customer("Group")
    child = books.customer("Child", group)
    schedule = books.schedule(
        group,
        books.price(fixed("310")),
        books.price(fixed("90"), frequency="QUARTERLY", timing="IN_ADVANCE"),
        start=date(2026, 1, 15),
        recurrence_day_of_month=31,
        off=[{"amount": "0.1"}],
    )
    books.schedule(child, books.price(fixed("7")), bill_to="PARENT", recurrence_day_of_month=31)
    books.write()
    bill(books)

    found = simulated(client, schedule)
    bill(books, "2027-03-10")
    drafted = client.get(f"/invoices?billingScheduleId={schedule}&limit=100").json()["items"]

    later = sorted((one["accountingDate"], one["netTotal"]) for one in drafted[:12])
    assert later == sorted((o["accountingDate"], o["netTotal"]) for o in found["invoices"])
    assert len(found["invoices"]) == 12
    assert any("Child" in g["title"] for g in found["invoices"][0]["lineItemGroups"])


def test_what_came_late_and_waits_is_on_the_first_invoice(
    client: TestClient, books: Books, solo: dict[str, str]
) -> None:
    before = nets(simulated(client, solo["schedule"]))
    [february] = told(client, "/invoices", sortBy="ACCOUNTING_DATE", limit=1)["items"]
    made(client.post(f"/invoices/{february['id']}/finalize"))
    books.used((solo["who"], "calls", "2026-02-20", "50"))

    found = simulated(client, solo["schedule"], usage={solo["calls"]: "200"})

    (day, first), *others = nets(found)
    assert (day, D(first)) == (before[0][0], D(before[0][1]) + 100)
    assert others == before[1:]
    [line] = [one for one in found["invoices"][0]["lineItems"] if "adjusts" in one]
    assert (line["quantity"], line["eventCount"], line["netTotal"]) == ("50", 1, "100.00")
    assert line["adjusts"]["lines"][0]["invoiceId"] == february["id"]
    bill(books, "2026-04-01")
    drafted = told(client, "/invoices", sortBy="ACCOUNTING_DATE", limit=1)["items"]
    kept = told(client, f"/invoices/{drafted[0]['id']}/line-items")["items"]
    assert [one["netTotal"] for one in kept if "adjusts" in one] == ["100.00"]


def test_tiers_go_on_from_month_to_month(client: TestClient, books: Books) -> None:
    """60 used by February; 31 a month: March has 41, so April passes the first tier at 100."""
    who = books.customer("Solo")
    calls = books.metric("calls")
    schedule = books.schedule(
        who, books.price(CUMULATIVE, calls), start=date(2026, 2, 1), end=date(2026, 12, 31)
    )
    books.write()
    books.used((who, "calls", "2026-02-05", "60"), (who, "calls", "2026-03-10", "10"))
    bill(books)

    found = simulated(client, schedule, usage={calls: 31}, until="2026-06-01")

    amounts = [[s["amount"] for s in one["lineItems"][0]["segments"]] for one in found["invoices"]]
    quantities = [one["lineItems"][0]["quantity"] for one in found["invoices"]]
    assert quantities == ["31", "31", "31"]
    assert amounts[0] == ["31"]
    assert amounts[1] == ["9", "66.5"]  # 9 up to 100, then 22 at 0.75 and the fee of 50
    assert amounts[2] == ["23.25"]


def test_single_events_come_with_the_values_they_had(client: TestClient, books: Books) -> None:
    who = books.customer("Solo")
    flown = books.metric("miles")
    schedule = books.schedule(who, books.price(CAPPED, flown))
    books.write()
    books.used(*((who, "miles", "2026-02-05", n) for n in ("5", "50", "300")))
    bill(books)

    as_it_was = simulated(client, schedule, until="2026-05-01")
    doubled = simulated(client, schedule, until="2026-05-01", usage={flown: "710"})

    assert [nets(found)[1] for found in (as_it_was, doubled)] == [
        ("2026-05-01", "16.00"),  # at least 1, a tenth, at most 10
        ("2026-05-01", "32.00"),
    ]


def test_single_events_that_nobody_knows_are_refused(client: TestClient, books: Books) -> None:
    flown = books.metric("miles")
    schedule = books.schedule(books.customer("Solo"), books.price(CAPPED, flown))
    books.write()

    assert refused(client, schedule, usage={flown: 1}) == (
        400, "not_supported_yet", f"/usage/{flown}",
    )  # fmt: skip
    assert {net for _, net in nets(simulated(client, schedule))} == {"0.00"}


def test_a_schedule_that_is_thought_of_has_last_months_usage_of_its_family(
    client: TestClient, books: Books
) -> None:
    """Billed by another schedule in February."""
    group = books.customer("Group")
    child = books.customer("Child", group)
    calls = books.metric("calls")
    books.schedule(
        group, books.price(linear("3"), calls), roll_up_billing=True, end=date(2026, 3, 31)
    )
    draft = books.schedule(
        group,
        books.price(GRADUATED, calls),
        roll_up_billing=True,
        start=date(2026, 4, 1),
        activated_at=None,
    )
    books.write()
    books.used((child, "calls", "2026-02-05", "125"))

    found = simulated(client, draft)

    assert nets(found)[0] == ("2026-05-01", "188.75")
    assert found["usage"][0]["lastMonth"] == "125"


def test_what_is_named_must_be_priced(
    client: TestClient, books: Books, solo: dict[str, str]
) -> None:
    nobody = solo["who"]

    assert refused(client, solo["schedule"], usage={nobody: 1}) == (
        400, "invalid", f"/usage/{nobody}",
    )  # fmt: skip
    both = {solo["price"]: 1, solo["calls"]: 2}
    assert refused(client, solo["schedule"], usage=both)[2] == f"/usage/{solo['calls']}"
    assert refused(client, solo["schedule"], usage={solo["calls"]: {"2026-13": 1}})[0] == 400


def test_prices_that_measure_apart_are_named_apart(client: TestClient, books: Books) -> None:
    group = books.customer("Group")
    child = books.customer("Child", group)
    calls = books.metric("calls")
    own = books.price(linear("1"), calls, only=[child])
    schedule = books.schedule(group, books.price(linear("2"), calls), own, roll_up_billing=True)
    books.write()
    books.used((group, "calls", "2026-02-05", "10"), (child, "calls", "2026-02-05", "100"))
    bill(books)

    assert refused(client, schedule, usage={calls: 5})[2] == f"/usage/{calls}"
    found = simulated(client, schedule, usage={own: 1000}, until="2026-05-02")
    assert nets(found)[1] == ("2026-05-01", "1020.00")
    assert found["usage"][1]["restrictToCustomers"] == [child]


@pytest.mark.parametrize("until", ["2026-03-10", "2029-03-11"])
def test_it_looks_no_further_than_three_years(
    client: TestClient, solo: dict[str, str], until: str
) -> None:
    assert refused(client, solo["schedule"], until=until) == (400, "invalid", "/until")
    assert len(simulated(client, solo["schedule"], until="2029-03-10")["invoices"]) == 36


def test_where_nothing_falls_due_there_is_no_invoice(
    client: TestClient, books: Books, solo: dict[str, str]
) -> None:
    found = simulated(client, solo["schedule"], until="2026-03-31")

    assert (found["invoices"], found["totals"], found["usage"]) == ([], [], [])
    archived = books.schedule(solo["who"], books.price(fixed("1")), archived_at=NOW)
    books.write()
    answer = client.post(f"/billing-schedules/{archived}/simulate", json={})
    assert (answer.status_code, answer.json()["code"]) == (404, "nothing_to_bill")


def test_what_has_elapsed_and_is_not_drafted_yet_has_what_was_used(
    client: TestClient, books: Books
) -> None:
    who = books.customer("Solo")
    calls = books.metric("calls")
    schedule = books.schedule(who, books.price(linear("2"), calls))
    books.write()
    books.used((who, "calls", "2026-02-05", "200"), (who, "calls", "2026-03-10", "10"))

    found = simulated(client, schedule, until="2026-04-01", usage={calls: 0})

    assert nets(found) == [
        ("2026-02-01", "0.00"), ("2026-03-01", "400.00"), ("2026-04-01", "20.00"),
    ]  # fmt: skip


def terms(solo: dict[str, str], **more: Any) -> dict[str, Any]:
    return {
        "customerId": solo["who"],
        "startDate": "2026-04-15",
        "recurrenceDayOfMonth": 1,
        "taxRates": [],
        "autoIssueInvoices": False,
        "isDraft": False,
        "rollUpBilling": False,
        "phases": [{"startDate": "2026-04-15", "priceIds": [solo["price"]]}],
        **more,
    }


def test_terms_that_nobody_has_written_down_are_priced(
    client: TestClient, books: Books, solo: dict[str, str]
) -> None:
    before = written(books)
    body = terms(solo, until="2026-06-15", usage={solo["calls"]: {"2026-04": 30, "every": 31}})

    answer = client.post("/billing-schedules/simulate", json=body)

    assert answer.status_code == 200, answer.text
    assert nets(answer.json()) == [("2026-05-01", "32.00"), ("2026-06-01", "62.00")]
    assert written(books) == before
    assert client.get("/billing-schedules").json()["pagination"]["totalResultSize"] == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"rollUpBilling": True}, "/rollUpBilling"),
        ({"endDate": "2026-12-31"}, "/phases/0/endDate"),
        ({"until": "2026-04-15"}, "/until"),
        ({"usage": {"nothing": 1}}, "/usage/nothing"),
    ],
)
def test_terms_are_refused_as_creating_them_would_be(
    client: TestClient, books: Books, solo: dict[str, str], change: dict[str, Any], pointer: str
) -> None:
    before = written(books)

    answer = client.post("/billing-schedules/simulate", json=terms(solo, **change))

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert written(books) == before


def occurring(client: TestClient, **body: Any) -> list[tuple[str, str]]:
    answer = client.post("/billing-schedules/preview", json=body)
    assert answer.status_code == 200, answer.text
    return [(one["start"], one["end"]) for one in answer.json()["occurrences"]]


def test_the_periods_of_prices_are_cut_at_both_ends(client: TestClient) -> None:
    days = {"startDate": "2026-01-15", "endDate": "2026-04-10", "recurrenceDayOfMonth": 31}
    months = [
        ("2026-01-15", "2026-01-30"),
        ("2026-01-31", "2026-02-27"),
        ("2026-02-28", "2026-03-30"),
        ("2026-03-31", "2026-04-10"),
    ]

    assert occurring(client, **days) == months
    prices = [
        {"billingFrequency": frequency, "billingType": timing}
        for frequency in ("MONTHLY", "ONE_TIME", "QUARTERLY")
        for timing in ("IN_ARREARS", "IN_ADVANCE")
    ]
    assert occurring(client, **days, prices=prices) == [
        months[0],
        ("2026-01-15", "2026-04-10"),
        months[1],
        ("2026-01-31", "2026-04-10"),
        *months[2:],
    ]


def test_days_of_a_preview_follow_each_other(client: TestClient) -> None:
    body = {"startDate": "2026-01-15", "endDate": "2026-01-14"}

    answer = client.post("/billing-schedules/preview", json=body)

    assert answer.json()["errors"][0]["pointer"] == "/endDate"


def test_seats_stay_as_they_are(client: TestClient, solo: dict[str, str]) -> None:
    metric = client.post("/seat-metrics", json=SEAT_METRIC).json()["id"]
    told = {"customerAlias": solo["who"], "seatType": SEAT_METRIC["seatType"], "total": 7}
    client.post("/seat-events", json=told | {"eventTimestamp": "2026-01-01T00:00:00Z"})
    product = client.post("/products", json={"name": "Seats", "label": "Seats"}).json()["id"]
    structure = seat_structure(metric)
    seats = client.post("/prices", json=price_body(product, structure)).json()["id"]
    phases = [{"startDate": "2026-05-01", "priceIds": [seats]}]

    answer = client.post(
        "/billing-schedules/simulate",
        json=terms(solo, startDate="2026-05-01", phases=phases, until="2026-07-01"),
    )

    assert answer.status_code == 200, answer.text
    lines = [one["lineItems"][0] for one in answer.json()["invoices"]]
    assert [line["quantity"] for line in lines] == ["7", "7"]
    assert answer.json()["usage"] == []
