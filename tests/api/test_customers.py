"""Customers: both shapes of a request, updates that keep and replace, archiving."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.kin import ADA, ADDRESS, BOB, GUIDE, NOBODY, body, create, create_id, names, refusal
from tests.conftest import Clock

US = {"line1": "3180 18th St", "town": "San Francisco", "postcode": "94110", "country": "US"}


def test_a_new_customer_is_answered_whole(client: TestClient) -> None:
    parent = create(client, "Northwind Group")

    made = create(
        client,
        url="https://www.northwind.example/about",
        label="EU",
        contacts=[ADA, BOB],
        customerAliases=["nw-eu"],
        integrationIds=[{"service": "Stripe", "id": "cus_123"}],
        parentId=parent["id"],
        status="ACTIVE",
        customProperties={"region": "EU"},
    )

    for contact in made["contacts"]:
        assert contact.pop("id")
        assert contact.pop("createdAt") == contact.pop("updatedAt") == "2026-03-10T09:30:00.000Z"
    organization = made["organizations"][0].pop("id")
    assert made == {
        "id": made["id"],
        "createdAt": "2026-03-10T09:30:00.000Z",
        "legalName": "Northwind Ltd",
        "address": ADDRESS,
        "url": "https://www.northwind.example/about",
        "domain": "www.northwind.example",
        "label": "EU",
        "taxStatus": "TAXED",
        "status": "ACTIVE",
        "customProperties": {"region": "EU"},
        "integrationIds": [{"service": "Stripe", "id": "cus_123", "isPending": False}],
        "contacts": [ADA, BOB],
        "organizations": [
            {
                "owner": {"id": parent["id"], "name": "Northwind Group"},
                "members": [{"id": made["id"], "name": "Northwind Ltd"}],
                "memberCount": 1,
            }
        ],
        "parentId": parent["id"],
        "childCount": 0,
    }
    made["organizations"][0]["id"] = organization
    again = client.get(f"/customers/{made['id']}").json()
    for contact in again["contacts"]:
        del contact["id"], contact["createdAt"], contact["updatedAt"]
    assert again == made


def test_a_customer_at_the_top_has_no_parent_and_no_organization(client: TestClient) -> None:
    made = create(client)

    assert made["organizations"] == []
    assert "parentId" not in made


def test_a_parent_shows_the_organization_it_owns_and_the_one_it_is_in(client: TestClient) -> None:
    top = create_id(client, "Top")
    middle = create_id(client, "Middle", parentId=top)
    bottom = create_id(client, "Bottom", parentId=middle)

    own, above = client.get(f"/customers/{middle}").json()["organizations"]

    assert (own["owner"]["id"], [one["id"] for one in own["members"]]) == (middle, [bottom])
    assert (above["owner"]["id"], [one["id"] for one in above["members"]]) == (top, [middle])


def test_the_calls_of_the_guide_work_as_they_stand(client: TestClient) -> None:
    parent = create_id(client, "Parent")

    made = client.post("/customers", json={"parentId": parent, **GUIDE})
    updated = client.put(
        f"/customers/{made.json()['id']}",
        json={"parentId": parent, **GUIDE, "label": "Second US customer"},
    )

    assert (made.status_code, updated.status_code) == (201, 200)
    assert updated.json()["label"] == "Second US customer"
    for answer in (made.json(), updated.json()):
        assert answer["parentId"] == parent
        assert answer["taxStatus"] == "TAXED"
        assert answer["address"]["postcode"] == "94110"
        assert (answer["telephone"], answer["paymentReference"]) == ("02010001000", "John halls")
        (contact,) = answer["contacts"]
        assert contact["name"] == "Sam Lawford"
        assert contact["email"] == "billing@creditnow.com"
        assert contact["billingPreference"] == "PRIMARY"
    assert made.json()["contacts"][0]["id"] == updated.json()["contacts"][0]["id"]


def test_the_older_billing_addresses_become_standard_contacts(client: TestClient) -> None:
    flat = {**GUIDE, "billingEmails": ["ap@creditnow.com", "billing@creditnow.com"]}
    del flat["contactName"]

    contacts = client.post("/customers", json=flat).json()["contacts"]

    assert [(c["name"], c["email"], c["billingPreference"]) for c in contacts] == [
        ("Sam Lawford", "billing@creditnow.com", "PRIMARY"),
        ("ap@creditnow.com", "ap@creditnow.com", "STANDARD"),
    ]


@pytest.mark.parametrize("spelling", ["postcode", "postCode"])
@pytest.mark.parametrize("shape", [body(), GUIDE], ids=["contacts", "flat"])
def test_both_spellings_of_the_postcode_are_read_in_both_shapes(
    client: TestClient, shape: dict[str, Any], spelling: str
) -> None:
    address = {key: value for key, value in ADDRESS.items() if key != "postcode"}

    answer = client.post("/customers", json={**shape, "address": {**address, spelling: "W1"}})

    assert answer.json()["address"]["postcode"] == "W1"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"legalName": None}, "/legalName"),
        ({"legalName": " "}, "/legalName"),
        ({"legalName": "x" * 256}, "/legalName"),
        ({"address": None}, "/address"),
        ({"address": {**ADDRESS, "country": "UK"}}, "/address/country"),
        ({"address": {**ADDRESS, "line1": ""}}, "/address/line1"),
        ({"address": {**ADDRESS, "street": "x"}}, "/address/street"),
        ({"address": {**ADDRESS, "postCode": "x"}}, "/address/postCode"),
        ({"address": {**ADDRESS, "state": "CA"}}, "/address/state"),
        ({"address": US}, "/address/state"),
        ({"address": {**US, "state": "ON"}}, "/address/state"),
        ({"address": {**US, "country": "CA"}}, "/address/state"),
        ({"taxStatus": None}, "/taxStatus"),
        ({"taxStatus": "EXEMPT"}, "/taxStatus"),
        ({"contacts": None}, "/contacts"),
        ({"contacts": []}, "/contacts"),
        ({"contacts": [BOB]}, "/contacts"),
        ({"contacts": [{**ADA, "email": "ada"}]}, "/contacts/0/email"),
        ({"contacts": [{**ADA, "billingPreference": "primary"}]}, "/contacts/0/billingPreference"),
        ({"contacts": [{**ADA, "phone": "1"}]}, "/contacts/0/phone"),
        ({"email": "x@y.example"}, "/email"),
        ({"contactName": "Ada"}, "/contactName"),
        ({"billingEmails": ["x@y.example"]}, "/billingEmails"),
        ({"parentId": "my parent"}, "/parentId"),
        ({"parentId": 7}, "/parentId"),
        ({"customerAliases": [""]}, "/customerAliases/0"),
        ({"integrationIds": [{"service": "Sage", "id": "1"}]}, "/integrationIds/0/service"),
        ({"status": "ARCHIVED"}, "/status"),
        ({"url": "javascript:alert(1)"}, "/url"),
        ({"url": "http://[broken"}, "/url"),
        ({"customProperties": {"size": 7}}, "/customProperties/size"),
        ({"customProperties": {f"k{i}": "v" for i in range(51)}}, "/customProperties"),
        ({"legalname": "x"}, "/legalname"),
        ({"customAliases": ["x"]}, "/customAliases"),
    ],
)
def test_a_bad_field_is_named(client: TestClient, change: dict[str, Any], pointer: str) -> None:
    request = {key: value for key, value in body(**change).items() if value is not None}

    answer = client.post("/customers", json=request)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_an_older_request_needs_an_address_for_invoices(client: TestClient) -> None:
    flat = {key: value for key, value in GUIDE.items() if key != "email"}

    assert refusal(client.post("/customers", json=flat)) == (400, "invalid", ["/email"])


def test_pushing_to_integrations_is_not_there_yet(client: TestClient) -> None:
    answer = client.post("/customers", json=body(pushToIntegrations=["Xero"]))

    assert refusal(answer) == (400, "not_supported_yet", ["/pushToIntegrations"])
    assert client.post("/customers", json=body(pushToIntegrations=[])).status_code == 201


def test_an_update_replaces_but_keeps_what_it_leaves_out_of_the_few(client: TestClient) -> None:
    parent = create_id(client, "Parent")
    id = create_id(
        client,
        parentId=parent,
        url="northwind.example",
        label="EU",
        customerAliases=["nw"],
        customProperties={"region": "EU"},
        integrationIds=[{"service": "Xero", "id": "1"}],
        telephone="0113",
        status="DRAFT",
    )

    updated = client.put(f"/customers/{id}", json=body("Northwind plc")).json()

    assert updated["legalName"] == "Northwind plc"
    assert updated["integrationIds"] == []
    assert not {"url", "domain", "label"} & updated.keys()
    assert updated["parentId"] == parent
    assert updated["customProperties"] == {"region": "EU"}
    assert (updated["telephone"], updated["status"]) == ("0113", "DRAFT")
    aliases = client.get(f"/customers/{id}/aliases").json()["items"]
    assert [one["value"] for one in aliases] == ["nw"]


def test_an_update_replaces_what_it_names(client: TestClient, clock: Clock) -> None:
    id = create_id(client, customerAliases=["a", "b"], customProperties={"region": "EU"})
    clock.set("2026-04-01")

    change: dict[str, Any] = {
        "customerAliases": ["b", "c"],
        "customProperties": {"tier": "1"},
        "telephone": None,
    }
    updated = client.put(f"/customers/{id}", json=body(**change)).json()

    assert updated["customProperties"] == {"tier": "1"}
    aliases = client.get(f"/customers/{id}/aliases").json()["items"]
    assert [one["value"] for one in aliases] == ["b", "c"]
    assert "telephone" not in updated


def test_contacts_are_replaced_and_known_again_by_their_address(client: TestClient) -> None:
    before = create(client, contacts=[ADA, BOB])
    eve = {"name": "Eve", "email": "eve@northwind.example", "billingPreference": "NONE"}

    ada = {**ADA, "name": "Ada Poe-Ray", "email": "AP@northwind.example"}
    after = client.put(f"/customers/{before['id']}", json=body(contacts=[ada, eve])).json()

    assert [(one["name"], one["email"]) for one in after["contacts"]] == [
        ("Ada Poe-Ray", "AP@northwind.example"),
        ("Eve", "eve@northwind.example"),
    ]
    assert after["contacts"][0]["id"] == before["contacts"][0]["id"]
    everyone = client.get(
        f"/customers/{before['id']}/contacts", params={"includeArchived": True}
    ).json()["items"]
    assert [(one["name"], "archivedAt" in one) for one in everyone] == [
        ("Ada Poe-Ray", False),
        ("Bob Ray", True),
        ("Eve", False),
    ]


def test_an_alias_shows_the_customer_in_the_older_flat_shape(client: TestClient) -> None:
    parent = create_id(client, "Parent")
    request = {**GUIDE, "parentId": parent, "billingEmails": ["ap@creditnow.com"]}
    made = client.post("/customers", json={**request, "customerAliases": ["us/1"]}).json()

    by_alias = client.get("/customers/by-alias/us%2F1")
    by_id = client.get(f"/customers/by-alias/{made['id']}")

    assert by_alias.json() == by_id.json()
    assert by_alias.json() == {
        "id": made["id"],
        "createdAt": made["createdAt"],
        "legalName": "Sam Lawford",
        "contactName": "Sam Lawford",
        "address": made["address"],
        "email": "billing@creditnow.com",
        "telephone": "02010001000",
        "paymentReference": "John halls",
        "label": "First US customer",
        "integrationIds": [],
        "billingEmails": ["ap@creditnow.com"],
        "taxStatus": "TAXED",
        "parentId": parent,
    }


def test_an_alias_may_look_like_an_operation(client: TestClient) -> None:
    words = ["aliases", "contacts", "children", "hierarchy"]
    id = create_id(client, customerAliases=words)

    found = [client.get(f"/customers/by-alias/{word}").json()["id"] for word in words]

    assert found == [id] * len(words)


def test_an_unknown_alias_is_not_found(client: TestClient) -> None:
    assert refusal(client.get("/customers/by-alias/nobody")) == (404, "not_found", [])


def test_an_archived_customer_is_hidden_and_stays_readable(
    client: TestClient, clock: Clock
) -> None:
    id = create_id(client)

    archived = client.post(f"/customers/{id}/archive")
    clock.set("2026-04-01")
    again = client.post(f"/customers/{id}/archive")

    assert archived.status_code == again.status_code == 200
    assert archived.json()["archivedAt"] == again.json()["archivedAt"] == "2026-03-10T09:30:00.000Z"
    assert client.get(f"/customers/{id}").json() == archived.json()
    assert names(client.get("/customers")) == []
    assert names(client.get("/customers", params={"includeArchived": True})) == ["Northwind Ltd"]


def test_an_archived_customer_no_longer_changes(client: TestClient) -> None:
    made = create(client)
    id, contact = made["id"], made["contacts"][0]["id"]
    client.post(f"/customers/{id}/archive")

    answers = [
        client.put(f"/customers/{id}", json=body()),
        client.post(f"/customers/{id}/contacts", json=BOB),
        client.put(f"/customers/{id}/contacts/{contact}", json=ADA),
        client.post(f"/customers/{id}/contacts/{contact}/archive"),
        client.post("/customer-aliases", json={"customerId": id, "value": "x"}),
    ]

    assert [refusal(one) for one in answers] == [(409, "customer_archived", [])] * 5


def test_the_names_of_custom_properties_in_use(client: TestClient, stranger: TestClient) -> None:
    create(client, customProperties={"region": "EU", "tier": "1"})
    create(client, customProperties={"region": "US", "a.b c": "2"})
    create(stranger, customProperties={"secret": "1"})

    found = client.get("/customer-custom-property-keys").json()

    assert found == {"items": ["a.b c", "region", "tier"]}


def test_customers_of_another_workspace_are_not_found(
    client: TestClient, stranger: TestClient
) -> None:
    id = create_id(client, customerAliases=["nw"])

    answers = [
        stranger.get(f"/customers/{id}"),
        stranger.put(f"/customers/{id}", json=body()),
        stranger.post(f"/customers/{id}/archive"),
        stranger.get("/customers/by-alias/nw"),
        stranger.get(f"/customers/by-alias/{id}"),
        stranger.get(f"/customers/{id}/aliases"),
        stranger.get(f"/customers/{id}/contacts"),
        stranger.get("/customers/not-an-id"),
        stranger.get(f"/customers/{NOBODY}"),
    ]

    assert [one.status_code for one in answers] == [404] * len(answers)
    assert names(stranger.get("/customers")) == []
    assert create(stranger, customerAliases=["nw"])["id"] != id


@pytest.mark.parametrize("parent", [NOBODY, "theirs"])
def test_a_parent_that_is_not_there_is_not_found(
    client: TestClient, stranger: TestClient, parent: str
) -> None:
    parent = create_id(stranger) if parent == "theirs" else parent
    id = create_id(client)

    created = client.post("/customers", json=body(parentId=parent))
    updated = client.put(f"/customers/{id}", json=body(parentId=parent))

    assert refusal(created) == refusal(updated) == (404, "not_found", ["/parentId"])
    assert names(client.get("/customers")) == ["Northwind Ltd"]


def test_a_repeated_request_creates_one_customer(client: TestClient) -> None:
    key = {"Idempotency-Key": "one"}

    first = client.post("/customers", json=body(), headers=key)
    again = client.post("/customers", json=body(), headers=key)

    assert first.json() == again.json()
    assert names(client.get("/customers")) == ["Northwind Ltd"]
