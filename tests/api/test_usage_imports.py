"""Files of events: kept row by row, refused by row, and gone on with exactly where they broke off."""

import asyncio
import gzip
import json
from typing import Any

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient

from catchment.api.usage import event_files
from tests.api.test_usage_events import listed

NDJSON = {"Content-Type": "application/x-ndjson"}
CSV = {"Content-Type": "text/csv; charset=utf-8"}


def lines(*numbers: int, **more: Any) -> bytes:
    """Events without an id of their sender's: sent twice they would count twice."""
    events = [{"customerAlias": "a", "eventType": f"t{n}", **more} for n in numbers]
    return b"".join(json.dumps(one).encode() + b"\n" for one in events)


def send(client: TestClient, body: Any, headers: dict[str, str], query: str = "") -> dict[str, Any]:
    answer = client.post(f"/usage-events/import{query}", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def types(client: TestClient) -> list[str]:
    return [one["eventType"] for one in listed(client, sortOrder="ASC", limit=100)]


def test_every_row_is_kept_or_refused_by_its_number(client: TestClient) -> None:
    body = lines(1) + b"\n \r\n" + b'{"customerAlias":"a"}\n7\n' + lines(2).strip()

    told = send(client, body, NDJSON)

    assert (told["rows"], told["accepted"], told["refused"]) == (4, 2, 2)
    assert [(r["row"], [e["pointer"] for e in r["errors"]]) for r in told["refusals"]] == [
        (2, ["/eventType"]),
        (3, [""]),
    ]
    assert types(client) == ["t1", "t2"]


def test_lines_that_are_only_an_event_together_are_none(client: TestClient) -> None:
    event = lines(1).strip()
    body = event + b"," + event[:-1] + b"\n" + b'"eventProperties":{}}\n' + lines(2)

    told = send(client, body, NDJSON)

    assert (told["rows"], told["accepted"], told["refused"]) == (3, 1, 2)
    assert types(client) == ["t2"]


def test_columns_of_csv_become_fields_numbers_and_texts(client: TestClient) -> None:
    body = (
        "\ufeffcustomerAlias,tokens,eventType,region,eventTimestamp,customerEventId\r\n"
        'nw,12.50,call,"e""u, x",2026-03-02T10:00:00Z,e1\r\n'
        "nw,007,call,,,\r\n"
        "nw,1e400,call,eu,,\r\n"
        ",1,call,eu,,\r\n"
        "nw,1\r\n"
    )

    told = send(client, body.encode(), CSV)

    first, second = listed(client, sortOrder="ASC")
    assert first["eventProperties"] == {"tokens": 12.5, "region": 'e"u, x'}
    assert (first["customerEventId"], first["eventTimestamp"]) == ("e1", "2026-03-02T10:00:00.000Z")
    assert second["eventProperties"] == {"tokens": "007"}
    assert second["customerEventId"] == second["id"]
    assert [(r["row"], r["errors"][0]["pointer"]) for r in told["refusals"]] == [
        (3, "/eventProperties/tokens"),
        (4, "/customerAlias"),
        (5, ""),
    ]


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_compressed_file_is_read_as_what_it_was(client: TestClient, encoding: str) -> None:
    body = lines(*range(50))
    packed = pa.Codec(encoding).compress(body, asbytes=True)

    told = send(client, packed, NDJSON | {"Content-Encoding": encoding})

    assert told["accepted"] == 50


def broken_off(client: TestClient, body: bytes, query: str) -> int:
    """The status of a request whose sender dies in the middle of its body."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/usage-events/import",
        "query_string": query.encode(),
        "headers": [
            (b"authorization", client.auth._auth_header.encode()),
            (b"content-type", b"application/x-ndjson"),
        ],
    }
    coming = iter([{"type": "http.request", "body": body, "more_body": True}])
    told: list[int] = []

    async def receive() -> dict[str, Any]:
        return next(coming, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        told.append(message.get("status", 0))

    asyncio.run(client.app(scope, receive, send))
    return told[0]


def test_an_import_goes_on_after_the_last_row_that_is_on_disk(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_files, "_LARGEST_PART", 60)  # two rows
    body = lines(1, 2, 3, 4, 5, 6, 7)

    status = broken_off(client, body[: len(body) // 2 + 10], "importId=f")
    shown = client.get("/usage-events/imports/f").json()
    before = types(client)
    told = send(client, body, NDJSON, "?importId=f")

    assert status == 400
    assert shown == {"importId": "f", "rows": 2, "accepted": 2, "refused": 0, "refusals": []}
    assert before == ["t1", "t2"]
    assert told == shown | {"rows": 7, "accepted": 7}
    assert types(client) == [f"t{n}" for n in range(1, 8)]


def test_a_file_sent_again_doubles_nothing(client: TestClient) -> None:
    body = lines(1, 2) + b"7\n" + lines(3)

    first = send(client, body, NDJSON, "?importId=a%20file")
    again = send(client, body, NDJSON, "?importId=a%20file")
    longer = send(client, body + lines(4), NDJSON, "?importId=a%20file")

    assert first == again
    assert (longer["rows"], longer["accepted"], longer["refused"]) == (5, 4, 1)
    assert [r["row"] for r in longer["refusals"]] == [3]
    assert types(client) == ["t1", "t2", "t3", "t4"]
    assert client.get("/usage-events/imports/a%20file").json() == longer


def test_an_import_of_another_workspace_is_another(
    client: TestClient, stranger: TestClient
) -> None:
    send(client, lines(1), NDJSON, "?importId=f")

    assert stranger.get("/usage-events/imports/f").status_code == 404
    assert send(stranger, lines(1), NDJSON, "?importId=f")["rows"] == 1


@pytest.mark.parametrize(
    ("body", "headers", "detail"),
    [
        (b"x", {}, "Content-Type"),
        (b"", CSV, "no header"),
        (b"customerAlias,tokens\n", CSV, "eventType"),
        (b"customerAlias,eventType,x,x\n", CSV, "twice"),
        (b'customerAlias,eventType\n"a\n', CSV, "no CSV"),
        (b"customerAlias,eventType\n\xff,b\n", CSV, "UTF-8"),
        (b"no gzip", NDJSON | {"Content-Encoding": "gzip"}, "Content-Encoding"),
        (
            gzip.compress(lines(1), mtime=0)[:-9],
            NDJSON | {"Content-Encoding": "gzip"},
            "Content-Encoding",
        ),
        (b"x", NDJSON | {"Content-Encoding": "br"}, "gzip or zstd"),
        (lines(1), NDJSON | {"Idempotency-Key": "k"}, "importId"),
        (b"x" * ((1 << 20) + 1), NDJSON, "at most"),
    ],
)
def test_what_is_no_file_of_events_is_refused(
    client: TestClient, body: bytes, headers: dict[str, str], detail: str
) -> None:
    answer = client.post("/usage-events/import", content=body, headers=headers)

    assert answer.status_code == 400, answer.text
    assert detail in answer.json()["detail"]


def test_a_wrong_key_imports_nothing(client: TestClient) -> None:
    answer = client.post(
        "/usage-events/import", content=lines(1), headers=NDJSON, auth=("ck", "cs")
    )

    assert answer.status_code == 401
