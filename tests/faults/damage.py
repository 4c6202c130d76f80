"""What a power cut leaves: what was synced, and of the rest whatever chance leaves of it."""

from __future__ import annotations

import os
import random
import shutil
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_HEADER, _FRAME = 32, 24


def cut_power(
    data_dir: Path, shadow: Path, synced: Iterable[dict[str, Any]], chance: random.Random
) -> None:
    """Undo, or do by half, what happened to files and folders and was not synced."""
    sizes: dict[int, int] = {}
    listings: dict[str, dict[str, int]] = {}
    for one in synced:
        if "entries" in one:
            listings[one["path"]] = one["entries"]
        else:
            sizes[one["inode"]] = one["size"]

    def settle(directory: Path) -> None:
        kept = listings.get(str(directory), {})
        for entry in sorted(directory.iterdir()):
            about = entry.stat()
            if entry.name.startswith("catchment.db"):
                continue  # SQLite syncs for itself
            if kept.get(entry.name) != about.st_ino and chance.random() < 0.6:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
            elif entry.is_dir():
                settle(entry)
            elif about.st_size > sizes.get(about.st_ino, 0):
                os.truncate(entry, chance.randint(sizes.get(about.st_ino, 0), about.st_size - 1))
        for name, inode in kept.items():
            gone = not (directory / name).exists() and (shadow / str(inode)).exists()
            if gone and chance.random() < 0.5:
                os.link(shadow / str(inode), directory / name)  # its removal was not synced

    settle(data_dir)


def tear(wal: Path, chance: random.Random, *, forget: int = 0) -> None:
    """Overwrite what follows the last commit in SQLite's log, or the last but ``forget``."""
    if not wal.exists() or wal.stat().st_size < _HEADER:
        return
    data = wal.read_bytes()
    [page_size] = struct.unpack_from(">I", data, 8)
    salts, size = data[16:24], _FRAME + page_size
    ends = [_HEADER]
    place = _HEADER
    while place + size <= len(data) and data[place + 8 : place + 16] == salts:
        place += size
        if struct.unpack_from(">I", data, place - size + 4)[0]:
            ends.append(place)
    end = ends[max(0, len(ends) - 1 - forget)]
    rubbish = [
        b"",
        chance.randbytes(chance.randrange(1, 3 * size)),
        data[_HEADER : _HEADER + chance.randrange(1, 2 * size)],  # frames that were good once
        bytes(chance.randrange(1, 2 * size)),
    ]
    wal.write_bytes(data[:end] + chance.choice(rubbish))
