"""ClickHouse in this process (chDB), asked the way its HTTP interface is asked.

Each session has a connection of its own, and so its own temporary tables, settings and database; a request
outside any session has one for itself alone. What the bridge adds to chDB is only what the server's HTTP
handler does: where a statement ends and its data begins, settings of one request, locked sessions, errors.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import chdb

# What the HTTP handler takes for itself instead of handing it to the engine as a setting.
_OURS = frozenset(
    {
        "query",
        "query_id",
        "database",
        "user",
        "password",
        "quota_key",
        "session_id",
        "session_timeout",
        "session_check",
        "compress",
        "decompress",
        "default_format",
        "role",
        "stacktrace",
        "buffer_size",
        "wait_end_of_query",
        "client_protocol_version",
        "enable_http_compression",
        "send_progress_in_http_headers",
        "http_headers_progress_interval_ms",
        "cancel_http_readonly_queries_on_client_close",
    }
)
_INSERT = re.compile(
    rb"\s*INSERT\s.{0,65536}?\sFORMAT\s+(\w+)[ \t]*(?:\r?\n|$)", re.IGNORECASE | re.DOTALL
)
_FORMAT = re.compile(rb"\sFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_RESULT = re.compile(
    rb"[\s(]*(SELECT|WITH|SHOW|DESC|DESCRIBE|EXISTS|EXPLAIN|CHECK)\b", re.IGNORECASE
)
_SETTING = re.compile(r"[A-Za-z_]\w*")
_CODE = re.compile(r"Code: (\d+)\.")
_STATUS = {60: 404, 81: 404, 62: 400, 47: 400, 53: 400, 36: 400, 27: 400, 33: 400, 373: 423}
_SESSIONS = 256
"""More than clients use at once; whoever was idle longest is forgotten first."""


class Refused(Exception):
    """The engine refuses what was asked, with a code."""

    def __init__(self, message: str) -> None:
        super().__init__(message[message.find("Code: ") :] if "Code: " in message else message)
        found = _CODE.search(message)
        self.code = int(found[1]) if found else 1002
        self.status = _STATUS.get(self.code, 500)


@dataclass(frozen=True)
class Answer:
    """What a statement answers; ``format`` is None where it is none that answers anything."""

    body: bytes = b""
    format: str | None = None
    summary: str = "{}"


@dataclass
class _Session:
    """A connection, and what was last set on it for a request."""

    connection: Any
    busy: Lock = field(default_factory=Lock)
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, statement: str | bytes, params: Mapping[str, str] | None = None) -> Any:
        try:
            return self.connection.query(statement, "TabSeparated", params=dict(params or {}))
        except RuntimeError as error:
            raise Refused(str(error)) from error
        except chdb.ChdbError as error:
            raise Refused(str(error)) from error

    def insert(self, statement: str, format: str, data: bytes) -> Any:
        try:
            with self.connection.send_insert(statement, format) as inserter:
                inserter.append(data)
                return inserter.finish()
        except RuntimeError as error:
            raise Refused(str(error)) from error

    def prepare(self, database: str | None, settings: Mapping[str, str]) -> None:
        """What a request sets holds for that request only."""
        if database:
            self.run(f"USE `{database}`")
        for name in self.settings.keys() - settings.keys():
            self.run(f"SET {name} = DEFAULT")
        for name, value in settings.items():
            if self.settings.get(name) != value:
                self.run(f"SET {_name(name)} = {_quoted(value)}")
        self.settings = dict(settings)


class HttpEngine:
    """The one engine of this process, with its sessions."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder.resolve())
        self._home = chdb.connect(self._folder)  # keeps the engine open between requests
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._lock = Lock()

    def ask(self, params: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one request: ``params`` are those of its address. Raises Refused."""
        statement = params.get("query", "").encode()
        statement = statement + b"\n" + body if statement and body else statement or body
        bound = {k[6:]: v for k, v in params.items() if k.startswith("param_")}
        settings = {
            k: v for k, v in params.items() if k not in _OURS and not k.startswith("param_")
        }
        with self._session(params.get("session_id")) as session:
            session.prepare(params.get("database"), settings)
            if inserted := _INSERT.match(statement):
                return _insert(session, statement, inserted)
            return _ask(session, statement, params.get("default_format"), bound)

    @contextmanager
    def _session(self, id: str | None) -> Iterator[_Session]:
        if id is None:
            session = _Session(chdb.connect(self._folder))
            try:
                yield session
            finally:
                session.connection.close()
            return
        with self._lock:
            session = self._sessions.get(id) or _Session(chdb.connect(self._folder))
            self._sessions[id] = session
            self._sessions.move_to_end(id)
            if not session.busy.acquire(blocking=False):
                raise Refused(
                    f"Code: 373. DB::Exception: Session {id} is locked. (SESSION_IS_LOCKED)"
                )
            self._forget_the_idle()
        try:
            yield session
        finally:
            session.busy.release()

    def _forget_the_idle(self) -> None:
        for id in list(self._sessions)[: -_SESSIONS or None]:
            if len(self._sessions) > _SESSIONS and not self._sessions[id].busy.locked():
                self._sessions.pop(id).connection.close()


def _insert(session: _Session, statement: bytes, inserted: re.Match[bytes]) -> Answer:
    format = inserted[1].decode()
    head = statement[: inserted.start(1)].decode().rstrip()
    result = session.insert(head[: -len("FORMAT")], format, statement[inserted.end() :])
    written = {"written_rows": result.rows_written, "written_bytes": result.bytes_written}
    return Answer(summary=_summary(written))


def _ask(
    session: _Session, statement: bytes, default: str | None, bound: Mapping[str, str]
) -> Answer:
    named = _FORMAT.search(statement)
    format = named[1].decode() if named else default or "TabSeparated"
    if default and not named and _RESULT.match(statement):
        statement += b"\nFORMAT " + default.encode()
    result = session.run(statement, bound)
    answers = bool(len(result)) or _RESULT.match(statement) is not None
    read = {"read_rows": result.rows_read(), "read_bytes": result.bytes_read()}
    return Answer(result.bytes() or b"", format if answers else None, _summary(read))


def _summary(counts: Mapping[str, int]) -> str:
    return json.dumps({name: str(count) for name, count in counts.items()})


def _name(setting: str) -> str:
    if not _SETTING.fullmatch(setting):
        raise Refused(f"Code: 115. DB::Exception: Unknown setting {setting!r}. (UNKNOWN_SETTING)")
    return setting


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
