"""An address says all that a client needs, and never tells a password."""

import pytest

from catchment.usage.clickhouse.address import AddressInvalid, parse


def test_a_server_is_named_by_host_and_database() -> None:
    found = parse("clickhouse://me:p%40ss@ch.example/usage")

    assert found.connection == {
        "interface": "http", "host": "ch.example", "port": 8123, "username": "me", "password": "p@ss",
    }  # fmt: skip
    assert (found.database, found.shown) == ("usage", "clickhouse://ch.example:8123/usage")
    assert (found.cluster, found.replicated, found.in_process) == (None, False, False)
    assert "p@ss" not in repr(found)


def test_options_choose_https_and_a_cluster() -> None:
    found = parse("clickhouse://ch/usage?secure=true&cluster=all")
    alone = parse("clickhouse://ch/usage?cluster=all&replicated=false")

    assert (found.connection["interface"], found.connection["port"]) == ("https", 8443)
    assert [(one.cluster, one.replicated) for one in (found, alone)] == [
        ("all", True),
        ("all", False),
    ]


def test_a_folder_is_of_this_process() -> None:
    found = parse("chdb:///var/usage?database=x")

    assert found.connection == {"interface": "chdb", "path": "/var/usage"}
    assert (found.in_process, found.database, found.shown) == (True, "x", "chdb:///var/usage")


@pytest.mark.parametrize(
    "url",
    [
        "http://me:secret@ch/usage",
        "clickhouse://me:secret@ch",
        "clickhouse://me:secret@ch/one/two",
        "clickhouse://me:secret@/usage",
        "clickhouse://me:secret@ch:many/usage",
        "clickhouse://me:secret@ch/usage?secure=perhaps",
        "clickhouse://me:secret@ch/usage?color=red",
        "chdb://me:secret@relative/path",
        "chdb://",
    ],
)
def test_what_cannot_be_understood_names_the_setting_and_no_password(url: str) -> None:
    with pytest.raises(AddressInvalid, match="CATCHMENT_USAGE_URL") as refused:
        parse(url)

    assert "secret" not in str(refused.value)
