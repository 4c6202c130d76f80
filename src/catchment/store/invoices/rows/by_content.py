"""Names of what is kept once for all that say the same: they are made of what it says."""

from __future__ import annotations

from hashlib import blake2b

DIGEST_BYTES = 16


def digest(said: bytes) -> bytes:
    """What stands for ``said`` where it is a part of something named."""
    return blake2b(said, digest_size=DIGEST_BYTES).digest()


def name_of(workspace_id: str, *said: bytes) -> str:
    """The name that a workspace has for what consists of the parts ``said``."""
    return blake2b(b"".join((workspace_id.encode(), *said)), digest_size=DIGEST_BYTES).hexdigest()
