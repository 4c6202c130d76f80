import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from catchment.store.access import Workspace
from catchment.usage import UsageStore
from tests.api import kin
from tests.conftest import Clock

EVENT: dict[str, Any] = {
    "customerAlias": "nw-eu",
    "customerEventId": "evt-9",
    "eventType": "api_call",
    "eventTimestamp": "2026-03-02T12:00:00+02:00",
    "eventProperties": {"tokens": 12, "region": "eu"},
}


def listed(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/usage-events", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def refusal(client: TestClient, body: Any) -> list[tuple[str, str]]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post("/usage-events", content=content)
    assert answer.status_code == 400, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_an_event_is_kept_as_it_was_sent(client: TestClient, workspace: Workspace) -> None:
    answer = client.post("/usage-events", json=EVENT)

    assert answer.status_code == 201
    made = answer.json()
    assert made == {
        **EVENT,
        "id": made["id"],
        "sequenceAccountId": workspace.id,
        "eventTimestamp": "2026-03-02T10:00:00.000Z",
    }
    assert listed(client) == [made | {"isLatestForCustomerEventId": True}]


def test_an_event_without_id_and_time_gets_both(client: TestClient, clock: Clock) -> None:
    made = client.post("/usage-events", json={"customerAlias": "a", "eventType": "b"}).json()

    assert made["customerEventId"] == made["id"]
    assert made["eventTimestamp"] == "2026-03-10T09:30:00.000Z"
    assert made["eventProperties"] == {}


def test_numbers_keep_every_digit_and_lose_every_spelling(client: TestClient) -> None:
    sent = (
        b'{"customerAlias":"a","eventType":"b","eventProperties":{"a":1.10,"b":1e2,"c":0.000000000001,'
        b'"d":999999999999999.999999999999,"e":-0.0,"f":[1.50,{"g":1E-3}],"h":null,"i":true,"j":100}}'
    )

    answer = client.post("/usage-events", content=sent)

    assert answer.status_code == 201, answer.text
    kept = answer.text.partition('"eventProperties":')[2]
    assert kept == (
        '{"a":1.1,"b":100,"c":0.000000000001,"d":999999999999999.999999999999,"e":0,'
        '"f":[1.5,{"g":0.001}],"h":null,"i":true,"j":100}}'
    )
    assert kept[:-1] in client.get("/usage-events").text


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"customerAlias": ...}, "/customerAlias"),
        ({"customerAlias": ""}, "/customerAlias"),
        ({"customerAlias": "x" * 256}, "/customerAlias"),
        ({"customerAlias": 7}, "/customerAlias"),
        ({"customerAlias": "a\0b"}, "/customerAlias"),
        ({"eventType": None}, "/eventType"),
        ({"eventType": "x" * 256}, "/eventType"),
        ({"customerEventId": "x" * 256}, "/customerEventId"),
        ({"customerEventId": "\ud800"}, "/customerEventId"),
        ({"eventTimestamp": "2026-03-02"}, "/eventTimestamp"),
        ({"eventTimestamp": "2026-03-02T10:00:00"}, "/eventTimestamp"),
        ({"eventTimestamp": "1969-12-31T23:59:59.999Z"}, "/eventTimestamp"),
        ({"eventTimestamp": "9999-12-31T00:00:00Z"}, "/eventTimestamp"),
        ({"eventTimestamp": "9999-12-31T23:59:59-23:59"}, "/eventTimestamp"),
        ({"eventTimestamp": "0001-01-01T00:00:00+23:59"}, "/eventTimestamp"),
        ({"eventTimestamp": 1772445600}, "/eventTimestamp"),
        ({"eventProperties": []}, "/eventProperties"),
        ({"eventProperties": {str(n): n for n in range(101)}}, "/eventProperties"),
        ({"eventProperties": {"x" * 256: 1}}, "/eventProperties"),
        ({"eventProperties": {"a/b": 10**15}}, "/eventProperties/a~1b"),
        ({"eventProperties": {"n": "x" * 65_536}}, "/eventProperties/n"),
        ({"eventProperties": {"n": [{"m": 10**15}]}}, "/eventProperties/n/0/m"),
        ({"eventProperties": {"n": "a\0"}}, "/eventProperties/n"),
        ({"eventProperties": {"n": ["\udfff"]}}, "/eventProperties/n/0"),
        ({"eventProperties": {"n": [[[[[[[[]]]]]]]]}}, "/eventProperties/n/0/0/0/0/0/0/0"),
        ({"surprise": 1}, "/surprise"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(client: TestClient, changes: dict[str, Any], pointer: str) -> None:
    body = {k: v for k, v in (EVENT | changes).items() if v is not ...}

    assert [at for at, _ in refusal(client, body)] == [pointer]
    assert listed(client) == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"nul", b"[]", b'"x"', b"1", b"\xff", b"[" * 100_000, b'{"a":' * 50_000,
        b'{"customerAlias":"a","eventType":"b","eventProperties":{"n":NaN}}',
        b'{"customerAlias":"a","eventType":"b","eventProperties":{"n":"\xff"}}',
        b'{"customerAlias":"a","eventType":"b","eventProperties":{"n":1e999999999999999999999}}',
        b'{"customerAlias":"a","eventType":"b","eventProperties":{"n":' + b"9" * 5000 + b"}}",
        b'{"customerAlias":"a","eventType":"b","eventProperties":{"n":999999999999999.9999999999995}}',
        b'{"customerAlias":"a","eventType":"b","eventProperties":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused(client: TestClient, body: bytes) -> None:
    for path, content in (("/usage-events", body), ("/usage-events/batch", b"[" + body + b",")):
        answer = client.post(path, content=content)
        assert (answer.status_code, answer.json()["status"]) == (400, 400), answer.text


def test_an_escaped_backslash_is_no_nul(client: TestClient) -> None:
    body = EVENT | {"eventProperties": {"n": "\\u0000"}}

    answer = client.post("/usage-events", json=body)

    assert answer.json()["eventProperties"] == {"n": "\\u0000"}


def test_a_batch_keeps_the_good_and_refuses_the_bad_by_index(client: TestClient) -> None:
    good = [EVENT | {"customerEventId": f"e{n}"} for n in range(2)]
    bad = [EVENT | {"eventType": ""}, 7, EVENT | {"customerEventId": "\ud800"}]

    answer = client.post(
        "/usage-events/batch?ids=true", content=json.dumps([good[0], *bad, good[1]])
    )

    assert answer.status_code == 200
    told = answer.json()
    assert (told["accepted"], told["refused"]) == (2, 3)
    assert [item["index"] for item in told["items"]] == [0, 1, 2, 3, 4]
    assert [[e["pointer"] for e in item.get("errors", [])] for item in told["items"]] == [
        [], ["/eventType"], [""], ["/customerEventId"], [],
    ]  # fmt: skip
    kept = listed(client, sortOrder="ASC")
    assert [e["id"] for e in kept] == [told["items"][0]["id"], told["items"][4]["id"]]
    assert [e["customerEventId"] for e in kept] == ["e0", "e1"]


def test_a_batch_has_room_for_ten_thousand(client: TestClient) -> None:
    small = {"customerAlias": "a", "eventType": "b"}

    full = client.post("/usage-events/batch", json=[small] * 10_000)
    over = client.post("/usage-events/batch", json=[small] * 10_001)
    empty = client.post("/usage-events/batch", json=[])

    assert (full.status_code, full.json()["accepted"]) == (200, 10_000)
    assert (over.status_code, over.json()["code"]) == (413, "too_large")
    assert empty.json() == {"accepted": 0, "refused": 0, "items": []}
    assert client.post("/usage-events/batch", json={"items": []}).status_code == 400
    answer = client.get("/usage-events", params={"limit": 1}).json()
    assert answer["pagination"]["totalResultSize"] == 10_000


def test_a_body_beyond_ten_megabytes_is_refused(client: TestClient) -> None:
    answer = client.post("/usage-events/batch", content=b" " * (10 * 1024 * 1024 + 1))

    assert answer.status_code == 413


def test_a_later_event_with_the_same_id_supersedes_and_the_earlier_stays_readable(
    client: TestClient,
) -> None:
    client.post("/usage-events", json=EVENT)
    client.post("/usage-events", json=EVENT | {"customerAlias": "VOID", "eventType": "other"})
    client.post("/usage-events/batch", json=[EVENT | {"customerAlias": "x"}, EVENT])

    marks = [(e["customerAlias"], e["isLatestForCustomerEventId"]) for e in listed(client)]

    assert marks == [("nw-eu", True), ("x", False), ("VOID", False), ("nw-eu", False)]


def test_a_retry_with_the_same_key_keeps_one_event(client: TestClient) -> None:
    headers = {"Idempotency-Key": "k1"}

    first = client.post("/usage-events", json=EVENT, headers=headers)
    second = client.post("/usage-events", json=EVENT, headers=headers)

    assert second.json() == first.json()
    assert len(listed(client)) == 1


def test_every_filter_keeps_what_it_says(client: TestClient) -> None:
    kin.create(client, customerAliases=["nw-eu"])
    for n, (alias, kind) in enumerate([("nw-eu", "a"), ("nw-us", "a"), ("x", "b"), ("y", "b")]):
        client.post(
            "/usage-events",
            json=EVENT
            | {"customerAlias": alias, "customerEventId": f"e{n}", "eventType": kind}
            | {"eventTimestamp": f"2026-03-0{n + 1}T00:00:00Z"},
        )
    ids = {e["customerEventId"]: e["id"] for e in listed(client)}

    def found(**query: Any) -> list[str]:
        return [e["customerEventId"] for e in listed(client, sortOrder="ASC", **query)]

    assert found() == ["e0", "e1", "e2", "e3"]
    assert found(customerAlias="x,y") == ["e2", "e3"]
    assert found(customerAlias=["x", "nw-us"]) == ["e1", "e2"]
    assert found(customerAlias="none") == []
    assert found(eventType="b") == ["e2", "e3"]
    assert found(eventId="e1") == ["e1"]
    assert found(eventId=ids["e1"]) == ["e1"]
    assert found(eventTimestampBefore="2026-03-02T00:00:00Z") == ["e0"]
    assert found(eventTimestampAfter="2026-03-02T00:00:00Z") == ["e2", "e3"]
    assert found(unmappedAliasesOnly=True) == ["e1", "e2", "e3"]
    assert found(unmappedAliasesOnly=True, eventType="a") == ["e1"]
    assert found(offset=3) == ["e3"]


@pytest.mark.parametrize("order", ["ASC", "DESC"])
@pytest.mark.parametrize("by", ["id", "eventTimestamp"])
def test_pages_meet_and_go_both_ways(client: TestClient, order: str, by: str) -> None:
    times = ["03", "01", "02", "01", "05", "01", "04"]
    batch = [
        EVENT | {"customerEventId": f"e{n}", "eventTimestamp": f"2026-03-{day}T00:00:00Z"}
        for n, day in enumerate(times)
    ]
    client.post("/usage-events/batch", json=batch)
    query = {"sortOrder": order, "sortBy": by, "limit": 3}
    whole = [e["customerEventId"] for e in listed(client, **(query | {"limit": 100}))]
    expected = sorted(range(7), key=lambda n: (times[n], n) if by == "eventTimestamp" else n)
    assert whole == [f"e{n}" for n in (expected if order == "ASC" else expected[::-1])]

    forth: list[list[str]] = []
    place: dict[str, Any] = {}
    while place is not None:
        page = client.get("/usage-events", params=query | place).json()
        forth.append([e["customerEventId"] for e in page["items"]])
        after = page["pagination"].get("after")
        last = page["pagination"].get("before")
        place = {"after": after} if after else None
    back: list[list[str]] = []
    while last:
        page = client.get("/usage-events", params=query | {"before": last}).json()
        back.append([e["customerEventId"] for e in page["items"]])
        last = page["pagination"].get("before")

    assert forth == [whole[:3], whole[3:6], whole[6:]]
    assert back == [whole[3:6], whole[:3]]


@pytest.mark.parametrize("cursor", ["x", "!!", "W10", "WyJhIl0", "WzEsMl0", "bnVsbA", "\xe9"])
def test_a_cursor_not_of_this_list_is_refused(client: TestClient, cursor: str) -> None:
    for query in ({"after": cursor}, {"before": cursor}):
        answer = client.get("/usage-events", params=query | {"sortBy": "eventTimestamp"})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == "cursor_invalid"


def test_a_stranger_sees_none_of_our_events(client: TestClient, stranger: TestClient) -> None:
    client.post("/usage-events", json=EVENT)
    stranger.post("/usage-events", json=EVENT | {"customerAlias": "theirs"})

    assert [e["customerAlias"] for e in listed(client)] == ["nw-eu"]
    assert [e["customerAlias"] for e in listed(stranger)] == ["theirs"]
    assert listed(client)[0]["isLatestForCustomerEventId"]


def test_many_requests_are_moved_out_of_the_inbox(
    client: TestClient, engine: Engine, usage: UsageStore
) -> None:
    for n in range(70):
        client.post("/usage-events", json=EVENT | {"customerEventId": str(n)})

    with engine.connect() as tx:
        waiting = tx.execute(text("SELECT count(*) FROM usage_inbox")).scalar_one()

    assert waiting < 64
    page = client.get("/usage-events").json()
    assert page["pagination"]["totalResultSize"] == 70


def test_an_answer_of_success_comes_after_the_commit(client: TestClient, engine: Engine) -> None:
    assert client.post("/usage-events", json=EVENT).status_code == 201
    with engine.connect() as tx:
        assert tx.execute(text("SELECT count(*) FROM usage_inbox")).scalar_one() == 1
