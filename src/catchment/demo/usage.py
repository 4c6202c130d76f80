"""Every departure as a usage event, sent in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from catchment.demo.flights import Departure
from catchment.demo.server import Api, Failed

BATCH = 10_000


def load_usage(api: Api, departures: Sequence[Departure], done: Callable[[int], None]) -> None:
    """Send what has not been sent yet.

    A batch is kept whole or not at all and batches are sent one after the other, so the number of
    events kept says where to go on. Anything else than a number of whole batches (events that
    somebody sent by hand) means sending all: what is there already is superseded by its equal.
    """
    kept = api.get("/usage-events", {"limit": 1})["pagination"]["totalResultSize"]
    whole = kept % BATCH == 0 or kept == len(departures)
    start = kept if whole and kept <= len(departures) else 0
    done(start)
    for at in range(start, len(departures), BATCH):
        batch = departures[at : at + BATCH]
        answer = api.post("/usage-events/batch", [one.event() for one in batch])
        if answer["refused"]:
            raise Failed(f"{answer['refused']} events were refused: {answer['items'][:3]}")
        done(len(batch))
