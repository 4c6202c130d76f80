"""What text may hold, wherever it comes from."""

from __future__ import annotations

import re
import unicodedata

EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}\.[^@\s,;<>\".]{1,63}")
"""What counts as an e-mail address."""


def control_character(text: str) -> str | None:
    """The first character that no document could print; line ends and tabs are fine."""
    if text.isprintable():
        return None
    return next((c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\t\r"), None)
