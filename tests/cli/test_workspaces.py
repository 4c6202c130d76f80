"""Workspaces from the command line."""

import json
from pathlib import Path
from typing import Any

from tests.cli.test_access_commands import at


def listed(home: Path) -> Any:
    return json.loads(at(home, "workspaces", "list", "--json").stdout)


def test_a_sandbox_is_made_beside_what_is_real(tmp_path: Path) -> None:
    at(tmp_path, "workspaces", "create", "Real", "--time-zone", "Europe/Berlin")
    made = at(tmp_path, "workspaces", "create", "Trial", "--sandbox")

    assert "sandbox" in made.stdout
    assert [(one["name"], one["timeZone"], one["sandbox"]) for one in listed(tmp_path)] == [
        ("Real", "Europe/Berlin", False),
        ("Trial", "UTC", True),
    ]
    assert "Trial" in at(tmp_path, "workspaces", "list").stdout


def test_a_time_zone_is_set_by_its_name(tmp_path: Path) -> None:
    at(tmp_path, "workspaces", "create", "Real")

    assert at(tmp_path, "workspaces", "set", "Real", "--time-zone", "Asia/Tokyo").exit_code == 0
    assert at(tmp_path, "workspaces", "set", "Real", "--time-zone", "Tokyo").exit_code == 2
    assert at(tmp_path, "workspaces", "set", "None", "--time-zone", "UTC").exit_code == 2
    assert listed(tmp_path)[0]["timeZone"] == "Asia/Tokyo"


def test_a_name_is_given_once(tmp_path: Path) -> None:
    at(tmp_path, "workspaces", "create", "Real")

    assert at(tmp_path, "workspaces", "create", "Real").exit_code == 1
    assert at(tmp_path, "workspaces", "create", "Other", "--time-zone", "x").exit_code == 2
    assert len(listed(tmp_path)) == 1
