"""Requests that wait at the same time are written together, and each has its own outcome."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from catchment import ids
from catchment.api.usage.group_commit import GroupCommit
from catchment.core.values.errors import Unauthenticated
from catchment.flows.usage.ingest_usage import Arrival, Place, Retry
from catchment.store import access
from catchment.store.access import Key, Workspace
from catchment.store.engine import lock, writing
from catchment.store.idempotency import IdempotencyKeyReused, Stored
from catchment.usage import Batch, EventFilter, EventPageRequest, SentEvent, UsageStore, batch
from catchment.usage.intake.event_ids import event_id
from catchment.usage.intake.pressure import Pressure, UsageInboxFull
from tests.conftest import Clock

KEY = b"for tests only"


def arrival(sender: Key | str, n: int, retry: Retry | None = None) -> Arrival:
    sent = batch([SentEvent("a", "call", customer_event_id=f"e{n}")])
    return Arrival(sender, sent, retry)


def first_place(place: Place) -> Stored:
    return Stored(201, str(place.first_seq).encode())


def outcomes(
    engine: Engine, clock: Clock, workspace: Workspace, sent: Sequence[Arrival], limit: int = 1000
) -> list[Place | Stored | BaseException]:
    """Of requests that all wait, because somebody else is writing until the last one is there."""
    commits = GroupCommit(engine, clock, KEY, Pressure(limit))

    async def all_at_once() -> list[Place | Stored | BaseException]:
        with writing(engine) as tx:
            lock(tx, "usage", workspace.id)
            tasks = [asyncio.create_task(commits.keep(one)) for one in sent]
            await asyncio.sleep(0)  # each has taken its place
        return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(all_at_once())


def kept(usage: UsageStore, workspace: Workspace) -> list[tuple[str, str]]:
    request = EventPageRequest(limit=100, by_id=True, ascending=True)
    page = usage.events(workspace.id, EventFilter(), request)
    return [(one.id, one.customer_event_id) for one in page.events]


@pytest.fixture
def key(engine: Engine, workspace: Workspace, clock: Clock) -> Key:
    with writing(engine) as tx:
        made = access.create_key(tx, workspace.id, id=ids.new_id(), at=clock(), hashing_key=KEY)
    return Key(*made)


def test_many_requests_take_few_commits_and_keep_their_order(
    engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock, key: Key
) -> None:
    commits: list[Connection] = []
    event.listen(engine, "commit", commits.append)

    told = outcomes(engine, clock, workspace, [arrival(key, n) for n in range(20)])

    places = [one for one in told if isinstance(one, Place)]
    assert len(places) == 20
    assert len(commits) <= 4
    assert kept(usage, workspace) == [
        (event_id(workspace.id, one.received_at, one.first_seq), f"e{n}")
        for n, one in enumerate(places)
    ]


def test_a_wrong_key_takes_nothing_from_the_others(
    engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock, key: Key
) -> None:
    wrong = [Key(key.client_id, "x"), Key("ck_none", key.secret)]
    sent = [arrival(one, n) for n, one in enumerate([key, *wrong, key])]

    told = outcomes(engine, clock, workspace, sent)

    assert [isinstance(one, Unauthenticated) for one in told] == [False, True, True, False]
    assert [sent_id for _, sent_id in kept(usage, workspace)] == ["e0", "e3"]


def test_a_key_that_is_revoked_while_its_request_waits_opens_nothing(
    engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock, key: Key
) -> None:
    with writing(engine) as tx:
        access.revoke_key(tx, key.client_id, clock())

    [told] = outcomes(engine, clock, workspace, [arrival(key, 1)])

    assert isinstance(told, Unauthenticated)
    assert kept(usage, workspace) == []


def test_one_idempotency_key_keeps_one_of_requests_that_wait_together(
    engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock, key: Key
) -> None:
    same, other = Retry("k", "/x", "body", first_place), Retry("k", "/x", "other body", first_place)
    sent = [arrival(key, n, retry) for n, retry in enumerate([same, same, other, same])]

    told = outcomes(engine, clock, workspace, sent)

    assert isinstance(told[0], Place)
    assert told[1] == told[3] == Stored(201, str(told[0].first_seq).encode())
    assert isinstance(told[2], IdempotencyKeyReused)
    assert [sent_id for _, sent_id in kept(usage, workspace)] == ["e0"]


def test_of_a_group_that_cannot_be_written_each_is_tried_alone(
    engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock, key: Key
) -> None:
    nowhere = "00000000-0000-7000-8000-000000000000"  # no workspace: the row breaks a foreign key
    senders = [key, nowhere, key, workspace.id]

    told = outcomes(engine, clock, workspace, [arrival(one, n) for n, one in enumerate(senders)])

    assert [isinstance(one, DBAPIError) for one in told] == [False, True, False, False]
    assert [sent_id for _, sent_id in kept(usage, workspace)] == ["e0", "e2", "e3"]


def test_where_a_commit_fails_nobody_hears_of_success_and_the_next_is_kept(
    engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock, key: Key
) -> None:
    full = [True]

    def no_space(connection: Connection) -> None:
        inserting = connection.info.pop("inserting", False)
        if inserting and full:
            full.clear()
            raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    def inserted(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO usage_inbox"):
            connection.info["inserting"] = True

    event.listen(engine, "commit", no_space)
    event.listen(engine, "after_cursor_execute", inserted)
    commits = GroupCommit(engine, clock, KEY, Pressure(1000))

    with pytest.raises(OperationalError):
        asyncio.run(commits.keep(arrival(key, 1)))
    again = asyncio.run(commits.keep(arrival(key, 2)))

    assert isinstance(again, Place)
    assert [sent_id for _, sent_id in kept(usage, workspace)] == ["e2"]


def test_a_full_inbox_takes_no_more_until_it_is_loaded(
    engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock, key: Key
) -> None:
    commits = GroupCommit(engine, clock, KEY, Pressure(1))
    small = batch([SentEvent("a", "call", customer_event_id="e0")])
    large = Batch(1, small.json[:-1] + b" " * (1 << 20) + b"]")

    def keep(one: Arrival) -> Place | Stored:
        return asyncio.run(commits.keep(one))

    first = keep(Arrival(key, large, Retry("k", "/x", "h", lambda _: Stored(200, b"kept"))))
    with pytest.raises(UsageInboxFull):
        keep(arrival(key, 1))
    repeated = keep(Arrival(key, large, Retry("k", "/x", "h", lambda _: Stored(200, b"no"))))
    usage.catch_up(workspace.id)
    with pytest.raises(UsageInboxFull):
        keep(arrival(key, 2))  # it looks no more than once a second
    clock.at += timedelta(seconds=1)
    then = keep(arrival(key, 3))

    assert isinstance(first, Place)
    assert repeated == Stored(200, b"kept")
    assert isinstance(then, Place)


def test_a_sender_that_goes_away_leaves_its_events_and_harms_nobody(
    engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock, key: Key
) -> None:
    commits = GroupCommit(engine, clock, KEY, Pressure(1000))

    async def one_leaves() -> object:
        with writing(engine) as tx:
            lock(tx, "usage", workspace.id)
            leaving = asyncio.create_task(commits.keep(arrival(key, 1)))
            staying = asyncio.create_task(commits.keep(arrival(key, 2)))
            await asyncio.sleep(0)
            leaving.cancel()
        return await staying

    assert isinstance(asyncio.run(one_leaves()), Place)
    assert [sent_id for _, sent_id in kept(usage, workspace)] == ["e1", "e2"]
