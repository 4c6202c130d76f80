"""The documents tell of everything there is, and of nothing that is not."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

import catchment
from catchment.cli import app
from catchment.core.values.errors import BillingError
from catchment.settings import Settings

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def modules() -> Iterator[str]:
    for found in pkgutil.walk_packages(catchment.__path__, "catchment."):
        if ".migrations" not in found.name:
            yield found.name


def refusals() -> set[type[BillingError]]:
    """Every refusal of every module."""
    for name in modules():
        importlib.import_module(name)
    found, waiting = set(), [BillingError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            found.add(kind)
            waiting.append(kind)
    return found


def commands(command: Any, name: str = "catchment") -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    for word, inner in command.commands.items():
        yield from commands(inner, f"{name} {word}")


def test_every_setting_is_documented() -> None:
    text = (DOCS / "settings.md").read_text()

    for name, field in Settings.model_fields.items():
        assert f"`CATCHMENT_{name.upper()}`" in text, name
        assert field.description, name
    named = set(re.findall(r"`CATCHMENT_(\w+)`", text))
    assert named == {name.upper() for name in Settings.model_fields}


def test_every_error_code_is_documented_with_its_status() -> None:
    text = (DOCS / "errors.md").read_text()

    for kind in refusals():
        assert f"| `{kind.code}` | {kind.status} |" in text, kind
    documented = set(re.findall(r"^\| `(\w+)` \| \d", text, re.MULTILINE))
    assert documented == {kind.code for kind in refusals()} | {"internal_error"}


def test_every_refusal_has_a_code_of_its_own_and_a_title() -> None:
    kinds = refusals()

    assert len({k.code for k in kinds}) == len(kinds)
    for kind in kinds:
        assert inspect.getdoc(kind), kind
        assert kind.title().endswith("."), kind


def test_every_command_and_option_is_documented() -> None:
    text = (DOCS / "cli.md").read_text()

    for name, command in commands(typer.main.get_command(app)):
        assert f"## {name}\n" in text, name
        section = text.split(f"## {name}\n")[1].split("\n## ")[0]
        for parameter in command.params:
            for word in [w for w in parameter.opts if w.startswith("--")]:
                assert f"`{word}`" in section, (name, word)


def test_links_between_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / target).exists(), (document.name, target)


def test_nothing_is_left_for_later_in_the_code() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    for folder in ("src", "dashboard/src"):
        for file in (ROOT / folder).rglob("*.[pt]*"):
            if file.suffix in {".py", ".ts", ".tsx"}:
                assert not later.search(file.read_text()), file
