"""/usage-events/import: files of usage events, as large as they like, and how far each has come."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

from fastapi import Query, Request, Response
from pydantic import Field
from starlette.types import Scope

from catchment.api.edge import bodies
from catchment.api.edge.arriving import Arriving, Readable, unpacking
from catchment.api.edge.deps import Version
from catchment.api.edge.lean_route import LeanRoute
from catchment.api.edge.route import retry_key, router
from catchment.api.edge.wire import Wire
from catchment.api.usage import event_files
from catchment.api.usage.event_wire import ItemRefusal, answer
from catchment.api.usage.intake import Intake
from catchment.core.values.errors import Invalid
from catchment.flows.usage.import_usage import Upload, begun, import_usage
from catchment.usage.intake.imports import Progress

routes = router("/usage-events", "Usage events", LeanRoute)

_AT_ONCE = 4
_PARTS_WORTH_LOADING = 25
_threads = ThreadPoolExecutor(_AT_ONCE, "usage-import")  # of which one may wait long for its sender

_READERS = {
    "application/x-ndjson": event_files.ndjson,
    "application/jsonl": event_files.ndjson,
    "text/csv": event_files.csv_rows,
}
_EXAMPLES = {
    "application/x-ndjson": '{"customerAlias":"nw-eu","eventType":"api_call"}\n',
    "text/csv": "customerAlias,eventType,eventTimestamp,customerEventId,tokens\n"
    "nw-eu,api_call,2026-03-02T10:00:00Z,evt-9,12\n",
}
_DOCUMENTED: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string"}, "example": example}
            for kind, example in _EXAMPLES.items()
        },
    }
}

ImportId = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]


class RowRefusal(Wire):
    """Rows are counted from 1, a header not counted."""

    row: int
    errors: list[ItemRefusal]


class ImportOut(Wire):
    """``rows`` are on disk or refused. ``refusals`` are the first 100."""

    import_id: str | None = None
    rows: int
    accepted: int
    refused: int
    refusals: list[RowRefusal]


@routes.post(
    "/import",
    response_class=Response,
    responses={200: {"model": ImportOut}},
    openapi_extra=_DOCUMENTED,
)
async def import_usage_events(
    request: Request,
    import_id: Annotated[
        ImportId | None,
        Query(alias="importId", description="A name under which the file can be sent again."),
    ] = None,
    sequence_version: Version = None,  # noqa: ARG001 -- checked by FastAPI
) -> Response:
    """Keep the events of a file, NDJSON or CSV, compressed with gzip or zstd or not at all.

    Rows are kept as they come. Where an import breaks off, send the whole file again under the same
    importId: it goes on at exactly the row after the last one that is on disk.
    """
    state = request.app.state
    intake: Intake = state.intake
    sender = await intake.sender(request)
    if retry_key(request) is not None:
        raise Invalid("An import is sent again under its importId, not under an Idempotency-Key.")
    read = _reader(request.scope)
    encoding = bodies.encoding(request.scope)
    upload = Upload(sender, import_id, intake.hashing_key, intake.pressure)
    arriving = Arriving(bodies.pieces(request.receive, state.settings.body_pause_seconds))

    def work() -> Progress:
        done = begun(state.engine, upload)
        source = unpacking(arriving, encoding)
        parts = read(_Explained(source), done.rows)
        kept = import_usage(state.engine, upload, done, parts, clock=state.clock)
        for number, (home, progress) in enumerate(kept, 1):
            done = progress
            if number % _PARTS_WORTH_LOADING == 0:
                state.usage.loading.if_worth_it(home)
        return done

    done = await asyncio.get_running_loop().run_in_executor(_threads, work)
    return answer(shown(import_id, done), 200)


class _Explained:
    """A source whose damage is the sender's."""

    def __init__(self, source: Readable) -> None:
        self._source = source

    def read(self, size: int, /) -> bytes:
        try:
            return self._source.read(size)
        except OSError as error:
            raise Invalid(f"The body is not what its Content-Encoding says: {error}.") from error


def _reader(scope: Scope) -> Any:
    kind = next((v for name, v in scope["headers"] if name == b"content-type"), b"")
    known = _READERS.get(kind.decode("latin-1").partition(";")[0].strip().lower())
    if known is None:
        raise Invalid("A file is application/x-ndjson or text/csv; say so in Content-Type.")
    return known


def shown(import_id: str | None, done: Progress) -> dict[str, Any]:
    """How far an import is, as it is answered."""
    named = {} if import_id is None else {"importId": import_id}
    counts = {"rows": done.rows, "accepted": done.accepted, "refused": done.refused}
    return named | counts | {"refusals": list(done.refusals)}
