"""A window of the browser, and what must never happen in it, whatever the story."""

import re
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from tests.browser.server import House, Seller

# A refusal that a story provokes; the browser reports it as an error of its own.
_REFUSED = re.compile(r"^Failed to load resource: .* status of 4\d\d ")
# The last two are the browser's own PDF viewer.
_INSIDE = ("blob:", "data:", "chrome:", "chrome-extension:")
_PATIENCE = 15_000
# Only what day it is: the browser's timers stay its own, so that what is to happen at once does.
_STANDING_CLOCK = """
    const at = %d;
    globalThis.Date = class Date extends globalThis.Date {
        constructor(...given) { super(...(given.length ? given : [at])); }
        static now() { return at; }
    };
"""


@dataclass(frozen=True)
class Window:
    """A page with cookies and storage of its own."""

    page: Page
    problems: list[str]

    @classmethod
    def open(
        cls,
        browser: Browser,
        house: House,
        seller: Seller | None = None,
        width: int = 1440,
        height: int = 900,
    ) -> "Window":
        """Open one; signed in when there is a seller."""
        context = browser.new_context(
            base_url=house.address,
            viewport={"width": width, "height": height},
            locale="en-GB",
            timezone_id="UTC",
            reduced_motion="reduce",
        )
        context.set_default_timeout(_PATIENCE)
        context.add_init_script(_STANDING_CLOCK % (house.clock.at.timestamp() * 1000))
        if seller:
            signed_in = context.request.post(
                "/api/session",
                data={"email": seller.email, "password": seller.password},
                headers={"X-Requested-With": "catchment-dashboard"},
            )
            assert signed_in.ok, signed_in.text()
        return cls(context.new_page(), _watched(context, house.address))

    def check(self) -> None:
        """Nothing has gone wrong since the last time."""
        problems, self.problems[:] = list(self.problems), []
        assert problems == []


def _watched(context: BrowserContext, origin: str) -> list[str]:
    """A list that everything that goes wrong in ``context`` is added to."""
    problems: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _REFUSED.match(message.text):
            problems.append(f"console {message.type}: {message.text}")

    def request(sent: Request) -> None:
        if not sent.url.startswith((f"{origin}/", *_INSIDE)):
            problems.append(f"request to {sent.url}")

    def response(answer: Response) -> None:
        if answer.status >= 500:
            problems.append(f"{answer.status} from {answer.url}")

    context.on("console", console)
    context.on("weberror", lambda error: problems.append(f"uncaught: {error.error}"))
    context.on("request", request)
    context.on("response", response)
    return problems
