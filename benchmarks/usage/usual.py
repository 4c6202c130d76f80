"""The usual way: FastAPI reads events with pydantic, under the same rules, and keeps none.

The key of the request is looked up in memory, properties have the same kinds and bounds, instants
the same range, and the answer is the same JSON. There are no headers of ours, no request ids, and
one fault refuses a whole batch, so it does a little less.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from fastapi import FastAPI, Header, HTTPException
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from catchment.api.edge.deps import key_of
from catchment.api.usage import event_reader
from catchment.core.values.errors import Unauthenticated
from catchment.core.values.period import BEGINNING, FOREVER
from catchment.settings import Settings
from catchment.store import access
from catchment.store.engine import reading
from catchment.stores import build
from catchment.usage.intake import properties


def _in_range(at: datetime) -> datetime:
    if not BEGINNING <= at < FOREVER:
        raise ValueError("The instant must lie between 1970 and 9999.")
    return at


_Name = Annotated[str, Field(min_length=1, max_length=255)]
_Whole = Annotated[int, Field(gt=-properties.BOUND, lt=properties.BOUND, strict=True)]
_Number = Annotated[float, Field(gt=-properties.BOUND, lt=properties.BOUND, strict=True)]
_Text = Annotated[str, Field(max_length=properties.LONGEST_TEXT)]
_Key = Annotated[str, Field(max_length=properties.LONGEST_NAME)]
_Value = _Text | _Whole | _Number | bool | None


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid")

    customerAlias: _Name  # noqa: N815
    eventType: _Name  # noqa: N815
    eventTimestamp: Annotated[AwareDatetime, AfterValidator(_in_range)] | None = None  # noqa: N815
    customerEventId: _Name | None = None  # noqa: N815
    eventProperties: Annotated[dict[_Key, _Value], Field(max_length=properties.MOST)] | None = None  # noqa: N815


def app(data_dir: Path) -> FastAPI:
    """The application, which knows the keys of the database in ``data_dir``."""
    built = build(Settings(data_dir=data_dir))
    known: dict[str, str] = {}
    usual = FastAPI()

    def workspace_of(authorization: str) -> str:
        if authorization not in known:
            key = key_of(authorization)
            with reading(built.engine) as tx:
                found = access.homes_of_keys(tx, [key], built.settings.hashing_key())
            if key not in found:
                raise HTTPException(Unauthenticated.status)
            known[authorization] = found[key].workspace_id
        return known[authorization]

    async def many(
        events: Annotated[list[_Event], Field(max_length=event_reader.MOST_EVENTS)],
        authorization: Annotated[str, Header()],
    ) -> dict[str, Any]:
        workspace_of(authorization)
        return {"accepted": len(events), "refused": 0, "items": []}

    async def one(event: _Event, authorization: Annotated[str, Header()]) -> dict[str, Any]:
        id = str(uuid4())
        return {
            "id": id,
            "customerEventId": event.customerEventId or id,
            "customerAlias": event.customerAlias,
            "eventType": event.eventType,
            "sequenceAccountId": workspace_of(authorization),
            "eventTimestamp": event.eventTimestamp,
            "eventProperties": event.eventProperties,
        }

    usual.post("/api/usage-events/batch")(many)
    usual.post("/api/usage-events", status_code=201)(one)
    return usual
