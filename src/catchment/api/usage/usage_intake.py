"""/usage-events: facts arriving, one by one or by the thousand."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query, Request, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from catchment.api.edge import bodies
from catchment.api.edge.deps import Version
from catchment.api.edge.lean_route import LeanRoute
from catchment.api.edge.route import MAX_BODY, replayed, router
from catchment.api.edge.wire import Wire
from catchment.api.usage import cloud_events, event_answers, event_reader
from catchment.api.usage.event_reader import Taken
from catchment.api.usage.event_wire import EXAMPLE, BatchOut, UsageEventIn, UsageEventOut
from catchment.api.usage.intake import Intake
from catchment.flows.usage.ingest_usage import KeptSince, Place
from catchment.store.access import Key
from catchment.store.idempotency import Stored
from catchment.usage import batch as as_batch

routes = router("/usage-events", "Usage events", LeanRoute)


def _documented(model: type[Wire], example: Any, *, array: bool) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    if array:
        schema = {"type": "array", "maxItems": event_reader.MOST_EVENTS, "items": schema}
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
        batch = event_reader.one(body)

    def told(taken: Taken, place: Place) -> Stored:
        return Stored(HTTPStatus.CREATED, event_answers.one(taken.good, place))

    return await _kept(request, sender, body, Taken(batch), told, single=True)


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
    all_good = event_reader.surely_many(body) if read is None else None
    if all_good is not None:
        taken = Taken(all_good)
    else:
        taken = await run_in_threadpool(event_reader.one_by_one, body, read)

    def told(taken: Taken, place: Place) -> Stored:
        return Stored(HTTPStatus.OK, event_answers.many(taken, place if ids else None))

    return await _kept(request, sender, body, taken, told)


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
    sent: Taken,
    told: Callable[[Taken, Place], Stored],
    *,
    single: bool = False,
) -> Response:
    """The answer once the events are on disk, or the one given before.

    A single one that is too old is refused. Raises Invalid.
    """
    state = request.app.state
    intake: Intake = state.intake
    while True:
        taken = sent.since(intake.kept_since(sender))
        if single and taken.refused:
            raise taken.refused[0][1]
        outcome = await intake.keep(request, sender, body, taken.good, partial(told, taken))
        if not isinstance(outcome, KeptSince):
            break
    if isinstance(outcome, Stored):
        return replayed(outcome)
    fresh = told(taken, outcome)
    response = Response(fresh.body, fresh.status, media_type="application/json")
    if intake.worth_a_look(outcome.workspace_id, taken.good.event_count):
        response.background = BackgroundTask(state.usage.loading.if_worth_it, outcome.workspace_id)
    return response
