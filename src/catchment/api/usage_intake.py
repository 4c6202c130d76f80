"""/usage-events: facts arriving, one by one or by the thousand."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from fastapi import Query, Request, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from catchment.api import bodies, cloud_events, event_wire
from catchment.api.deps import Version
from catchment.api.event_models import EXAMPLE, BatchOut, UsageEventIn, UsageEventOut, answer, shown
from catchment.api.event_wire import Taken
from catchment.api.intake import Intake
from catchment.api.lean_route import LeanRoute
from catchment.api.route import MAX_BODY, replayed, router
from catchment.api.wire import Wire
from catchment.core.errors import Invalid
from catchment.flows.ingest_usage import Place
from catchment.store.access import Key
from catchment.store.idempotency import Stored
from catchment.usage import Batch, sent_events
from catchment.usage import batch as as_batch
from catchment.usage.intake import properties
from catchment.usage.intake.event_ids import event_id, event_ids

routes = router("/usage-events", "Usage events", LeanRoute)


def _documented(model: type[Wire], example: Any, *, array: bool) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    if array:
        schema = {"type": "array", "maxItems": event_wire.MOST_EVENTS, "items": schema}
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


@routes.post(
    "",
    status_code=201,
    response_class=Response,
    responses={201: {"model": UsageEventOut}},
    openapi_extra=_documented(UsageEventIn, EXAMPLE, array=False),
)
async def create_usage_event(
    request: Request,
    sequence_version: Version = None,  # noqa: ARG001 -- checked by FastAPI
) -> Response:
    """Keep one event. The answer means that it is on disk.

    Also takes a CloudEvent 1.0, structured or binary.
    """
    intake: Intake = request.app.state.intake
    sender = await intake.sender(request)
    body = await _body(request)
    if _kind(request) == cloud_events.SINGLE:
        batch = as_batch([cloud_events.one(body)])
    elif "ce-specversion" in request.headers:
        batch = as_batch([cloud_events.of_headers(request.headers, body)])
    else:
        batch = event_wire.one(body)

    def told(place: Place) -> Response:
        return answer(_single(batch, place), 201)

    return await _kept(request, sender, body, batch, told)


@routes.post(
    "/batch",
    response_class=Response,
    responses={200: {"model": BatchOut}},
    openapi_extra=_documented(UsageEventIn, [EXAMPLE], array=True),
)
async def create_usage_events(
    request: Request,
    ids: Annotated[bool, Query(description="List the kept events too, with their ids.")] = False,
    sequence_version: Version = None,  # noqa: ARG001 -- checked by FastAPI
) -> Response:
    """Keep up to 10,000 events: the good ones, while each bad one is refused by its index.

    The answer lists the refused ones. Also takes a batch of CloudEvents 1.0.
    """
    intake: Intake = request.app.state.intake
    sender = await intake.sender(request)
    body = await _body(request)
    read = cloud_events.one if _kind(request) == cloud_events.BATCH else None
    taken = event_wire.at_once(body) if read is None else None
    if taken is None:
        taken = await run_in_threadpool(event_wire.one_by_one, body, read)

    def told(place: Place) -> Response:
        items = list(_items(taken, place if ids else None))
        counts = {"accepted": taken.good.event_count, "refused": len(taken.refused)}
        return answer(counts | {"items": items}, 200)

    return await _kept(request, sender, body, taken.good, told)


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _body(request: Request) -> bytes:
    pause: float = request.app.state.settings.body_pause_seconds
    encoding = bodies.encoding(request.scope)
    body = await bodies.whole(request.receive, MAX_BODY, pause)
    return body if encoding is None else await bodies.unpacked(body, encoding, MAX_BODY)


async def _kept(
    request: Request,
    sender: Key | str,
    body: bytes,
    batch: Batch,
    told: Callable[[Place], Response],
) -> Response:
    """The answer once the events are on disk, or the one given before."""

    def stored(place: Place) -> Stored:
        response = told(place)
        return Stored(response.status_code, bytes(response.body))

    state = request.app.state
    intake: Intake = state.intake
    outcome = await intake.keep(request, sender, body, batch, stored)
    if isinstance(outcome, Stored):
        return replayed(outcome)
    response = told(outcome)
    if intake.worth_a_look(outcome.workspace_id, batch.event_count):
        response.background = BackgroundTask(state.usage.catch_up_if_worth_it, outcome.workspace_id)
    return response


def _single(batch: Batch, place: Place) -> dict[str, Any]:
    [sent] = sent_events(batch.json)
    id = event_id(place.workspace_id, place.received_at, place.first_seq)
    return shown(
        id,
        sent.customer_event_id or id,
        sent.customer_alias,
        sent.event_type,
        place.workspace_id,
        sent.event_timestamp or place.received_at,
        properties.kept(sent.event_properties)[0],
    )


def _items(taken: Taken, place: Place | None) -> Iterator[dict[str, Any]]:
    """The refused events of a request, and those kept at ``place`` where it is given."""
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
