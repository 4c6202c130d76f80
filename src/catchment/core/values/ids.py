"""What makes new ids. They are made at the edge, and given to whoever needs some."""

from __future__ import annotations

from collections.abc import Callable

NewId = Callable[[], str]
"""Makes an id that nothing has yet; of two, the later one is greater."""
