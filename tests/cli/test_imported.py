"""A command waits only for what it needs."""

import subprocess
import sys

PROGRAM = """
import sys
from typer.main import get_command
from catchment.cli import app

for command in sys.argv[1:]:
    get_command(app).commands[command]
print(*sys.modules)
"""


def test_only_what_serves_imports_the_api() -> None:
    commands = ["bill", "work", "verify", "runs", "customers", "keys", "users", "workspaces"]
    program = [sys.executable, "-W", "error", "-c", PROGRAM, *commands]

    told = subprocess.run(program, check=True, capture_output=True, text=True).stdout.split()

    assert "catchment.store.engine" in told
    assert not {"catchment.api.app", "catchment.usage.clickhouse.storage", "uvicorn"} & set(told)
