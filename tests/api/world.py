"""One thing of every kind, made through the API, and a good request for every operation that writes.

``OPERATIONS`` is complete by test: an operation that is not in it fails the suite, so that whatever is
added is also tried with bad bodies and from another workspace.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi.testclient import TestClient

from tests.api.sandbox import make_sandbox

ADDRESS = {"line1": "1 Quay St", "town": "Leeds", "postcode": "LS1 1AA", "country": "GB"}
CONTACT = {"name": "Ada Poe", "email": "ap@northwind.test", "billingPreference": "PRIMARY"}


def customer_body(name: str = "Northwind Ltd", **more: Any) -> dict[str, Any]:
    return {
        "legalName": name,
        "address": ADDRESS,
        "taxStatus": "TAXED",
        "contacts": [CONTACT],
        "url": "https://northwind.test",
        "label": "EU",
        "customProperties": {"region": "EU"},
        **more,
    }


def price_body(product: str, structure: dict[str, Any], **more: Any) -> dict[str, Any]:
    one_time = structure["pricingType"] == "ONE_TIME"
    return {
        "productId": product,
        "name": structure["pricingType"].title(),
        "currency": "USD",
        "billingFrequency": "ONE_TIME" if one_time else "MONTHLY",
        "billingType": "IN_ARREARS",
        "structure": structure,
        "integrationIds": [],
        "customMetricParameters": [],
        **more,
    }


def structures(metric: str) -> list[dict[str, Any]]:
    """A structure of each pricing model."""
    tier = {"upperBound": "100", "price": "1", "fee": "20", "isPricePercentage": False}
    rest = {"upperBound": None, "price": "0.75", "fee": "50", "isPricePercentage": False}
    capped = {
        "upperBound": None,
        "price": "0.02",
        "isPricePercentage": True,
        "minPrice": "1",
        "maxPrice": "10",
    }
    return [
        {"pricingType": "ONE_TIME", "price": "100"},
        {"pricingType": "FIXED", "price": "500"},
        {
            "pricingType": "LINEAR",
            "pricePerUnit": "0.1",
            "usageMetricId": metric,
            "isPricePercentage": False,
        },
        {
            "pricingType": "PACKAGE",
            "packageSize": "250",
            "pricePerPackage": "10",
            "usageMetricId": metric,
        },
        {"pricingType": "VOLUME", "usageMetricId": metric, "tiers": [capped]},
        {
            "pricingType": "GRADUATED",
            "usageMetricId": metric,
            "usageCalculationMode": "BILLING_PERIOD",
            "tiers": [tier, rest],
        },
    ]


def seat_structure(metric: str) -> dict[str, Any]:
    return {
        "pricingType": "SEAT_BASED",
        "seatMetricId": metric,
        "pricePerSeat": "15",
        "prorationStrategy": "PRORATE_INCREMENTS",
        "contractedMinimumSeats": 5,
        "overagesBillingFrequency": "NONE",
        "tiers": [
            {"upperBound": "15", "price": "12", "fee": "1"},
            {"upperBound": None, "price": "15"},
        ],
        "prorateFlatFees": True,
    }


SEAT_METRIC = {"seatType": "full_user", "label": "Full users", "description": "Who can write"}
SEAT_EVENT = {
    "customerAlias": "nw",
    "customerEventId": "s1",
    "seatType": "full_user",
    "eventTimestamp": "2026-02-18T10:00:00Z",
    "total": 27,
}


def schedule_body(customer: str, price: str, **more: Any) -> dict[str, Any]:
    return {
        "customerId": customer,
        "startDate": "2026-01-01",
        "endDate": "2026-12-31",
        "recurrenceDayOfMonth": 1,
        "taxRates": [],
        "autoIssueInvoices": False,
        "isDraft": True,
        "rollUpBilling": True,
        "purchaseOrderNumber": "PO-7",
        "memo": "Thank you",
        "defaultDueDateDays": 30,
        "customFields": {"k": "v"},
        "phases": [
            {
                "name": "Year",
                "startDate": "2026-01-01",
                "endDate": "2026-12-31",
                "priceIds": [price],
                "recurrencePreference": "CONTINUE_FROM_PREVIOUS_PHASE",
            }
        ],
        **more,
    }


def settling_phase(price: str) -> dict[str, Any]:
    """A phase with a discount, a minimum and a credit grant."""
    return {
        "startDate": "2026-01-01",
        "endDate": "2026-12-31",
        "priceIds": [price],
        "discounts": [
            {
                "type": "PERCENTAGE",
                "amount": 0.1,
                "message": "Launch",
                "separateLineItem": True,
                "restrictToPrices": [price],
                "seatDiscountType": "ALL_SEATS",
            }
        ],
        "minimums": [{"amount": 500, "restrictToPrices": [price]}],
        "creditGrants": [
            {
                "name": "Included",
                "creditUnitType": "CURRENCY",
                "currency": "USD",
                "amount": 100,
                "costOfCredit": 0,
                "grantRefreshFrequency": "MONTHLY",
                "rolloverMode": "NONE",
                "restrictToPrices": [price],
            }
        ],
    }


def grant_body(workspace: str, customer: str, **more: Any) -> dict[str, Any]:
    return {
        "sequenceAccountId": workspace,
        "customerId": customer,
        "name": "Welcome credit",
        "creditUnitType": "CURRENCY",
        "currency": "USD",
        "amount": 100,
        "costOfCredit": 80,
        "effectiveDate": "2026-01-01",
        "expiryDate": "2026-12-31",
        "createInvoice": False,
        **more,
    }


TAX_CATEGORY = {"isPublished": True, "name": "Software", "description": "As a service"}


def tax_rate_body(category: str, **more: Any) -> dict[str, Any]:
    return {
        "isPublished": True,
        "name": "Standard",
        "invoiceName": "VAT",
        "invoiceShortName": "VAT",
        "description": "of the country",
        "amount": "0.2",
        "country": "GB",
        "region": "England",
        "taxCategoryId": category,
        **more,
    }


def registration_body(customer: str) -> dict[str, Any]:
    return {
        "taxIdentifier": "GB123456789",
        "customerId": customer,
        "country": "GB",
        "state": "England",
    }


@dataclass
class World:
    """A family, a catalogue, a running and a draft schedule, usage, and drafted invoices."""

    client: TestClient
    ids: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)  # of versions: no ids of anything

    def make(self, name: str, path: str, body: dict[str, Any]) -> str:
        answer = self.client.post(path, json=body)
        assert answer.status_code in {201, 202}, (path, answer.json())
        self.ids[name] = answer.json()["id"]
        return self.ids[name]

    def build(self) -> "World":
        parent = self.make("parent", "/customers", customer_body("Northwind Group"))
        child = self.make(
            "child",
            "/customers",
            customer_body("Northwind Ltd", parentId=parent, customerAliases=["nw"]),
        )
        self.make("loner", "/customers", customer_body("Loner Ltd"))
        contacts = self.client.get(f"/customers/{child}/contacts").json()["items"]
        self.ids["contact"] = contacts[0]["id"]
        self.make(
            "alias", "/customer-aliases", {"customerId": child, "value": "nw-2", "label": "second"}
        )
        self.ids["organization"] = self.client.get(f"/customers/{parent}").json()["organizations"][
            0
        ]["id"]
        category = self.make("tax category", "/tax-categories", TAX_CATEGORY)
        self.make("free tax category", "/tax-categories", TAX_CATEGORY)
        self.make("tax rate", "/tax-rates", tax_rate_body(category))
        self.make("free tax rate", "/tax-rates", tax_rate_body(category, country="FR"))
        for kind, owner in (("tax rate", "tax-rates"), ("tax category", "tax-categories")):
            body = tax_rate_body(category) if kind == "tax rate" else TAX_CATEGORY
            path = f"/{owner}/{self.ids[kind]}/versions"
            made = self.client.post(path, json=body | {"isPublished": False}).json()
            self.numbers[f"{kind} version"] = str(made["version"])
        self.make("tax registration", "/tax-registrations", registration_body(child))
        product = self.make(
            "product",
            "/products",
            {"name": "Calls", "label": "API calls", "taxCategoryId": category},
        )
        metric = self.make("metric", "/usage-metrics", self.metric("Tokens"))
        for structure in structures(metric):
            kind = structure["pricingType"]
            self.make(f"price {kind}", "/prices", price_body(product, structure))
            self.make(f"list price {kind}", "/list-prices", price_body(product, structure))
        self.make("seat metric", "/seat-metrics", SEAT_METRIC)
        self.make("seat event", "/seat-events", SEAT_EVENT)
        event = {
            "customerAlias": "nw",
            "eventType": "call",
            "eventTimestamp": "2026-01-05T10:00:00Z",
            "eventProperties": {"tokens": 125},
        }
        self.make("event", "/usage-events", event)
        price = self.ids["price GRADUATED"]
        body = schedule_body(parent, price, phases=[settling_phase(price)])
        schedule = self.make("schedule", "/billing-schedules", body)
        self.ids["discount"] = self.client.get(f"/billing-schedules/{schedule}").json()["phases"][
            0
        ]["discounts"][0]["id"]
        milestone = {"startDate": "2026-01-01", "milestone": "Go-live", "priceIds": [price]}
        body = schedule_body(parent, price, isDraft=False, phases=[milestone])
        running = self.make("running", "/billing-schedules", body)
        shown = self.client.get(f"/billing-schedules/{running}").json()
        self.ids["phase"] = shown["phases"][0]["id"]
        invoices = self.client.get("/invoices").json()["items"]
        assert len(invoices) == 2, "January and February have ended on 10 March"
        self.ids["invoice"], self.ids["other invoice"] = (i["id"] for i in invoices)
        lines = self.client.get(f"/invoices/{self.ids['invoice']}/line-items").json()["items"]
        self.ids["line"] = lines[0]["id"]
        for subject, key, named in (
            ("customers", "customerId", "parent"),
            ("billing-schedules", "billingScheduleId", "schedule"),
            ("invoices", "invoiceId", "invoice"),
        ):
            body = {key: self.ids[named], "paymentProvider": "STRIPE"}
            self.make(f"payment of {subject}", f"/payments/settings/{subject}", body)
        self.make("billing run", "/billing-runs", {"asOf": "2026-03-10", "wait": True})
        self.make("run at work", "/billing-runs", {"asOf": "2026-03-10"})
        self.ids["account"] = make_sandbox(self.client)
        travel = {"billingScheduleId": self.ids["running"], "frozenTime": "2026-03-10T10:00:00Z"}
        self.make("time traveller", "/time-travellers", travel)
        self.ids["merchant"] = self.client.get("/merchant-for-sequence-account").json()["id"]
        self.make("grant", "/credits", grant_body(self.ids["merchant"], self.ids["loner"]))
        return self

    @staticmethod
    def metric(name: str) -> dict[str, Any]:
        return {
            "name": name,
            "description": "Tokens of calls",
            "metricType": "SIMPLE",
            "eventType": "call",
            "aggregationType": "SUM",
            "aggregationProperty": "tokens",
            "propertyFilters": {"region": ["eu"]},
            "propertiesToNegate": ["region"],
            "caseSensitive": True,
            "unit": "tokens",
        }


BACKFILL = {
    "eventType": "call",
    "customerAliases": ["nw"],
    "start": "2026-03-02T00:00:00Z",
    "end": "2026-03-03T00:00:00Z",
    "events": [
        {
            "customerAlias": "nw",
            "customerEventId": "e1",
            "eventType": "call",
            "eventTimestamp": "2026-03-02T10:00:00Z",
            "eventProperties": {"tokens": 12},
        }
    ],
}

Body = Callable[[World], Any]
CSV = frozenset({"POST /customers/import", "POST /usage-events/import"})
"""Operations whose body is a file: their refusals are by row, and tested where they are."""

OPERATIONS: dict[str, Body | None] = {
    # None: takes no body.
    "POST /customers": lambda w: customer_body(
        "New Ltd", parentId=w.ids["parent"], customerAliases=["new"]
    ),
    "PUT /customers/{id:child}": lambda w: customer_body(parentId=w.ids["parent"]),
    "POST /customers/{id:loner}/archive": None,
    "POST /customers/{customer:child}/contacts": lambda _: (
        CONTACT | {"billingPreference": "STANDARD"}
    ),
    "PUT /customers/{customer:child}/contacts/{id:contact}": lambda _: CONTACT,
    "POST /customers/{customer:child}/contacts/{id:contact}/archive": None,
    "POST /customer-aliases": lambda w: {
        "customerId": w.ids["child"],
        "value": "fresh",
        "label": "x",
    },
    "PUT /customer-aliases/{id:alias}": lambda _: {"label": "y"},
    "DELETE /customer-aliases/{id:alias}": None,
    "POST /customer-organizations": lambda w: {"ownerId": w.ids["loner"], "memberIds": []},
    "POST /customer-organizations/{id:organization}/members": lambda w: {
        "customerIds": [w.ids["child"]]
    },
    "PUT /customer-organizations/{id:organization}/members": lambda w: {
        "customerIds": [w.ids["child"]]
    },
    "POST /customers/{id:child}/moves/preview": lambda w: {
        "parentId": w.ids["loner"],
        "effectiveFrom": "2026-01-01T00:00:00Z",
        "reason": "sold",
    },
    "POST /customers/{id:child}/moves": lambda w: {
        "parentId": w.ids["parent"],
        "effectiveFrom": "2026-03-01T00:00:00Z",
        "reason": "sold",
    },
    "POST /customers/import": lambda _: "customer,parent\nnw,\n",
    "POST /products": lambda _: {"name": "Seats", "label": "Seats"},
    "PUT /products/{id:product}": lambda _: {"name": "Calls", "label": "API calls"},
    "POST /products/{id:product}/archive": None,
    "POST /prices": lambda w: price_body(w.ids["product"], structures(w.ids["metric"])[5]),
    "PUT /prices/{id:price FIXED}": lambda _: {"name": "Renamed", "status": "ACTIVE"},
    "DELETE /prices/{id:price FIXED}": None,
    "POST /list-prices": lambda w: price_body(w.ids["product"], structures(w.ids["metric"])[4]),
    "PUT /list-prices/{id:list price PACKAGE}": lambda w: price_body(
        w.ids["product"], seat_structure(w.ids["seat metric"])
    ),
    "POST /list-prices/{id:list price PACKAGE}/archive": None,
    "POST /usage-metrics": lambda w: w.metric("More tokens"),
    "PUT /usage-metrics/{id:metric}": lambda w: w.metric("Tokens"),
    "DELETE /usage-metrics/{id:metric}": None,
    "POST /seat-metrics": lambda _: SEAT_METRIC | {"seatType": "reader"},
    "PUT /seat-metrics/{id:seat metric}": lambda _: {"label": "Users", "description": "All"},
    "DELETE /seat-metrics/{id:seat metric}": None,
    "POST /seat-events": lambda _: SEAT_EVENT,
    "POST /usage-events": lambda _: {
        "customerAlias": "nw",
        "customerEventId": "e1",
        "eventType": "call",
        "eventTimestamp": "2026-03-02T10:00:00Z",
        "eventProperties": {"tokens": 12, "region": "eu"},
    },
    "POST /usage-events/batch": lambda _: [
        {
            "customerAlias": "nw",
            "customerEventId": "e1",
            "eventType": "call",
            "eventTimestamp": "2026-03-02T10:00:00Z",
        }
    ],
    "POST /usage-events/import": lambda _: "customerAlias,eventType\nnw,call\n",
    "POST /usage-events/backfills": lambda _: BACKFILL,
    "POST /usage-events/backfills/preview": lambda _: BACKFILL | {"events": []},
    "DELETE /usage-events/by-customer-event-id/{id:event}": None,
    "POST /billing-schedules": lambda w: schedule_body(
        w.ids["parent"],
        w.ids["price GRADUATED"],
        taxRates=[{"priceId": w.ids["price GRADUATED"], "taxRateId": w.ids["tax rate"]}],
        phases=[settling_phase(w.ids["price GRADUATED"])],
    ),
    "POST /time-travellers": lambda w: {
        "billingScheduleId": w.ids["running"],
        "frozenTime": "2026-05-01T00:00:00Z",
    },
    "PUT /time-travellers/{id:time traveller}": lambda _: {"frozenTime": "2026-05-01T00:00:00Z"},
    "DELETE /time-travellers/{id:time traveller}": None,
    "PUT /sequence-accounts/{id:account}": lambda _: {
        "companyName": "Seller Ltd",
        "companyNumber": "123",
        "country": "GB",
        "sendCustomerNotifications": False,
        "alertEmailAddresses": [],
        "timeZone": "UTC",
    },
    "POST /credits": lambda w: grant_body(
        w.ids["merchant"],
        w.ids["loner"],
        creditUnitType="METRIC",
        metricId=w.ids["metric"],
    ),
    "DELETE /credits/{id:grant}": None,
    "PUT /discounts/{id:discount}": lambda w: {
        "billingScheduleId": w.ids["schedule"],
        "priceIds": [w.ids["price GRADUATED"]],
        "separateLineItem": False,
        "amount": 20,
        "discountCalculationType": "NOMINAL",
        "message": "Loyalty",
        "validFrom": "2026-01-01",
        "validTo": "2026-12-31",
    },
    "DELETE /discounts/{id:discount}": None,
    "PUT /billing-schedules/{billingScheduleId:schedule}": lambda w: {
        k: v
        for k, v in schedule_body(w.ids["parent"], w.ids["price GRADUATED"]).items()
        if k not in {"customerId", "isDraft"}
    },
    "PUT /billing-schedules/{billingScheduleId:schedule}/activate": None,
    "POST /billing-schedules/{billingScheduleId:schedule}/suspend": None,
    "POST /billing-schedules/{billingScheduleId:schedule}/resume": None,
    "POST /billing-schedules/{billingScheduleId:schedule}/cancel": lambda _: {
        "endDate": "2026-11-30"
    },
    "POST /billing-schedules/{billingScheduleId:running}/phases/{phaseId:phase}/complete": (
        lambda _: {"date": "2026-11-30"}
    ),
    "POST /billing-schedules/{billingScheduleId:schedule}/archive": None,
    "POST /billing-schedules/{billingScheduleId:running}/simulate": lambda w: {
        "until": "2026-12-31",
        "usage": {
            w.ids["metric"]: {"2026-05": "120", "every": 100},
        },
    },
    "POST /billing-schedules/{billingScheduleId:schedule}/duplicate": lambda w: {
        "customerId": w.ids["loner"]
    },
    "POST /billing-schedules/preview": lambda _: {
        "startDate": "2026-01-15",
        "endDate": "2026-12-31",
        "recurrenceDayOfMonth": 1,
        "prices": [{"billingFrequency": "MONTHLY", "billingType": "IN_ARREARS"}],
    },
    "POST /billing-schedules/simulate": lambda w: (
        schedule_body(w.ids["parent"], w.ids["price GRADUATED"])
        | {"until": "2026-12-31", "usage": {w.ids["metric"]: "120"}}
    ),
    "POST /billing-schedules/validate-taxes": lambda w: schedule_body(
        w.ids["parent"],
        w.ids["price GRADUATED"],
        taxRates=[{"priceId": w.ids["price GRADUATED"], "taxRateId": w.ids["tax rate"]}],
    ),
    "POST /tax-categories": lambda _: TAX_CATEGORY,
    "PUT /tax-categories/{id:tax category}": lambda _: TAX_CATEGORY,
    "DELETE /tax-categories/{id:free tax category}": None,
    "POST /tax-categories/{id:tax category}/versions": lambda _: TAX_CATEGORY,
    "PUT /tax-categories/{id:tax category}/versions/{version:tax category version}": lambda _: (
        TAX_CATEGORY | {"isPublished": False}
    ),
    "DELETE /tax-categories/{id:tax category}/versions/{version:tax category version}": None,
    "POST /tax-rates": lambda w: tax_rate_body(w.ids["tax category"]),
    "PUT /tax-rates/{id:tax rate}": lambda w: tax_rate_body(
        w.ids["tax category"], id=w.ids["tax rate"], isPublished=False
    ),
    "DELETE /tax-rates/{id:free tax rate}": None,
    "POST /tax-rates/{id:free tax rate}/archive": None,
    "POST /tax-rates/{id:tax rate}/versions": lambda w: tax_rate_body(w.ids["tax category"]),
    "PUT /tax-rates/{id:tax rate}/versions/{version:tax rate version}": lambda w: tax_rate_body(
        w.ids["tax category"], isPublished=False
    ),
    "DELETE /tax-rates/{id:tax rate}/versions/{version:tax rate version}": None,
    "POST /tax-registrations": lambda w: registration_body(w.ids["child"]),
    "PUT /tax-registrations/{id:tax registration}": lambda w: registration_body(w.ids["child"]),
    "DELETE /tax-registrations/{id:tax registration}": None,
    "PUT /payments/settings/{id:merchant}": lambda _: {
        "failureNotifications": {
            "merchantNotifications": "SEND_NOTIFICATIONS",
            "customerNotifications": "DO_NOT_SEND_NOTIFICATIONS",
        }
    },
    "POST /payments/settings/customers": lambda w: {
        "customerId": w.ids["loner"],
        "paymentProvider": "NONE",
    },
    "PUT /payments/settings/customers/{id:payment of customers}": lambda _: {
        "paymentProvider": "STRIPE"
    },
    "DELETE /payments/settings/customers/{id:payment of customers}": None,
    "POST /payments/settings/billing-schedules": lambda w: {
        "billingScheduleId": w.ids["running"],
        "paymentProvider": "STRIPE",
        "autoCharge": True,
    },
    "PUT /payments/settings/billing-schedules/{id:payment of billing-schedules}": lambda _: {
        "paymentProvider": "STRIPE",
        "autoCharge": True,
    },
    "DELETE /payments/settings/billing-schedules/{id:payment of billing-schedules}": None,
    "POST /payments/settings/invoices": lambda w: {
        "invoiceId": w.ids["other invoice"],
        "customerId": w.ids["parent"],
        "paymentProvider": "STRIPE",
    },
    "PUT /payments/settings/invoices/{id:payment of invoices}": lambda _: {
        "paymentProvider": "GOCARDLESS"
    },
    "DELETE /payments/settings/invoices/{id:payment of invoices}": None,
    "POST /billing-runs": lambda _: {"asOf": "2026-03-10", "wait": True},
    "POST /billing-runs/{id:billing run}/retry": lambda _: {"acceptBounds": True, "wait": True},
    "POST /billing-runs/{id:run at work}/cancel": None,
    "PUT /billing-bounds": lambda _: {"mostLines": 10, "jumpFactor": "2", "jumpFrom": "1"},
    "POST /invoices/{id:invoice}/finalize": None,
    "POST /invoices/{id:other invoice}/void": None,
    "POST /invoices/{id:invoice}/recalculate": None,
    "DELETE /invoices/{id:invoice}": None,
    "PUT /merchants/{id:merchant}": lambda _: {
        "legalCompanyName": "Seller Ltd",
        "email": "billing@seller.test",
        "address": ADDRESS,
        "invoiceNumberPrefix": "SEQ",
        "creditNoteNumberPrefix": "SCN",
        "defaultDueDateDays": 30,
    },
}
