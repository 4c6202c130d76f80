"""The airports' year as the tests see it: built in a folder, read back through the API."""

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from rich.progress import Progress
from sqlalchemy import Engine, select

from catchment.api.app import create_app
from catchment.demo.build import Demo, build_demo
from catchment.settings import Settings
from catchment.store.engine import connect, reading
from catchment.store.migrating import migrate
from catchment.store.schema import metadata
from catchment.usage import UsageStore
from catchment.usage.opening import usage_store
from tests.asking import Client
from tests.scenarios import flights_oracle as oracle

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


@dataclass
class Airports:
    """The stores and what was built in them."""

    engine: Engine
    usage: UsageStore
    settings: Settings
    data: Path

    def build(self) -> Demo:
        return build_demo(
            self.engine,
            self.usage,
            self.settings,
            data=self.data,
            now=NOW,
            progress=Progress(disable=True),
        )

    @contextmanager
    def reader(self, demo: Demo) -> Iterator["Reader"]:
        app = create_app(self.engine, self.usage, self.settings)
        client = Client(app)
        client.auth = demo.credentials.key
        yield Reader(client)
        client.close()

    def state(self) -> dict[str, str]:
        """A digest of every table and of every file that people see."""
        with reading(self.engine) as tx:
            found = {
                table.name: _digest(repr(sorted(map(repr, tx.execute(select(table))))).encode())
                for table in metadata.sorted_tables
            }
        folder = self.settings.data_dir
        files = [folder / "summary.csv", folder / "demo.json", *(folder / "invoices").iterdir()]
        return found | {file.name: _digest(file.read_bytes()) for file in files}


@contextmanager
def opened(folder: Path, data: Path) -> Iterator[Airports]:
    """The stores in ``folder``, on SQLite."""
    settings = Settings(data_dir=folder, database_url="", secret_key="for tests only")
    engine = connect(settings.sqlalchemy_url())
    migrate(engine)
    usage = usage_store(engine, folder)
    yield Airports(engine, usage, settings, data)
    usage.close()
    engine.dispose()


class Reader:
    """What the API says about the year."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, path: str, **params: Any) -> Any:
        response = self.client.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def every(self, path: str, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            page = self.get(path, limit=100, **params, **after)
            found += page["items"]
            if "after" not in page["pagination"]:
                return found
            after = {"after": page["pagination"]["after"]}

    def invoices(self) -> list[dict[str, Any]]:
        """By number."""
        return sorted(self.every("/invoices"), key=lambda one: one["invoiceNumber"])

    def lines(self, invoice: dict[str, Any]) -> dict[str, tuple[Decimal, Decimal]]:
        """Quantity and amount of each line by its title."""
        lines = self.every(f"/invoices/{invoice['id']}/line-items")
        found = {
            line["title"]: (Decimal(line["quantity"]), Decimal(line["netTotal"])) for line in lines
        }
        assert len(found) == len(lines), lines
        return found

    def members(
        self, invoice: dict[str, Any], aliases: dict[str, str]
    ) -> dict[str, dict[str, Decimal]]:
        """Each member's figures by its alias."""
        groups = self.every(f"/invoices/{invoice['id']}/usage-item-groups")
        found = {
            aliases[group["customerId"]]: {
                item["title"]: Decimal(item["value"]) for item in group["items"]
            }
            for group in groups
        }
        assert len(found) == len(groups), groups
        return found

    def aliases(self) -> dict[str, str]:
        """Each customer's alias by its id."""
        return {one["customerId"]: one["value"] for one in self.every("/customer-aliases")}


def key(invoice: dict[str, Any]) -> tuple[str, str]:
    """Payer and first day."""
    return invoice["customerLegalCompanyName"], invoice["billingPeriod"]["start"]


def small_copy(folder: Path, aircraft_each: int) -> Path:
    """The data with the flights of a few aircraft of each carrier only."""
    rows = oracle.flights()
    tails: dict[str, list[str]] = {}
    for carrier, tail in sorted({(row["carrier"], row["tailnum"]) for row in rows}):
        tails.setdefault(carrier, []).append(tail)
    kept = {(c, tail) for c, all_tails in tails.items() for tail in all_tails[:aircraft_each]}
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(row for row in rows if (row["carrier"], row["tailnum"]) in kept)
    folder.mkdir()
    with zipfile.ZipFile(folder / "flights.csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("flights.csv", text.getvalue())
    for name in ("airlines.csv", "planes.csv"):
        (folder / name).write_bytes((oracle.DATA / name).read_bytes())
    return folder


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
