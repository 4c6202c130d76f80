"""Looking for garbage less often while much is made that stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_SELDOM = (1_000_000, 20, 50)
_lock = Lock()
_usual: list[tuple[int, int, int]] = []


@contextmanager
def collected_seldom(*, frozen: bool = True) -> Iterator[None]:
    """Meanwhile the collector looks again only once much has come, and, where that is ``frozen``,
    not at what was there.

    Billing makes millions of values that hold no cycles. Looking through all of them as often as
    for other requests takes a quarter of its time. Several threads may be at it at once.

    It is the whole process that collects seldom: other threads' cycles wait as long, for a million
    values at most. For a run, and in its helpers, that is minutes of nothing else. A server may do
    so for what makes tens of thousands of values within a request and drops them with it. It
    freezes nothing: what other requests have just made would be taken for old, and wait for a
    collection of everything.
    """
    with _lock:
        _usual.append(_usual[0] if _usual else gc.get_threshold())
        if frozen:
            gc.freeze()
        gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        with _lock:
            before = _usual.pop()
            if not _usual:
                gc.set_threshold(*before)
                gc.unfreeze()
