"""What must never happen on a page, whatever the story."""

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

# A refusal that a story provokes; the browser reports it as an error of its own.
_REFUSED = re.compile(r"^Failed to load resource: .* status of 4\d\d ")
# The last two are the browser's own PDF viewer.
_INSIDE = ("blob:", "data:", "chrome:", "chrome-extension:")


class Watch:
    """Collects what goes wrong in a browser context."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context = context
        self.problems: list[str] = []
        self._origin = origin
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"uncaught: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _REFUSED.match(message.text):
            self.problems.append(f"console {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        inside = request.url.startswith((f"{self._origin}/", *_INSIDE))
        if not inside:
            self.problems.append(f"request to {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.problems.append(f"{response.status} from {response.url}")
