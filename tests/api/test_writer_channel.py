"""Requests handed to the writer's process are kept as they were sent, or somebody else hears of them."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from threading import Event, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from catchment import ids
from catchment.api.usage.group_commit import GroupCommit, Told
from catchment.api.usage.writing import program, wire
from catchment.api.usage.writing.channel import WriterChannel
from catchment.api.usage.writing.program import Write
from catchment.core.values.errors import Unauthenticated, Unavailable
from catchment.core.values.period import BEGINNING
from catchment.flows.usage.ingest_usage import Arrival, Place
from catchment.store import access
from catchment.store.access import Key, Workspace
from catchment.store.engine import writing
from catchment.usage import Batch, EventFilter, EventPageRequest, SentEvent, UsageStore, batch
from catchment.usage.intake.event_ids import event_id
from catchment.usage.intake.pressure import Pressure
from tests.conftest import Clock

HASHING_KEY = b"for tests only"
KEY = Key("ck", "se:cret é")
HERE = Place("here", BEGINNING, 1)


def one(n: int, padding: int = 0) -> Batch:
    sent = batch([SentEvent("a", "call", customer_event_id=f"e{n}")])
    return Batch(1, sent.json[:-1] + b" " * padding + b"]")


def place(seq: int, at: datetime = BEGINNING) -> Place:
    return Place(ids.new_id(), at, seq)


@contextmanager
def writer(write: Write, room: int = 1 << 20) -> Iterator[WriterChannel]:
    """A channel to a thread that does what the process does; what that does not keep is kept HERE."""
    ours, theirs = socket.socketpair()
    memory = memoryview(bytearray(room))

    def run() -> None:
        with theirs, suppress(ConnectionError):
            program.serve(theirs, memory, write)

    thread = Thread(target=run)
    thread.start()
    assert ours.recv(len(wire.READY)) == wire.READY
    channel = WriterChannel(ours, memory, lambda _sender, _batch, tell: tell(HERE))
    yield channel
    channel.close()
    thread.join()


def outcomes(channel: WriterChannel, sent: Sequence[tuple[Key, Batch]]) -> list[Told | None]:
    """What became of requests that were handed over at once; None of one that was not."""

    async def all_of_them() -> list[Told | None]:
        loop = asyncio.get_running_loop()
        waiting = []
        for sender, sent_batch in sent:
            future: asyncio.Future[Told | None] = loop.create_future()
            waiting.append(future)
            if not channel.submit(sender, sent_batch, future.set_result):
                future.set_result(None)
        return list(await asyncio.gather(*waiting))

    return asyncio.run(all_of_them())


@pytest.fixture
def key(engine: Engine, workspace: Workspace, clock: Clock) -> Key:
    with writing(engine) as tx:
        made = access.create_key(
            tx, workspace.id, id=ids.new_id(), at=clock(), hashing_key=HASHING_KEY
        )
    return Key(*made)


def test_what_is_handed_over_is_kept_where_it_was_told(
    engine: Engine, usage: UsageStore, workspace: Workspace, clock: Clock, key: Key
) -> None:
    commits = GroupCommit(engine, clock, HASHING_KEY, Pressure(1000))
    wrong = Key(key.client_id, "x")
    senders = [key, key, wrong, key]

    with writer(commits.write) as channel:
        told = outcomes(channel, [(who, one(n, n * 5_000)) for n, who in enumerate(senders)])

    assert told[2] == HERE
    kept = [one for one in told if isinstance(one, Place) and one != HERE]
    page = usage.events(
        workspace.id, EventFilter(), EventPageRequest(limit=9, by_id=True, ascending=True)
    )
    assert [(one.id, one.customer_event_id) for one in page.events] == [
        (event_id(one.workspace_id, one.received_at, one.first_seq), f"e{n}")
        for one, n in zip(kept, (0, 1, 3), strict=True)
    ]


def test_more_than_there_is_room_for_is_not_handed_over() -> None:
    arrived: list[Arrival] = []
    held = Event()

    def write(arrivals: list[Arrival]) -> Sequence[Told]:
        held.wait()
        arrived.extend(arrivals)
        return [place(len(arrived))] * len(arrivals)

    with writer(write, room=300) as channel:

        async def too_many() -> list[bool]:
            return [channel.submit(KEY, one(n), lambda _: None) for n in range(4)]

        fitted = asyncio.run(too_many())
        held.set()

    assert fitted == [True, True, True, False]


def test_room_is_used_again_and_bodies_arrive_whole() -> None:
    arrived: list[Arrival] = []

    def write(arrivals: list[Arrival]) -> Sequence[Told]:
        arrived.extend(arrivals)
        return [place(len(arrived))] * len(arrivals)

    with writer(write, room=1_000) as channel:

        async def one_after_the_other() -> None:
            for n in range(30):
                kept = asyncio.get_running_loop().create_future()
                assert channel.submit(KEY, one(n, 50 * (n % 8)), kept.set_result)
                await kept

        asyncio.run(one_after_the_other())

    assert arrived == [Arrival(KEY, one(n, 50 * (n % 8))) for n in range(30)]


@pytest.mark.parametrize(("count", "padding", "early"), [(1, 0, 0), (20, 0, 16), (1, 40_000, 1)])
def test_the_writer_gets_much_before_the_loop_has_done_all_else(
    count: int, padding: int, early: int
) -> None:
    ours, theirs = socket.socketpair()
    frames = wire.Frames()
    room = memoryview(bytearray(1 << 20))
    channel = WriterChannel(ours, room, lambda *_: None)

    async def handed_over() -> int:
        for n in range(count):
            assert channel.submit(KEY, one(n, padding), lambda _: None)
        theirs.setblocking(False)
        try:
            return len(frames.handed(theirs.recv(wire.READ)))
        except BlockingIOError:
            return 0

    with theirs:
        assert asyncio.run(handed_over()) == early
        channel.close()


def test_of_a_writer_that_dies_nobody_knows_and_it_gets_no_more() -> None:
    def die(_: list[Arrival]) -> Sequence[Told]:
        raise ConnectionError

    with writer(die) as channel:
        told = outcomes(channel, [(KEY, one(1)), (KEY, one(2))])
        after = outcomes(channel, [(KEY, one(3))])

    assert [isinstance(one, Unavailable) for one in told] == [True, True]
    assert after == [None]


def test_a_request_that_breaks_while_it_is_told_takes_nothing_from_the_next() -> None:
    reported: list[dict[str, object]] = []

    def broken(_: Told) -> None:
        raise ValueError

    with writer(lambda arrivals: [place(n + 1) for n in range(len(arrivals))]) as channel:

        async def both() -> Told:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: reported.append(context))
            channel.submit(KEY, one(1), broken)
            future: asyncio.Future[Told] = loop.create_future()
            channel.submit(KEY, one(2), future.set_result)
            return await future

        assert isinstance(asyncio.run(both()), Place)

    assert len(reported) == 1


@settings(max_examples=25)
@given(st.data())
def test_frames_are_whole_wherever_reading_ends(data: st.DataObject) -> None:
    places = st.integers(1, 1 << 60).map(
        lambda n: place(n, BEGINNING + timedelta(microseconds=n % (1 << 52)))
    )
    said = data.draw(st.lists(places | st.just(Unauthenticated()), max_size=6))
    stream = b"".join(map(wire.told, said))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    frames = wire.Frames()

    heard = [
        one
        for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for one in frames.told(stream[begin:end])
    ]

    assert heard == [one if isinstance(one, Place) else None for one in said]


def test_a_writer_that_cannot_start_is_noticed() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()

        assert not wire.greet(ours, wire.Database("sqlite://", b"", 1))
