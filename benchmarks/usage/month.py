"""A month of usage events made by the million: the same ones in every run.

100,000 names, 10 types, 4 properties, about 240 bytes each as JSON, and of every 100 events 5 that
were sent before, a little earlier. What they come to is known from the numbers they are made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catchment.core.values.period import Span
from catchment.usage.intake.columns import COLUMNS, NUMBER, NUMBERS, TEXT, column
from catchment.usage.intake.events import first_place, micros

NAMES = 100_000
TYPES = 10
MONTH = Span(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
REQUEST = 1_000
"""How many events a request has."""

RESENT = 0.05
PART = 100_000
"""How many events are made at once."""

_REACH = 2_000  # how far back what is sent again lies, at most
_CODES = pa.array([f"{name:06}" for name in range(NAMES)])


@dataclass(frozen=True, slots=True)
class Part:
    """Some events in the order in which they are sent, ``REQUEST`` at a time."""

    events: pa.Table
    new: tuple[int, ...]
    """How many events of each request were not sent before."""
    thousandths: tuple[int, ...]
    """The sum of ``value`` in thousandths, by type, each event counted once."""

    def bodies(self) -> list[bytes]:
        """The requests' bodies."""
        texts = self.events.combine_chunks()
        instants = texts["event_at"].cast(pa.timestamp("us")).cast(pa.string())
        lines = pc.binary_join_element_wise(
            '{"customerAlias":"',
            texts["alias"],
            '","eventType":"',
            texts["event_type"],
            '","customerEventId":"',
            texts["customer_event_id"],
            '","eventTimestamp":"',
            pc.utf8_replace_slice(instants, 10, 11, "T"),
            'Z","eventProperties":{"region":"',
            texts["region"],
            '","model":"',
            texts["model"],
            '","user":"',
            texts["user"],
            '","value":',
            pa.array(texts["thousandths"].to_numpy() / 1000).cast(pa.string()),
            "}}",
            "",
        ).combine_chunks()
        ends = pa.array(np.arange(0, PART + 1, REQUEST, dtype=np.int32))
        joined = pc.binary_join(pa.ListArray.from_arrays(ends, lines), ",")
        return [b"[%b]" % one.as_buffer() for one in joined]

    def table(self, first_row: int) -> pa.Table:
        """The columns of the events, if that is the row of the inbox with the first request."""
        rows = np.arange(first_row, first_row + PART // REQUEST) * first_place(1)
        received = np.full(PART, micros(MONTH.end))
        exact = np.zeros((PART, 2), np.int64)  # the lower and the upper half of 128 bits
        exact[:, 0] = self.events["thousandths"].to_numpy() * 10 ** (NUMBERS.scale - 3)
        own = {name: self.events[name] for name in ("region", "model", "user")}
        return pa.table(
            {
                "seq": np.repeat(rows, REQUEST) + np.tile(np.arange(REQUEST), PART // REQUEST),
                "customer_event_id": self.events["customer_event_id"],
                "alias": self.events["alias"],
                "event_type": self.events["event_type"],
                "event_at": self.events["event_at"],
                "received_at": received,
                **{name: pa.nulls(PART, COLUMNS[name]) for name in ("properties", "texts")},
                **{column(TEXT, name): values for name, values in own.items()},
                column(NUMBER, "value"): pa.Array.from_buffers(
                    NUMBERS, PART, [None, pa.py_buffer(exact)]
                ),
            }
        )


def part(number: int, id_bytes: int = 16) -> Part:
    """The part of that number; ids are so many random bytes in hexadecimal."""
    random = np.random.default_rng((1, number))
    kinds = random.integers(0, TYPES, PART)
    thousandths = random.integers(0, 10_000_000, PART)
    start, end = (micros(at) for at in (MONTH.start, MONTH.end))
    events = pa.table(
        {
            "customer_event_id": _hexadecimal(random.bytes(id_bytes * PART)),
            "alias": _chosen("customer-", _CODES, random),
            "event_type": _joined("type-", pa.array(kinds).cast(pa.string())),
            "event_at": random.integers(start, end, PART),
            "region": _chosen("", pa.array(["eu", "us", "ap"]), random),
            "model": _chosen("", pa.array(["large", "small", "mini"]), random),
            "user": _joined("u", pa.array(random.integers(0, 10**6, PART)).cast(pa.string())),
            "thousandths": thousandths,
        }
    )
    again = np.flatnonzero(random.random(PART) < RESENT)
    again = again[again >= _REACH]
    source = np.arange(PART)
    source[again] = again - random.integers(1, _REACH, len(again))
    new = source == np.arange(PART)
    while not new[source].all():
        source = source[source]  # what was itself sent again says the same
    return Part(
        events.take(pa.array(source)),
        tuple(new.reshape(-1, REQUEST).sum(axis=1).tolist()),
        tuple(int(thousandths[new & (kinds == kind)].sum()) for kind in range(TYPES)),
    )


def _chosen(start: str, texts: pa.StringArray, random: np.random.Generator) -> pa.StringArray:
    return _joined(start, texts).take(pa.array(random.integers(0, len(texts), PART)))


def _joined(start: str, texts: pa.StringArray) -> pa.StringArray:
    return pc.binary_join_element_wise(start, texts, "")


def _hexadecimal(data: bytes) -> pa.StringArray:
    ends = pa.py_buffer(np.linspace(0, 2 * len(data), PART + 1, dtype=np.int32))
    return pa.StringArray.from_buffers(PART, ends, pa.py_buffer(data.hex().encode()))
