"""catchment events: usage events out of files."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from catchment.api.usage import event_files
from catchment.cli import app
from catchment.flows.usage import import_usage

runner = CliRunner()
GOOD = b"".join(b'{"customerAlias":"a","eventType":"t%d"}\n' % n for n in range(5))
BAD = b'{"customerAlias":"a"}\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def imported(home: Path, file: Path, *options: str):
    return runner.invoke(app, ["events", "import", str(file), "--data-dir", str(home), *options])


def test_a_file_is_imported_once(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(GOOD)

    tried = imported(home, file, "--dry-run")
    first = imported(home, file)
    again = imported(home, file)

    assert tried.stdout == "5 of 5 events would be kept, 0 refused.\n"
    assert first.stdout == "5 of 5 events were kept, 0 refused.\n"
    assert again.stdout == "Went on after row 5.\n5 of 5 events were kept, 0 refused.\n"
    assert (first.exit_code, again.exit_code) == (0, 0)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("e.csv", b"customerAlias,eventType\na,t\n,t\n"),
        ("e.jsonl.gz", gzip.compress(GOOD[:39] + BAD, mtime=0)),
        ("e.ndjson.zst", pa.Codec("zstd").compress(GOOD[:39] + BAD, asbytes=True)),
    ],
)
def test_files_may_be_compressed_and_bad_rows_are_told(
    home: Path, tmp_path: Path, name: str, body: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(body)

    told, as_json = imported(home, file), imported(home, file, "--json")

    assert (told.exit_code, as_json.exit_code) == (1, 1)
    assert told.stdout == "1 of 2 events were kept, 1 refused.\n"
    assert "Refused" in told.stderr
    read = json.loads(as_json.stdout)
    assert (read["accepted"], [one["row"] for one in read["refusals"]]) == (1, [2])


def test_an_import_that_was_killed_goes_on(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(GOOD)
    monkeypatch.setattr(event_files, "_LARGEST_PART", 60)  # two rows
    after, parts = import_usage.Part.after, []

    def dying(self: import_usage.Part, before: object) -> object:
        parts.append(self)
        if len(parts) == 2:
            raise KeyboardInterrupt
        return after(self, before)

    with monkeypatch.context() as patch:
        patch.setattr(import_usage.Part, "after", dying)
        imported(home, file)
    told = imported(home, file)

    assert told.stdout == "Went on after row 2.\n5 of 5 events were kept, 0 refused.\n"


@pytest.mark.parametrize(
    ("name", "body", "code"), [("e.txt", GOOD, 2), ("e.ndjson.gz", GOOD, 1), ("e.csv", b"", 1)]
)
def test_what_cannot_be_read_is_said(
    home: Path, tmp_path: Path, name: str, body: bytes, code: int
) -> None:
    file = tmp_path / name
    file.write_bytes(body)

    told = imported(home, file)

    assert told.exit_code == code
    assert "Stopped" in told.stderr or "must be" in told.stderr


def test_an_unknown_workspace_is_said(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(GOOD)

    assert imported(home, file, "--workspace", "none").exit_code == 2
