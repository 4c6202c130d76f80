"""A month of usage events as request bodies, made by the million: the same ones in every run.

100,000 names, 10 types, 4 properties, about 240 bytes each, and of every 100 events 5 that were
sent before, a little earlier. What they come to is known from the numbers they are made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catchment.core.period import Span
from catchment.usage.intake.events import micros

NAMES = 100_000
TYPES = 10
MONTH = Span(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
REQUEST = 1_000
"""How many events a request has."""

RESENT = 0.05
PART = 100_000
"""How many events are made at once."""

_REACH = 2_000  # how far back what is sent again lies, at most
_MICROSECOND = timedelta(microseconds=1)
_NAMES = pa.array([f"{name:06}" for name in range(NAMES)])
_Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """Some requests' bodies, how many of their events are new, and what those sum up to."""

    bodies: Sequence[bytes]
    distinct: int
    thousandths: tuple[int, ...]
    """The sum of ``value`` in thousandths, by type."""


def parts(count: int, seed: int = 1) -> Iterator[Part]:
    """``count`` events, rounded down to whole parts."""
    for number in range(count // PART):
        yield part(number, seed)


def part(number: int, seed: int = 1) -> Part:
    """The part of that number."""
    random = np.random.default_rng((seed, number))
    kinds = random.integers(0, TYPES, PART)
    values = random.integers(0, 10_000_000, PART)
    again = np.flatnonzero(random.random(PART) < RESENT)
    again = again[again >= _REACH]
    source = np.arange(PART)
    source[again] = again - random.integers(1, _REACH, len(again))
    new = source == np.arange(PART)
    while not new[source].all():
        source = source[source]  # what was itself sent again says the same
    sums = [int(values[new & (kinds == kind)].sum()) for kind in range(TYPES)]
    lines = _lines(random, kinds, values).take(pa.array(source))
    ends = pa.array(np.arange(0, PART + 1, REQUEST, dtype=np.int32))
    joined = pc.binary_join(pa.ListArray.from_arrays(ends, lines), ",")
    bodies = [b"[%b]" % one.as_buffer() for one in joined]
    return Part(bodies, int(new.sum()), tuple(sums))


def _lines(random: np.random.Generator, kinds: _Numbers, values: _Numbers) -> pa.StringArray:
    """An event each, as JSON."""
    start, end = (micros(at) for at in (MONTH.start, MONTH.end))
    instants = pa.array(random.integers(start, end, PART), pa.timestamp("us"))
    pieces = [
        '{"customerAlias":"customer-',
        _chosen(_NAMES, random),
        '","eventType":"type-',
        pa.array(kinds).cast(pa.string()),
        '","customerEventId":"',
        _hexadecimal(random.bytes(16 * PART)),
        '","eventTimestamp":"',
        pc.utf8_replace_slice(instants.cast(pa.string()), 10, 11, "T"),
        'Z","eventProperties":{"region":"',
        _chosen(pa.array(["eu", "us", "ap"]), random),
        '","model":"',
        _chosen(pa.array(["large", "small", "mini"]), random),
        '","user":"u',
        pa.array(random.integers(0, 1_000_000, PART)).cast(pa.string()),
        '","value":',
        pa.array(values / 1000).cast(pa.string()),
        "}}",
    ]
    return pc.binary_join_element_wise(*pieces, "")


def _chosen(texts: pa.StringArray, random: np.random.Generator) -> pa.StringArray:
    return texts.take(pa.array(random.integers(0, len(texts), PART)))


def _hexadecimal(data: bytes) -> pa.StringArray:
    ends = pa.py_buffer(np.arange(0, 2 * len(data) + 1, 32, dtype=np.int32))
    return pa.StringArray.from_buffers(PART, ends, pa.py_buffer(data.hex().encode()))
