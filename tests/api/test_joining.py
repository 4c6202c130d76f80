"""Requests become one where all of them share an outcome, and each hears of its own part."""

from dataclasses import replace
from datetime import UTC, datetime

from catchment.api.usage import joining
from catchment.api.usage.joining import join
from catchment.core.values.errors import Unauthenticated
from catchment.flows.usage.ingest_usage import Arrival, Place, Retry
from catchment.store.access import Key
from catchment.store.idempotency import Stored
from catchment.usage import Batch, sent_events
from catchment.usage.intake.events import PLACES

AT = datetime(2026, 3, 1, tzinfo=UTC)
RETRY = Retry("k", "/x", "h", lambda _: Stored(200, b""))
KEY = Key("ck", "secret")


def arrival(*names: str) -> Arrival:
    events = (f'{{"customerAlias":"{name}","eventType":"t"}}' for name in names)
    return Arrival(KEY, Batch(len(names), f" [ {' , '.join(events)} ]\n".encode()))


def names(one: Arrival) -> list[str]:
    assert one.batch.event_count == len(sent_events(one.batch.json))
    return [event.customer_alias for event in sent_events(one.batch.json)]


def test_requests_of_one_sender_become_one_in_their_order() -> None:
    [one] = join([arrival("a"), arrival(), arrival("b", "c"), arrival("d")])

    assert names(one.arrival) == ["a", "b", "c", "d"]
    assert list(one.outcomes(Place("w", AT, 70))) == [
        Place("w", AT, first) for first in (70, 71, 71, 73)
    ]


def test_of_a_refusal_everyone_hears() -> None:
    [one] = join([arrival("a"), arrival("b")])

    assert list(one.outcomes(refusal := Unauthenticated())) == [refusal, refusal]


def test_only_neighbours_that_share_an_outcome_are_joined() -> None:
    other = replace(arrival("b"), sender=Key("ck", "another"))
    later = replace(arrival("c"), since=AT)
    retry = replace(arrival("d"), retry=RETRY)
    sent = [arrival("a"), other, arrival("a"), later, arrival("a"), retry, retry, arrival("a")]

    assert [one.arrival for one in join(sent)] == sent


def test_a_row_has_room_for_what_is_joined() -> None:
    half = Batch(PLACES // 2, b"[0]")

    assert [len(one.counts) for one in join([Arrival(KEY, half)] * 5)] == [2, 2, 1]


def test_large_requests_are_left_as_they_are() -> None:
    large = Arrival(KEY, Batch(1, b"[%b]" % (b" " * joining._MOST_BYTES)))

    assert [one.arrival for one in join([large, large])] == [large, large]
    assert [one.arrival for one in join([arrival("a"), large])] == [arrival("a"), large]
