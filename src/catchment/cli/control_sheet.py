"""A control sheet on a terminal: where the events went, and what does not add up."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from catchment.core.control import Difference
from catchment.store.billing.billing_runs import Report

_SHOWN = 20
_COLUMNS = ("Received", "Billed", "Other", "Unpriced", "Unmapped")


def sheet_table(report: Report, names: Mapping[str, str]) -> Table:
    """A row for each metric that was billed."""
    table = Table(title="Control sheet: events", title_justify="left")
    table.add_column("Metric")
    for column in _COLUMNS:
        table.add_column(column, justify="right")
    table.add_column("Balanced", justify="center")
    for row in report.sheet:
        counts = (row.received, row.billed, row.other, row.unpriced, row.unmapped)
        table.add_row(
            Text(names.get(row.metric_id, row.metric_id)),
            *(f"{count:,}" for count in counts),
            "✓" if row.balanced else Text("✗", style="bold red"),
        )
    return table


def late_table(report: Report, names: Mapping[str, str]) -> Table:
    """A row for each metric of which something came after its invoice was final."""
    table = Table(title="Control sheet: late events", title_justify="left")
    table.add_column("Metric")
    for column in ("Events", "Adjusted", "Waiting", "Turned off"):
        table.add_column(column, justify="right")
    for row in report.late:
        counts = (row.received, row.adjusted, row.waiting, row.turned_off)
        name = Text(names.get(row.metric_id, row.metric_id))
        table.add_row(name, *(f"{count:,}" for count in counts))
    return table


def told_differences(report: Report, names: Mapping[str, str], count: int) -> list[str]:
    """A sentence for each of the first differences, and one for all others of the ``count``."""
    told = [_sentence(one, names) for one in report.differences[:_SHOWN]]
    if count > len(told):
        told.append(f"And {count - len(told):,} more differences.")
    return told


def _sentence(one: Difference, names: Mapping[str, str]) -> str:
    what = (
        f"{one.part} {names.get(one.id, one.id)}: {one.figure} is {one.found}, not {one.expected}"
    )
    if one.invoice_id is not None:
        what = f"invoice {one.invoice_id}, {what}"
    if one.customer is None:
        return f"Does not add up: {what}."
    return f"Does not add up: customer {names.get(one.customer, '')} ({one.customer}), {what}."
