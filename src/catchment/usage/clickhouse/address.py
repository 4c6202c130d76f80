"""Where a ClickHouse is, as CATCHMENT_USAGE_URL says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

_SETTING = "CATCHMENT_USAGE_URL"
_SHAPE = "clickhouse://user:password@host:8123/database"
_OPTIONS = {"clickhouse": {"secure", "cluster", "replicated"}, "chdb": {"database", "cluster"}}
_TRUE = {"": True, "1": True, "true": True, "0": False, "false": False}


class AddressInvalid(ValueError):
    """The address of ClickHouse cannot be understood."""


@dataclass(frozen=True, slots=True)
class Address:
    """A server's, or a folder of chDB's (ClickHouse in this process, for tests and trials).

    ``connection`` is what the client takes. With a ``cluster`` tables are spread over its shards,
    and where ``replicated`` every shard's lie on all of its replicas.
    """

    shown: str
    """The address without user and password: for people, and for logs."""
    database: str
    connection: dict[str, Any] = field(repr=False)
    in_process: bool = False
    cluster: str | None = None
    replicated: bool = False


def parse(url: str) -> Address:
    """The address in ``url``. Raises AddressInvalid, which tells no password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressInvalid(f"{_SETTING} is no address; it looks like {_SHAPE}.") from None
    allowed = _OPTIONS.get(parts.scheme)
    if allowed is None:
        raise AddressInvalid(
            f"{_SETTING} begins with clickhouse:// or chdb://, or is empty; not {parts.scheme!r}."
        )
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(options.keys() - allowed)
    if unknown or parts.fragment:
        named = ", ".join(unknown) or "#"
        raise AddressInvalid(f"{_SETTING} has the unknown option {named}.")
    return _folder(parts, options) if parts.scheme == "chdb" else _server(parts, port, options)


def _server(parts: SplitResult, port: int | None, options: dict[str, str]) -> Address:
    database = unquote(parts.path.strip("/"))
    if not parts.hostname or not database or "/" in database:
        raise AddressInvalid(f"{_SETTING} names a host and a database: {_SHAPE}.")
    secure = _flag(options, "secure", default=False)
    port = port or (8443 if secure else 8123)
    cluster = options.get("cluster") or None
    return Address(
        f"clickhouse://{parts.hostname}:{port}/{database}",
        database,
        {
            "interface": "https" if secure else "http",
            "host": parts.hostname,
            "port": port,
            "username": unquote(parts.username or "default"),
            "password": unquote(parts.password or ""),
        },
        cluster=cluster,
        replicated=cluster is not None and _flag(options, "replicated", default=True),
    )


def _folder(parts: SplitResult, options: dict[str, str]) -> Address:
    if parts.netloc or parts.path in {"", "/"}:
        raise AddressInvalid(f"{_SETTING} names an absolute path: chdb:///path.")
    path = unquote(parts.path)
    return Address(
        f"chdb://{path}",
        options.get("database", "catchment"),
        {"interface": "chdb", "path": path},
        in_process=True,
        cluster=options.get("cluster") or None,
    )


def _flag(options: dict[str, str], name: str, *, default: bool) -> bool:
    value = options.get(name)
    if value is None:
        return default
    if value not in _TRUE:
        raise AddressInvalid(f"{_SETTING}: {name} is true or false.")
    return _TRUE[value]
