from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from catchment.documents.invoice import InvoiceDocument, Recipient
from catchment.documents.render import is_printable, render
from tests.documents import extremes, samples
from tests.documents.reading import opened, pages, words

GOLDEN = Path(__file__).with_name("golden")
ORDINARY = (
    samples.short,
    samples.taxed,
    samples.draft,
    samples.accents,
    samples.yen,
    samples.airline_group,
)
EXTREME = (extremes.long_names, extremes.hostile)


def pdf_ids(pdf: bytes) -> tuple[bool, bool]:
    """Whether the file says that it is PDF/A-3 conforming at level A, and PDF/UA-1."""
    archive = b"<pdfaid:part>3</pdfaid:part>" in pdf and b"<pdfaid:conformance>A<" in pdf
    return archive, b"<pdfuaid:part>1</pdfuaid:part>" in pdf


@pytest.mark.parametrize("sample", ORDINARY, ids=lambda sample: sample.__name__)
def test_a_document_reads_as_agreed(sample) -> None:
    golden = GOLDEN / f"{sample.__name__}.txt"

    read = "\n\n--- next page ---\n\n".join(pages(render(sample()))) + "\n"

    assert read == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("sample", ORDINARY + EXTREME, ids=lambda sample: sample.__name__)
def test_the_same_document_gives_the_same_bytes(sample) -> None:
    assert render(sample()) == render(sample())


@pytest.mark.parametrize("sample", ORDINARY + EXTREME, ids=lambda sample: sample.__name__)
def test_a_document_is_accessible_and_when_dated_an_archive_copy(sample) -> None:
    document = sample()

    assert pdf_ids(render(document)) == (document.dated is not None, True)


def test_the_file_says_who_made_it_in_which_language_and_when_it_was_issued() -> None:
    reader = opened(render(samples.short()))

    assert reader.metadata["/Title"] == "Invoice SEQ-000042 · Harbour Metering Ltd"
    assert reader.metadata["/Author"] == "Harbour Metering Ltd"
    assert reader.metadata["/CreationDate"] == "D:20260401000000Z"
    assert reader.trailer["/Root"]["/Lang"] == "en"


def test_a_draft_is_not_dated() -> None:
    assert "/CreationDate" not in opened(render(samples.draft())).metadata


@pytest.mark.parametrize("sample", [*ORDINARY, extremes.long_names], ids=lambda s: s.__name__)
def test_every_page_names_the_invoice_and_its_own_number(sample) -> None:
    document = sample()
    read = pages(render(document))

    for number, page in enumerate(read, 1):
        assert words(f"Page {number} of {len(read)}") in words(page)
        assert words(document.number or "Invoice") in words(page)


@pytest.mark.parametrize("mark", ["DRAFT", "VOID"])
def test_what_is_not_valid_says_so_on_every_page(mark: str) -> None:
    document = replace(samples.airline_group(members=20), watermark=mark)

    assert all(page.count(mark) == 2 for page in pages(render(document)))


def test_a_long_invoice_has_a_cover_with_a_row_for_each_group_and_its_lines_after_it() -> None:
    cover, details = pages(render(samples.accents()))

    assert "Summary" in cover
    assert "Façade éclairée" not in cover
    assert details.count("Façade éclairée") == 3


def test_the_usage_breakdown_starts_on_a_page_of_its_own() -> None:
    invoice, usage = pages(render(samples.airline_group(members=12)))

    assert "Usage breakdown" not in invoice
    assert usage.startswith("Usage breakdown")
    assert "Amount due" not in usage


@pytest.mark.parametrize(("notes", "page"), [(24, 1), (40, 2)])
def test_the_breakdown_goes_on_below_a_few_words_that_ran_over(notes: int, page: int) -> None:
    document = samples.airline_group(members=12)

    read = pages(render(replace(document, notes=("A note.",) * notes)))

    assert [number for number, text in enumerate(read) if "Usage breakdown" in text] == [page]
    assert read[1].startswith("A note.")
    assert [f"Page {number} of" in text for number, text in enumerate(read, 1)] == [True] * len(
        read
    )


def test_a_table_over_many_pages_repeats_its_headings() -> None:
    cover, *rest = pages(render(extremes.huge(lines=120)))
    details = [page for page in rest if "Meter " in page]
    usage = [page for page in rest if "Member " in page]

    assert len(details) > 2
    assert all("Description Quantity Unit price Amount\nMeters" in page for page in details)
    assert len(usage) > 1
    assert all("Customer Metric Usage" in page for page in usage)
    assert "Meter 0" not in cover


def test_thousands_of_lines_are_all_printed() -> None:
    reader = opened(render(extremes.huge(lines=4000)))
    last = "\n".join(page.extract_text() for page in reader.pages[-2:])

    assert len(reader.pages) > 200
    assert "Member 199" in last
    assert "Metric 19" in last


def test_markup_in_a_text_stays_text() -> None:
    read = words(" ".join(pages(render(extremes.hostile()))))

    assert read.count(words(" ".join(extremes.HOSTILE))) > 30


def test_long_words_stay_on_the_page_and_whole_to_a_reader() -> None:
    document = extremes.long_names()
    read = words(" ".join(pages(render(document))))

    assert words(document.customer.name) in read
    assert words(document.groups[0].lines[0].title) in read


def test_controls_and_signs_that_turn_text_around_are_left_out() -> None:
    document = named("A\x00\x07\x1b\x85\ufffe B\u202eC\u2066D\ud800 E\tF\r\nG")

    pdf = render(document)

    assert pdf_ids(pdf) == (True, True)
    assert "A BCD E F\nG\n" in pages(pdf)[0]


@pytest.mark.parametrize("name", ["株式会社カナリア", "شركة المياه", "😀 Ltd", "Private \ue000"])
def test_a_name_without_a_font_never_stops_an_invoice(name: str) -> None:
    document = named(name)

    assert "€5,131.66" in pages(render(document))[0]
    assert render(document) == render(document)


def test_the_logo_is_printed() -> None:
    document = samples.short()
    with_logo = replace(document, seller=replace(document.seller, logo=samples.logo()))

    pdf = render(with_logo)

    assert len(opened(pdf).pages[0].images.keys()) == 1
    assert pdf_ids(pdf) == (True, True)


@pytest.mark.parametrize(
    "logo", [b"", b"#panic()", b"\x89PNG\r\n\x1a\n broken", samples.logo()[:80]]
)
def test_a_logo_that_is_no_image_is_left_out(logo: bytes) -> None:
    document = samples.short()
    broken = replace(document, seller=replace(document.seller, logo=logo))

    assert not is_printable(logo)
    assert render(broken) == render(document)


@pytest.mark.parametrize("colour", [None, "", "red", "#12", "#gggggg", "#1d6f6a\n", "#panic()"])
def test_what_is_not_a_colour_is_replaced_by_a_quiet_blue(colour: str | None) -> None:
    assert render(coloured(colour)) == render(coloured("#2f4b7c"))


def test_the_colour_of_the_seller_makes_a_difference() -> None:
    assert render(coloured("#7a1f3d")) != render(coloured("#1d6f6a"))


def test_threads_render_at_the_same_time() -> None:
    documents = [samples.short(), samples.draft(), samples.yen()] * 4

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(render, documents)) == [render(document) for document in documents]


def named(name: str) -> InvoiceDocument:
    return replace(samples.short(), customer=Recipient(name, ("Street 1",)))


def coloured(colour: str | None) -> InvoiceDocument:
    document = samples.short()
    return replace(document, seller=replace(document.seller, colour=colour))
