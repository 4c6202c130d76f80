"""A document becomes PDF bytes: the same document, the same bytes.

The template is typst code shipped beside this file. The document reaches it as JSON and stays data:
no text in it is ever read as markup, and neither a clock nor the network takes part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import typst

from catchment.documents.invoice import InvoiceDocument

_TEMPLATE = Path(__file__).with_name("invoice.typ").read_bytes()
_COLOUR = "#2f4b7c"

# Controls, halves of surrogate pairs, and signs that turn the direction of the text around them.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_LONG_WORD = re.compile(r"[^\s\u200b]{33,}")
_BREAK = "\u200b"  # zero width: a line may end here


def render(document: InvoiceDocument) -> bytes:
    """The PDF of ``document``.

    It is tagged for screen readers (PDF/UA-1) and, when dated, fit for archives (PDF/A-3a). Both
    standards demand a glyph for every character: a text that no bundled font can show is set with
    the fonts of the machine, and in the last resort without the promise of a standard. A name never
    stops an invoice.
    """
    data = _json(document)
    standards: list[typst.PDFStandard] = ["a-3a", "ua-1"] if document.dated else ["ua-1"]
    for machine in (False, True):
        try:
            return _compile(data, standards, _fonts(machine=machine))
        except typst.TypstError:
            continue
    return _compile(data, [], _fonts(machine=True))


@lru_cache(maxsize=64)
def is_printable(logo: bytes) -> bool:
    """Whether ``logo`` is an image that can be printed. A document leaves out one that is not."""
    source = b"#image(bytes(json(bytes(sys.inputs.logo))))"
    pixels = msgspec.json.encode(list(logo)).decode()
    try:
        typst.compile(source, font_paths=_fonts(machine=False), sys_inputs={"logo": pixels})
    except typst.TypstError:
        return False
    return True


def _compile(data: str, standards: list[typst.PDFStandard], fonts: typst.Fonts) -> bytes:
    return typst.compile(
        _TEMPLATE, font_paths=fonts, sys_inputs={"document": data}, pdf_standards=standards
    )


@cache
def _fonts(*, machine: bool) -> typst.Fonts:
    """Fonts of the typst wheel and of every installed ``fontpkg`` family; Inter always is one."""
    return typst.Fonts(include_system_fonts=machine, font_paths=list(_font_folders()))


def _font_folders() -> Iterator[Path]:
    for family in sorted(entry_points(group="fontpkg.family"), key=lambda found: found.name):
        spec = find_spec(family.module)
        for folder in (spec and spec.submodule_search_locations) or ():
            yield Path(folder, "files")


def _json(document: InvoiceDocument) -> str:
    data = _plain(msgspec.to_builtins(document, builtin_types=(bytes, date)))
    seller = data["seller"]
    if not re.fullmatch("#[0-9a-fA-F]{6}", seller["colour"] or ""):
        seller["colour"] = _COLOUR
    return msgspec.json.encode(data).decode()


def _plain(value: Any) -> Any:
    """``value`` as the template takes it: text that can be printed, dates and images as numbers."""
    match value:
        case str():
            text = _UNPRINTABLE.sub("", value.replace("\t", " "))
            return _LONG_WORD.sub(_breakable, text)
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case bytes():
            return list(value) if is_printable(value) else None
        case date():
            return [value.year, value.month, value.day]
        case _:
            return value


def _breakable(word: re.Match[str]) -> str:
    return _BREAK.join(re.findall(".{1,8}", word[0]))
