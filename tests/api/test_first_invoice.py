"""The walk through docs/first-invoice.md, as it stands there."""

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

TEXT = (Path(__file__).parents[2] / "docs" / "first-invoice.md").read_text("utf-8")
CONNECT, *STEPS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_first_invoice_comes_out_as_it_is_told(
    client: TestClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def call(path: str, body: Any = None) -> Any:
        answer = client.get(path) if body is None else client.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.content if path.endswith("/download") else answer.json()

    compile(CONNECT, "connect", "exec")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"call": call}
    for step in STEPS:
        exec(step, names)

    assert capsys.readouterr().out.splitlines() == [
        "1250 115.00",
        "1000 at 0.1 is 100",
        "250 at 0.06 is 15",
        "True 750 69.00",
        "False 500 46.00",
    ]
    assert (tmp_path / "first-invoice.pdf").read_bytes().startswith(b"%PDF-")
    assert names["invoice"]["status"] == "DRAFT"
