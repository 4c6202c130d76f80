"""Every setting of Catchment, read from the environment once."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from catchment.core.values.cron import Cron


class Settings(BaseSettings):
    """One frozen value. Each field is the environment variable ``CATCHMENT_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="CATCHMENT_", frozen=True)

    data_dir: Path = Field(
        Path("catchment-data"),
        description="Folder of everything Catchment keeps: the SQLite database, the usage files "
        "and the secret key.",
    )
    database_url: str = Field(
        "",
        description="PostgreSQL address such as postgresql://user:password@host/name. "
        "Empty: an SQLite file in the data directory.",
    )
    usage_url: str = Field(
        "",
        description="ClickHouse that keeps usage events, such as "
        "clickhouse://user:password@host:8123/database. Empty: files in the data directory.",
        repr=False,
    )
    secret_key: str = Field(
        "",
        description="Key for hashing API secrets and session tokens; the same on every process. "
        "Empty: a random one kept in the data directory.",
    )
    host: str = Field("127.0.0.1", description="Address that `catchment serve` listens on.")
    port: int = Field(8080, description="Port that `catchment serve` listens on.", ge=0, le=65535)
    secure_cookies: bool = Field(
        default=False,
        description="Send the dashboard's session cookie over HTTPS only. "
        "Set it behind a TLS proxy.",
    )
    session_hours: int = Field(
        12, description="Hours after which a dashboard session ends.", ge=1, le=24 * 90
    )
    usage_inbox_limit_mib: int = Field(
        4096,
        description="MiB of usage events, as they were sent, that may wait to be loaded. Beyond "
        "that more are refused with 429 until some are loaded.",
        ge=1,
    )
    billing_schedule: str = Field(
        "",
        description="When every workspace is billed without being asked, as cron says it in the "
        "workspace's time zone: `0 4 * * *` is daily at four. Empty: never.",
    )
    billing_processes: int = Field(
        0,
        description="How many processes draft the invoices of a large billing run beside the one "
        "that bills. 0: one for each core. 1: none, it drafts all of them itself.",
        ge=0,
        le=256,
    )
    body_pause_seconds: float = Field(
        30,
        description="Seconds without any of a request's body after which the request is given up. "
        "A whole body may take ten times as long, that of an import as long as it needs.",
        gt=0,
        le=3600,
    )

    @field_validator("billing_schedule")
    @classmethod
    def _recurs(cls, value: str) -> str:
        if value:
            Cron(value)
        return value

    def billing_cron(self) -> Cron | None:
        """When every workspace is billed; None: never."""
        return Cron(self.billing_schedule) if self.billing_schedule else None

    def sqlalchemy_url(self) -> str:
        """The database to use."""
        return self.database_url or f"sqlite:///{self.data_dir / 'catchment.db'}"

    def hashing_key(self) -> bytes:
        """The secret key; made and kept in the data directory at first use when none is set."""
        if self.secret_key:
            return self.secret_key.encode()
        path = self.data_dir / "secret.key"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_bytes()
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
            file.flush()
            os.fsync(file.fileno())
        return path.read_bytes()
