"""What is answered to events that were kept, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from catchment.api.usage.event_reader import Taken
from catchment.api.usage.event_wire import shown
from catchment.core.values.errors import Invalid
from catchment.flows.usage.ingest_usage import Place
from catchment.usage import Batch, sent_events
from catchment.usage.intake import properties
from catchment.usage.intake.event_ids import event_id, event_ids

_encode = msgspec.json.Encoder().encode


def one(batch: Batch, place: Place) -> bytes:
    """A single event, as it was kept."""
    [sent] = sent_events(batch.json)
    id = event_id(place.workspace_id, place.received_at, place.first_seq)
    return _encode(
        shown(
            id,
            sent.customer_event_id or id,
            sent.customer_alias,
            sent.event_type,
            place.workspace_id,
            sent.event_timestamp or place.received_at,
            properties.shown(sent.event_properties),
        )
    )


def many(taken: Taken, place: Place | None = None) -> bytes:
    """How many were kept and refused, which were refused, and where ``place`` is given the ids of
    those that were kept at it.
    """
    counts = {"accepted": taken.good.event_count, "refused": len(taken.refused)}
    return _encode(counts | {"items": list(_items(taken, place))})


def _items(taken: Taken, place: Place | None) -> Iterator[dict[str, Any]]:
    if place is None:
        yield from (_refused(index, refusal) for index, refusal in taken.refused)
        return
    seqs = range(place.first_seq, place.first_seq + taken.good.event_count)
    ids = event_ids(place.workspace_id, place.received_at, seqs)
    kept = zip(ids, sent_events(taken.good.json), strict=True)
    refused = dict(taken.refused)
    for index in range(taken.sent):
        if index in refused:
            yield _refused(index, refused[index])
        else:
            id, sent = next(kept)
            yield {"index": index, "id": id, "customerEventId": sent.customer_event_id or id}


def _refused(index: int, refusal: Invalid) -> dict[str, Any]:
    errors = [
        {"pointer": error.pointer, "code": error.code, "message": error.message}
        for error in refusal.errors
    ]
    if not errors:
        errors = [{"pointer": "", "code": refusal.code, "message": refusal.detail}]
    return {"index": index, "errors": errors}
