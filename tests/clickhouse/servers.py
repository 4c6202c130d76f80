"""Two real ClickHouse servers that are one cluster of two shards, where there is a program for it.

The program is `clickhouse-server` or `clickhouse` of the PATH, or what CATCHMENT_TEST_CLICKHOUSE names. Ports and
folders are the tests' own.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

import urllib3

from tests.programs import Program

CLUSTER = "catchment_test"
SHARDS = 2
_READY = urllib3.Retry(connect=40, backoff_factor=0.1, backoff_max=1)
_PORTS = ("http_port", "tcp_port", "interserver_http_port", "keeper", "raft")

_SERVER = """<clickhouse>
  <logger><console>1</console><level>error</level></logger>
  <listen_host>127.0.0.1</listen_host>
  <interserver_http_host>127.0.0.1</interserver_http_host>
  <http_port>{http_port}</http_port>
  <tcp_port>{tcp_port}</tcp_port>
  <interserver_http_port>{interserver_http_port}</interserver_http_port>
  <path>{folder}/data/</path>
  <tmp_path>{folder}/tmp/</tmp_path>
  <user_files_path>{folder}/files/</user_files_path>
  <users_config>{folder}/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <mark_cache_size>67108864</mark_cache_size>
  <macros><shard>{shard}</shard><replica>1</replica></macros>
  <remote_servers><{cluster}>{shards}</{cluster}></remote_servers>
  <zookeeper><node><host>127.0.0.1</host><port>{keeper_of_all}</port></node></zookeeper>
  <distributed_ddl><path>/clickhouse/ddl</path></distributed_ddl>
  {keeper_server}
</clickhouse>
"""
_SHARD = """<shard><internal_replication>true</internal_replication>
  <replica><host>127.0.0.1</host><port>{tcp_port}</port></replica></shard>"""
_KEEPER = """<keeper_server>
    <tcp_port>{keeper}</tcp_port>
    <server_id>1</server_id>
    <log_storage_path>{folder}/keeper/log</log_storage_path>
    <snapshot_storage_path>{folder}/keeper/snapshots</snapshot_storage_path>
    <raft_configuration>
      <server><id>1</id><hostname>127.0.0.1</hostname><port>{raft}</port></server>
    </raft_configuration>
  </keeper_server>"""
_USERS = """<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users><default>
    <password></password>
    <networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile>
    <quota>default</quota>
  </default></users>
</clickhouse>
"""


def program() -> list[str] | None:
    """The command of a server, if there is one."""
    named = os.environ.get("CATCHMENT_TEST_CLICKHOUSE")
    found = named or shutil.which("clickhouse-server") or shutil.which("clickhouse")
    if found is None:
        return None
    return [found, "server"] if Path(found).name == "clickhouse" else [found]


class Cluster:
    """The servers, each a shard; the first keeps what they agree on."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        free = _free_ports(SHARDS * len(_PORTS))
        each = [dict(zip(_PORTS, free[n::SHARDS], strict=True)) for n in range(SHARDS)]
        self.ports = [ports["http_port"] for ports in each]
        self._programs = []
        shards = "".join(_SHARD.format(**ports) for ports in each)
        for number, ports in enumerate(each):
            home = folder / str(number)
            home.mkdir(parents=True)
            facts = {**ports, "folder": home, "shard": number + 1, "shards": shards}
            facts |= {"cluster": CLUSTER, "keeper_of_all": each[0]["keeper"]}
            facts["keeper_server"] = "" if number else _KEEPER.format(**facts)
            (home / "config.xml").write_text(_SERVER.format(**facts))
            (home / "users.xml").write_text(_USERS)
            self._programs.append(Program([*command, f"--config-file={home / 'config.xml'}"]))
        self._http = urllib3.PoolManager()
        for port in self.ports:
            self._http.request("GET", f"http://127.0.0.1:{port}/ping", retries=_READY)

    def ask(self, server: int, statement: str) -> str:
        """What a server answers, over plain HTTP: its client refuses servers of long ago."""
        url = f"http://127.0.0.1:{self.ports[server]}/?insert_distributed_sync=1"
        answer = self._http.request("POST", url, body=statement.encode())
        text = answer.data.decode()
        assert answer.status == 200, text
        return text.strip()

    def close(self) -> None:
        """End them."""
        for one in self._programs:
            one.close()


def _free_ports(count: int) -> list[int]:
    opened = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [one.getsockname()[1] for one in opened]
    for one in opened:
        one.close()
    return ports
