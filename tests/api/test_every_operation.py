"""What holds for every operation there is: bad bodies are refused by field, strangers see nothing.

Both are driven by the OpenAPI document, so an operation added without an entry here fails.
"""

import copy
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catchment.api.edge.problems import MEDIA_TYPE
from tests.api.world import CSV, OPERATIONS, World
from tests.conftest import DATABASES

SESSION = {"POST /session", "DELETE /session"}  # no workspace yet: tested in test_access
HOSTILE: tuple[Any, ...] = (
    None, 0, -1, 1.5, 10**30, True, False, [], {}, [None], [[]], [{}], ["x"], [1], {"": ""},
    {"x": {"y": []}}, "", " ", "x" * 30_000, "\x01", "\x00", "\ud800", "NaN", "１２", "1e400", "1_000",
    "2026-02-30", "0000-01-01", "00000000-0000-7000-8000-00000000000g",
    "<script>alert(1)</script>" * 200,
)  # fmt: skip
QUERY = {
    "calculate": {
        "customerAliases": "nw",
        "periodStart": "2026-01-01",
        "periodEnd": "2026-01-31",
    },
    "usage": {
        "customerIds": "00000000-0000-7000-8000-000000000000",
        "from": "2026-01-01",
        "to": "2026-01-31",
    },
}
STRICTEST = DATABASES[-1:]  # what PostgreSQL takes, SQLite takes: a zero byte is its own to refuse
WITH_BODIES = [key for key, body in OPERATIONS.items() if body and key not in CSV]
SOME_AT_ONCE = [tuple(WITH_BODIES[at::8]) for at in range(8)]  # a world takes a second to make
OPERATION = re.compile(r"\{(\w+):([^}]+)\}")


def plain(key: str) -> str:
    """An operation of the table as the OpenAPI document names it."""
    return OPERATION.sub(r"{\1}", key)


def address(key: str, ids: dict[str, str]) -> tuple[str, str]:
    """Method and path of an operation of the table."""
    method, path = key.split(" ", 1)
    return method, OPERATION.sub(lambda m: ids[m[2]], path)


@pytest.fixture
def world(client: TestClient) -> World:
    return World(client).build()


def operations(client: TestClient) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            if isinstance(operation, dict):
                yield f"{method.upper()} {path.removeprefix('/api')}", operation


def fields(value: Any, pointer: str = "") -> Iterator[tuple[str, ...]]:
    """The path of every field of a body."""
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in items:
        here = f"{pointer}/{key}"
        yield tuple(here.split("/")[1:])
        yield from fields(inner, here)


def with_value(body: Any, path: tuple[str, ...], value: Any) -> Any:
    """``body`` with another value at ``path``; Ellipsis removes it."""
    changed = copy.deepcopy(body)
    at = changed
    for step in path[:-1]:
        at = at[int(step) if isinstance(at, list) else step]
    last: Any = int(path[-1]) if isinstance(at, list) else path[-1]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return changed


def test_the_table_knows_every_operation_that_writes(client: TestClient) -> None:
    written = {key for key, _ in operations(client) if not key.startswith("GET ")} - SESSION

    assert {plain(key) for key in OPERATIONS} == written


def test_every_operation_says_what_it_does(client: TestClient) -> None:
    silent = [
        key for key, o in operations(client) if not o.get("description") or not o.get("summary")
    ]

    assert silent == []


def test_every_operation_tells_of_the_answers_it_gives_and_of_the_key(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    [(scheme, described)] = document["components"]["securitySchemes"].items()
    assert (described["scheme"], document["security"]) == ("basic", [{scheme: []}])
    for key, operation in operations(client):
        refusals = {s: a for s, a in operation["responses"].items() if int(s) >= 400}
        assert (
            {"400", "401"} <= refusals.keys() <= {"400", "401", "404", "409", "413", "429", "503"}
        ), key
        assert {kind for a in refusals.values() for kind in a["content"]} == {MEDIA_TYPE}, key


def test_every_body_has_an_example(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]

    def has_example(schema: dict[str, Any]) -> bool:
        if "$ref" in schema:
            return has_example(schemas[schema["$ref"].rsplit("/", 1)[1]])
        if "example" in schema or "examples" in schema:
            return True
        if any("examples" in field for field in schema.get("properties", {}).values()):
            return True
        return any(has_example(s) for key in ("oneOf", "anyOf") for s in schema.get(key, []))

    without = [
        key
        for key, operation in operations(client)
        for media in operation.get("requestBody", {}).get("content", {}).values()
        if not ("example" in media or "examples" in media or has_example(media["schema"]))
    ]
    assert without == []


@pytest.mark.parametrize("database_url", STRICTEST, indirect=True)
@pytest.mark.parametrize("some", SOME_AT_ONCE, ids=lambda some: some[0])
def test_bad_bodies_are_refused_by_field(world: World, some: tuple[str, ...]) -> None:
    for key in some:
        see_bad_bodies_refused(world, key)


def see_bad_bodies_refused(world: World, key: str) -> None:
    make = OPERATIONS[key]
    assert make is not None
    body = make(world)
    method, path = address(key, world.ids | world.numbers)
    named: Counter[str] = Counter()
    bad = [((), value) for value in (None, 1, "x", [1], [{"x": 1}])]
    bad += [(place, value) for place in fields(body) for value in (*HOSTILE, ...)]
    if isinstance(body, dict):
        bad.append((("surprise",), 1))

    for place, value in bad:
        sent = with_value(body, place, value) if place else value
        answer = world.client.request(method, path, content=json.dumps(sent))
        pointer = "".join(f"/{step}" for step in place)
        assert answer.status_code < 500, (key, pointer, value, answer.text)
        refusals = _refusals(answer)
        if refusals is None:
            continue
        assert answer.status_code in {200, 400, 404, 409, 413}, (key, pointer, value, answer.text)
        if answer.status_code in {200, 400}:
            assert refusals, (key, pointer, value, answer.text)
            near = any(_near(r, pointer) for r in refusals)
            # To leave something out can be right in itself and make another field wrong.
            left_out = value is False or value in (None, [], {}, ...)
            assert near or left_out, (key, pointer, value, answer.text)
            named[pointer] += near

    assert sum(named.values()) >= 20, (key, named)


def _refusals(answer: Any) -> list[str] | None:
    """The pointers of a refusal, or None where the request was accepted."""
    if answer.status_code == 204 or not answer.content:
        return None
    told = answer.json()
    if answer.status_code >= 400:
        return [e["pointer"] for e in told["errors"]]
    items = told.get("items", []) if isinstance(told, dict) else []
    refused = [
        f"/{i['index']}{e['pointer']}"
        for i in items
        if isinstance(i, dict)
        for e in i.get("errors", [])
    ]
    return refused or None


def _near(refused: str, sent: str) -> bool:
    """Whether a refusal points at the field, or at something it holds or belongs to."""
    return refused.startswith(sent) or sent.startswith(refused)


def test_a_stranger_finds_nothing_of_ours(world: World, stranger: TestClient) -> None:
    seen = []
    for key, operation in operations(world.client):
        parameters = [p for p in operation.get("parameters", []) if p["in"] == "path"]
        if parameters and key.startswith("GET "):
            for ids in _candidates(key, world):
                path = re.sub(r"\{(\w+)\}", lambda m, ids=ids: ids[m[1]], key.split(" ", 1)[1])
                answer = stranger.get(path, params=QUERY.get(path.rsplit("/", 1)[1]))
                assert answer.status_code == 404, (key, path, answer.text)
                seen.append(key)
    for key, make in OPERATIONS.items():
        method, path = address(key, world.ids | world.numbers)
        body = None if make is None else make(world)
        foreign = path != plain(key).split(" ", 1)[1] or any(
            i in json.dumps(body) for i in world.ids.values()
        )
        if foreign:
            answer = stranger.request(method, path, json=body)
            assert answer.status_code == 404, (key, answer.text)
            seen.append(key)
    assert len(seen) > 60


def _candidates(key: str, world: World) -> Iterator[dict[str, str]]:
    """Every way of filling an operation's path with ids of ours."""
    names = re.findall(r"\{(\w+)\}", key)
    for id in world.ids.values():
        yield dict.fromkeys(names, id)
    if "version" in names:
        for kind in ("tax rate", "tax category"):
            yield {"id": world.ids[kind], "version": world.numbers[f"{kind} version"]}
    if "alias" in names:
        yield {"alias": "nw"}
    for known in (("child", "contact"), ("invoice", "line", "child")):
        if 1 < len(names) <= len(known):
            yield {name: world.ids[id] for name, id in zip(names, known, strict=False)}


def test_lists_show_a_stranger_nothing(world: World, stranger: TestClient) -> None:
    lists = [
        key.split(" ", 1)[1]
        for key, _ in operations(world.client)
        if key.startswith("GET ") and "{" not in key
    ]
    for path in lists:
        told = stranger.get(path).text
        assert not [i for i in world.ids.values() if i in told], path


def test_ids_of_ours_filter_nothing_for_a_stranger(world: World, stranger: TestClient) -> None:
    for path, name in (
        ("/customers?parentId={}", "parent"),
        ("/invoices?customerId={}", "parent"),
        ("/invoices?billingScheduleId={}", "running"),
        ("/billing-schedules?customerId={}", "parent"),
        ("/prices?productId={}", "product"),
        ("/usage-events?customerAlias={}", "child"),
        ("/usage-events?lineItemId={}", "line"),
        ("/seat-events?lineItemId={}", "line"),
    ):
        answer = stranger.get(path.format(world.ids[name]))
        assert (answer.status_code, answer.json()["items"]) == (200, []), path
