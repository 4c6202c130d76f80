"""Reading a PDF back as the words on its pages."""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfReader


def opened(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def pages(pdf: bytes) -> list[str]:
    """The text of each page as a reader copies it, one kind of space, no invisible break."""
    return [plain(page.extract_text()) for page in opened(pdf).pages]


def plain(text: str) -> str:
    lines = text.replace("\u200b", "").replace("\u00a0", " ").splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def words(text: str) -> str:
    """``text`` without the places where its lines and words happen to break."""
    return "".join(plain(text).split())
