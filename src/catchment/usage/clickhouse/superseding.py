"""Which stored events no longer count once later ones with the same sender's ids are there.

An event is marked with the place of the first that came after it with the same id. So of all that
are stored with an id only the last can still be without a mark, and the first of those that come
marks it. That depends on nothing but the order of acknowledgement: whoever repeats it, after
whatever broke off, writes the same rows again.
"""

# ruff: noqa: S608 -- names and conditions of our own are joined

from __future__ import annotations

from typing import Any

from catchment.usage.clickhouse import rows, schema

_KEY = "event_type, alias, event_at, seq"
_COPIED = ", ".join(name for name in rows.COLUMNS if name not in {"later", "version"})


def find(client: Any, workspace_id: str, coming: str, last_seq: int) -> int:
    """Define ``superseded_now``: stored events up to ``last_seq`` whose ids are among ``coming``.

    ``coming`` is a temporary table with (customer_event_id, seq), all later. Returns how many.
    """
    client.command(
        "CREATE TEMPORARY TABLE superseded_now ENGINE = Memory AS"
        f" SELECT tupleElement(found, 1) AS event_type, tupleElement(found, 2) AS alias,"
        " tupleElement(found, 3) AS event_at, tupleElement(found, 4) AS seq, later FROM ("
        "SELECT customer_event_id, argMax((event_type, alias, event_at, seq), seq) AS found"
        f" FROM {schema.IDS} WHERE workspace_id = {schema.text(workspace_id)}"
        f" AND seq <= {last_seq}"
        f" AND key GLOBAL IN (SELECT cityHash64(customer_event_id) FROM {coming})"
        f" AND customer_event_id GLOBAL IN (SELECT customer_event_id FROM {coming})"
        " GROUP BY customer_event_id) AS stored INNER JOIN ("
        f"SELECT customer_event_id, min(seq) AS later FROM {coming} GROUP BY customer_event_id"
        ") AS first USING (customer_event_id)"
    )
    return int(client.command("SELECT count() FROM superseded_now"))


def copy(client: Any, workspace_id: str, into: str) -> None:
    """Add the stored rows of ``superseded_now`` to ``into``, marked; there they replace what was.

    ``into`` is ``usage_events`` or a temporary table with its columns.
    """
    client.command(
        f"INSERT INTO {into} ({_COPIED}, later, version)"
        f" SELECT {_COPIED}, superseded_now.later, 1 FROM ("
        f"SELECT {_COPIED} FROM {schema.EVENTS} FINAL"
        f" WHERE workspace_id = {schema.text(workspace_id)}"
        f" AND ({_KEY}) GLOBAL IN (SELECT {_KEY} FROM superseded_now)"
        ") AS stored INNER JOIN superseded_now USING (seq)"
    )
