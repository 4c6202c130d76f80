"""catchment verify: are finalised invoices still what the facts come to?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.text import Text

from catchment.cli.shared import (
    AsJson,
    DataDir,
    OneOrAll,
    bars,
    console,
    one_or_all,
    opened,
    problems,
)
from catchment.flows.billing.checking.check_numbers import number_faults
from catchment.flows.billing.checking.verify_invoices import Verdict, verify_invoices
from catchment.store import access
from catchment.store.engine import reading
from catchment.stores import Built

app = typer.Typer()

_NAMED = 10


@dataclass(frozen=True, slots=True)
class _Found:
    verdicts: list[Verdict]
    numbering: list[str]

    @property
    def different(self) -> list[Verdict]:
        return [one for one in self.verdicts if one.difference is not None]

    @property
    def dropped(self) -> list[Verdict]:
        """Those that cannot be recomputed, and that nothing else is wrong with."""
        return [one for one in self.verdicts if not one.recomputed and one.difference is None]

    @property
    def equal(self) -> int:
        return len(self.verdicts) - len(self.different) - len(self.dropped)


@app.command()
def verify(
    data_dir: DataDir = None,
    workspace: OneOrAll = None,
    invoice: Annotated[
        str | None, typer.Option("--invoice", help="Only the invoice of this number.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute finalised invoices from events, prices and the tree of their time.

    Changes nothing. Exit code 1 says that something differs.
    """
    built = opened(data_dir)
    chosen = one_or_all(built, workspace)
    with bars() as shown:
        results = {home: _verified(built, home, invoice, shown) for home in chosen}
    if invoice is not None and not any(found.verdicts for found in results.values()):
        problems.print(f"No finalised invoice in force has the number {invoice!r}.", markup=False)
        raise typer.Exit(2)
    if as_json:
        told = [_told(home, found) for home, found in results.items()]
        typer.echo(json.dumps({"workspaces": told}))
    else:
        for home, found in results.items():
            _print(home, found)
    if any(found.different or found.numbering for found in results.values()):
        raise typer.Exit(1)


def _verified(built: Built, home: access.Workspace, invoice: str | None, shown: Progress) -> _Found:
    bar = shown.add_task(f"Verifying {home.name}", total=None)
    with reading(built.engine) as tx:
        verdicts = verify_invoices(
            tx,
            built.usage,
            home,
            invoice,
            progress=lambda done, of: shown.update(bar, completed=done, total=of),
        )
        return _Found(list(verdicts), number_faults(tx, home.id) if invoice is None else [])


def _told(home: access.Workspace, found: _Found) -> dict[str, Any]:
    return {
        "workspace": home.name,
        "verified": len(found.verdicts),
        "equal": found.equal,
        "notVerifiable": [one.invoice.number for one in found.dropped],
        "differences": [
            {
                "invoiceNumber": one.invoice.number,
                "invoiceId": one.invoice.id,
                "part": one.difference.part,
                "name": one.difference.name,
                "field": one.difference.field,
                "stored": one.difference.stored,
                "recomputed": one.difference.recomputed,
            }
            for one in found.different
            if one.difference is not None
        ],
        "numbering": found.numbering,
    }


def _print(home: access.Workspace, found: _Found) -> None:
    for one in found.different:
        what = one.difference
        assert what is not None, one
        place = f"{what.part} {what.name}: {what.field}"
        told = f"{place} is {what.stored}, recomputed {what.recomputed}"
        problems.print(Text(f"{one.invoice.number} differs. {told}"), soft_wrap=True)
    for fault in found.numbering:
        problems.print(Text(f"{home.name}: {fault}"), soft_wrap=True)
    if found.dropped:
        numbers = _few([str(one.invoice.number) for one in found.dropped])
        told = f"{home.name}: the usage of {len(found.dropped):,} invoices was dropped, so only"
        console.print(Text(f"{told} what is stored was checked: {numbers}."), soft_wrap=True)
    console.print(
        Text(f"{home.name}: {found.equal:,} of {len(found.verdicts):,} invoices are equal.")
    )


def _few(numbers: list[str]) -> str:
    """Them, or the first of them and how many more."""
    more = len(numbers) - _NAMED
    return ", ".join(numbers[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
