"""Ids: UUIDv7, so that newer rows have greater ids (RFC 9562 §5.7, method 1 for the counter)."""

from __future__ import annotations

import os
import secrets
import threading
import time

_lock = threading.Lock()
_last_ms = 0
_counter = 0


def new_id() -> str:
    """A new id, greater than every one this process made before."""
    global _last_ms, _counter  # noqa: PLW0603 -- the counter is the process's
    with _lock:
        ms = max(time.time_ns() // 1_000_000, _last_ms)
        _counter = _counter + 1 if ms == _last_ms else secrets.randbits(10)
        if _counter > 0xFFF:  # the counter is spent: borrow the next millisecond
            ms, _counter = ms + 1, 0
        _last_ms = ms
        rest = 0b10 << 62 | int.from_bytes(os.urandom(8)) >> 2
        head, tail = f"{ms:012x}", f"{rest:016x}"
        return f"{head[:8]}-{head[8:]}-7{_counter:03x}-{tail[:4]}-{tail[4:]}"
