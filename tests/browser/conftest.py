"""A real Chromium in front of a real server with the built dashboard.

The server stands on a free port of the loopback address over an SQLite file; its clock, and the
browser's, stand on 10 March 2026. Every test gets a workspace of its own and a signed-in page,
which is watched: an error on the console (a broken content security policy is one), a failing server or
a request to anywhere else fails the test.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from catchment.api import app as api_app
from tests.browser.server import House, Seller
from tests.browser.window import Window

FIND_BROWSER = Path(__file__).parents[2] / "scripts" / "find-browser"
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=15_000)  # patience for a busy machine; nothing waits longer than it must


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


def _chromium() -> str | None:
    named = os.environ.get("CATCHMENT_CHROMIUM")
    if named:
        return named
    if os.access("/usr/bin/chromium", os.X_OK):
        return "/usr/bin/chromium"
    found = subprocess.run([FIND_BROWSER], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, for all stories of this folder."""
    path = _chromium()
    if path is None:
        pytest.skip("no Chromium: install one, or name it in CATCHMENT_CHROMIUM")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path, args=ARGUMENTS, chromium_sandbox=False
        )
        yield running
        running.close()


@pytest.fixture(scope="package")
def house(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The server; its dashboard must be built."""
    if not (api_app.STATIC / "index.html").is_file():
        pytest.skip("the dashboard is not built: run `make setup`")
    data_dir = tmp_path_factory.mktemp("house")
    shutil.copy(sqlite_template, data_dir / "catchment.db")
    with House.open(data_dir) as running:
        yield running


@pytest.fixture
def seller(house: House) -> Iterator[Seller]:
    """A new workspace with a user and an API key."""
    with house.seller() as made:
        yield made


@pytest.fixture
def open_page(browser: Browser, house: House) -> Iterator[Callable[..., Page]]:
    """Opens a watched page, signed in to the workspace of ``seller`` when one is given."""
    windows: list[Window] = []

    def make(seller: Seller | None = None, width: int = 1440, height: int = 900) -> Page:
        windows.append(Window.open(browser, house, seller, width, height))
        return windows[-1].page

    yield make
    for window in windows:
        window.page.context.close()
        window.check()


@pytest.fixture
def page(open_page: Callable[..., Page], seller: Seller) -> Page:
    """A page of somebody who is signed in."""
    return open_page(seller)
