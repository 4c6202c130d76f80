"""Random events and questions about them, and the way they enter the store."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import msgspec
from hypothesis import strategies as st
from sqlalchemy import Engine

from catchment.core.usage.metering import OF_EVENTS, Aggregation, Event, Member, Metric, UsageQuery
from catchment.core.values.period import BEGINNING, FOREVER, Span, intersect, union
from catchment.store.engine import writing
from catchment.usage import SentEvent, UsageStore, batch

START = datetime(2026, 3, 1, tzinfo=UTC)
_ids = count(1)

TEXTS = st.one_of(
    st.sampled_from(
        ["eu", "EU", "Eu", "straße", "STRASSE", "İ", "i", "ΑΣ", "ας", "ασ", "K", "k", "true", "1", "1.0", ""]
    ),
    st.sampled_from(
        ["-5", "007.50", "1e5", "+1", " 1", "1 ", ".5", "5.", "-0", "0.000000000001", "999999999999999.999999999999",
         "-999999999999999.999999999999", "1000000000000000", "0.0000000000001", "0" * 40 + "1", "١", "1\n"]
    ),
    st.decimals(-1000, 1000, places=3).map(str),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4),
)  # fmt: skip
NAMES = st.sampled_from(["n", "region", "it's", 'a"b', "x.y", "", "Ünïcode"])
INSTANTS = st.one_of(
    st.integers(0, 5).map(lambda day: START + timedelta(days=day)),
    st.integers(0, 5).map(lambda day: START + timedelta(days=day, microseconds=-1)),
    st.sampled_from([BEGINNING, datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC)]),
)
ALIASES = st.sampled_from(["a", "b", "c", "A", "d'd", "ünmapped"])
TYPES = st.sampled_from(["call", "other"])
PERCENTILES = [Decimal(p) for p in ("0.000000000001", "0.25", "0.5", "0.95", "1")]
EXPRESSIONS = [
    "n * w",
    "n / 3 + 1",
    "1 / n",
    'n * w + "Ünïcode" * 2',
    'max(n, region, "x.y") - min("it\'s", w)',
    '"a""b" * "a""b"',
]


@st.composite
def events(draw: st.DrawFn) -> Event:
    return Event(
        id=f"{next(_ids):012d}",
        customer_event_id=draw(st.integers(0, 12).map(str)),
        alias=draw(ALIASES),
        event_type=draw(TYPES),
        at=draw(INSTANTS),
        properties=draw(st.dictionaries(NAMES, TEXTS, max_size=4)),
    )


@st.composite
def metrics(draw: st.DrawFn) -> Metric:
    aggregation = draw(st.sampled_from(OF_EVENTS))
    filters = draw(st.dictionaries(NAMES, st.frozensets(TEXTS, max_size=3), max_size=2))
    more: dict[str, object] = {}
    if aggregation is Aggregation.PERCENTILE:
        more["percentile"] = draw(st.sampled_from(PERCENTILES))
    if aggregation is Aggregation.CUSTOM:
        more["expression"] = draw(st.sampled_from(EXPRESSIONS))
        more["parameters"] = (("w", draw(st.decimals(-9, 9, places=2))),)
    return Metric(
        id="m",
        event_type=draw(TYPES),
        aggregation=aggregation,
        property=None if aggregation is Aggregation.COUNT else draw(NAMES),
        filters=tuple(sorted(filters.items())),
        negated=frozenset(draw(st.sets(st.sampled_from(sorted(filters)))) if filters else ()),
        case_sensitive=draw(st.booleans()),
        **more,  # type: ignore[arg-type]
    )


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start, end = sorted(draw(st.tuples(INSTANTS, INSTANTS)))
    return draw(st.sampled_from([Span(start, end), Span(BEGINNING, FOREVER)]))


@st.composite
def queries(draw: st.DrawFn) -> UsageQuery:
    members = draw(
        st.lists(
            st.builds(
                Member,
                customer=st.sampled_from("pqrs"),
                aliases=st.lists(ALIASES, max_size=3).map(tuple),
                spans=st.lists(spans(), max_size=3).map(tuple),
            ),
            max_size=3,
            unique_by=lambda member: member.customer,
        )
    )
    bounds = draw(st.lists(st.decimals("0.5", 30, places=1), max_size=3, unique=True).map(sorted))
    values, events = draw(st.booleans()), draw(st.booleans())
    return UsageQuery(draw(metrics()), _apart(members), values, tuple(bounds), events)


def _apart(members: Sequence[Member]) -> tuple[Member, ...]:
    """The members, each without the aliases that one before it has at the same time."""
    found: list[Member] = []
    for member in members:
        taken = {
            alias
            for other in found
            for alias in other.aliases
            if any(intersect(union(other.spans), span) for span in member.spans)
        }
        aliases = tuple(alias for alias in member.aliases if alias not in taken)
        found.append(replace(member, aliases=aliases))
    return tuple(found)


def sent(event: Event) -> SentEvent:
    return SentEvent(
        event.alias,
        event.event_type,
        event.at,
        event.customer_event_id,
        msgspec.Raw(msgspec.json.encode(event.properties)),
    )


def send(engine: Engine, usage: UsageStore, workspace_id: str, events: Sequence[Event]) -> None:
    with writing(engine) as tx:
        usage.accept(tx, workspace_id, batch([sent(event) for event in events]), START)


def event(number: int, **changes: object) -> Event:
    """An ordinary event; its ``n`` is its number."""
    values: dict[str, object] = {
        "id": f"{number:012d}",
        "customer_event_id": f"sent-{number}",
        "alias": "a",
        "event_type": "call",
        "at": START + timedelta(minutes=number),
        "properties": {"n": str(number)},
    }
    return Event(**(values | changes))  # type: ignore[arg-type]


SUM_N = Metric("sum", "call", Aggregation.SUM, "n")
EVERYTHING = UsageQuery(SUM_N, (Member("p", ("a",), (Span(BEGINNING, FOREVER),)),))
D = Decimal
