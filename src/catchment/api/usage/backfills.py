"""/usage-events/backfills: send a stretch of usage once more, knowing first what bills become."""

from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar

import msgspec
from fastapi import Request
from pydantic import ConfigDict, Field

from catchment.api.edge.deps import Now, Tx, Usage, WhoIs
from catchment.api.edge.route import raw_body, router, writes_nothing
from catchment.api.edge.wire import At, Wire
from catchment.api.families.move_preview import PreviewedPayer
from catchment.api.invoices.date_ranges import InclusiveDateRange
from catchment.api.invoices.line_wire import AdjustedLineOut
from catchment.api.usage import event_reader
from catchment.api.usage.event_wire import EXAMPLE, UsageEventIn
from catchment.api.usage.intake import Intake
from catchment.core.values.errors import FieldError, Invalid
from catchment.core.values.money import money_text
from catchment.core.values.period import Span
from catchment.flows.usage.backfill import Backfill, Plan, backfill
from catchment.flows.usage.preview_backfill import AdjustmentChange, preview_backfill
from catchment.usage import sent_events
from catchment.usage.intake.pressure import UsageInboxFull
from catchment.usage.questions.standing import Window

routes = router("/usage-events/backfills", "Usage events")

_Name = Annotated[str, Field(min_length=1, max_length=255)]


class BackfillIn(Wire):
    """``events`` are all there is to be of ``eventType`` from ``start`` to before ``end``, and
    under ``customerAliases`` where these are given. Each has a ``customerEventId`` and an
    ``eventTimestamp``. What else counts there is cancelled.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {
                "eventType": "api_call",
                "customerAliases": ["nw-eu"],
                "start": "2026-03-02T00:00:00Z",
                "end": "2026-03-03T00:00:00Z",
                "events": [EXAMPLE],
            }
        }
    )

    event_type: _Name
    customer_aliases: Annotated[list[_Name], Field(min_length=1, max_length=1_000)] | None = None
    start: At
    end: At
    events: Annotated[list[UsageEventIn], Field(max_length=event_reader.MOST_EVENTS)]


class BackfillOut(Wire):
    """What becomes of how many events: ``replaced`` ones stood under the same id and differ,
    ``cancelled`` ones are not among those given, ``unchanged`` ones are exactly there.
    """

    added: int
    replaced: int
    cancelled: int
    unchanged: int

    @classmethod
    def of(cls, plan: Plan) -> "BackfillOut":
        return cls(
            added=plan.added,
            replaced=plan.replaced,
            cancelled=plan.cancelled,
            unchanged=plan.unchanged,
        )


class PreviewedAdjustment(Wire):
    """The adjustment that a charge on final invoices would get next, without the backfill and with
    it. `billed` is what `lines`, those in force, come to.
    """

    customer_id: str
    name: str
    billing_schedule_id: str
    price_id: str
    title: str
    service_period: InclusiveDateRange
    currency: str
    billed: str
    before: str
    after: str
    change: str
    lines: list[AdjustedLineOut]

    @classmethod
    def of(cls, one: AdjustmentChange) -> "PreviewedAdjustment":
        return cls(
            customer_id=one.customer,
            name=one.name,
            billing_schedule_id=one.schedule_id,
            price_id=one.price_id,
            title=one.title,
            service_period=InclusiveDateRange.of(one.service),
            currency=one.billed.currency,
            billed=money_text(one.billed),
            before=money_text(one.before),
            after=money_text(one.after),
            change=money_text(one.after - one.before),
            lines=[
                AdjustedLineOut(line_item_id=id, invoice_id=invoice, invoice_number=number)
                for id, (invoice, number) in one.invoices.items()
            ],
        )


class BackfillPreviewOut(Wire):
    """`payers`: what is not issued, drafts and what is still to be drafted. `adjustments`: what is
    final. Only what would be another is listed.
    """

    events: BackfillOut
    payers: list[PreviewedPayer]
    adjustments: list[PreviewedAdjustment]


@routes.post("")
def create_backfill(
    body: BackfillIn, request: Request, tx: Tx, usage: Usage, who: WhoIs, now: Now
) -> BackfillOut:
    """Let the events given take the place of those that count in a window.

    All at once: nobody counts a part of it. Sending the same again changes nothing. Drafts follow
    when they are recalculated; what is final gets an adjustment on the next invoice.
    """
    asked = _asked(body, request)
    intake: Intake = request.app.state.intake
    if intake.pressure.is_full(tx, len(raw_body(request)), now):
        raise UsageInboxFull
    return BackfillOut.of(backfill(tx, usage, who.workspace.id, asked, now))


@routes.post("/preview")
@writes_nothing
def preview(
    body: BackfillIn, request: Request, tx: Tx, usage: Usage, who: WhoIs, now: Now
) -> BackfillPreviewOut:
    """What a backfill would change on invoices, computed by what bills; nothing is kept."""
    found = preview_backfill(tx, usage, who.workspace, _asked(body, request), now=now)
    return BackfillPreviewOut(
        events=BackfillOut.of(found.plan),
        payers=[PreviewedPayer.of(payer) for payer in found.payers],
        adjustments=[PreviewedAdjustment.of(one) for one in found.adjustments],
    )


class _Given(msgspec.Struct):
    events: msgspec.Raw


def _asked(body: BackfillIn, request: Request) -> Backfill:
    """The body with its events read by the rules of all events, from the digits sent.

    Raises Invalid.
    """
    if body.start >= body.end:
        raise Invalid.field("/end", "The window must end after it starts.")
    given = msgspec.json.decode(raw_body(request), type=_Given)
    taken = event_reader.one_by_one(bytes(given.events))
    if taken.refused:
        errors = tuple(_within(taken.refused))
        raise Invalid(errors[0].message, errors=errors)
    aliases = None if body.customer_aliases is None else frozenset(body.customer_aliases)
    window = Window(body.event_type, Span(body.start, body.end), aliases)
    return Backfill(window, tuple(sent_events(taken.good.json)))


def _within(refused: Iterable[tuple[int, Invalid]]) -> Iterator[FieldError]:
    """What is wrong with events, by their place in the body."""
    for place, refusal in refused:
        for one in refusal.errors or (FieldError("", refusal.code, refusal.detail),):
            yield FieldError(f"/events/{place}{one.pointer}", one.code, one.message)
