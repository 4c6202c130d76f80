"""Two shards in one engine: each sees half of the rows of the tables that both have.

chDB talks to no other server, and two shards that lie in the same process are the same tables. So a filter on each
of those tables leaves a shard the rows that the sharding key gives it. Queries over both then are planned, sent to
either, and put together again as if the shards were apart: what is joined or looked up on one shard only finds half.
"""

from __future__ import annotations

from pathlib import Path

from catchment.usage.clickhouse import schema

CLUSTER = "halves"

_LOCAL = """<shard><internal_replication>true</internal_replication>
  <replica><host>localhost</host><port>9000</port></replica></shard>"""
_CONFIG = f"""<clickhouse>
  <background_pool_size>16</background_pool_size>
  <tcp_port>9000</tcp_port>
  <users_config>{{users}}</users_config>
  <remote_servers><{CLUSTER}>{_LOCAL}{_LOCAL}</{CLUSTER}></remote_servers>
</clickhouse>
"""
_USERS = """<clickhouse>
  <profiles><default>
    <additional_table_filters>{filters}</additional_table_filters>
  </default></profiles>
  <quotas><default/></quotas>
  <users><default>
    <password></password>
    <networks><ip>::/0</ip></networks>
    <profile>default</profile>
    <quota>default</quota>
  </default></users>
</clickhouse>
"""


def configured(folder: Path, database: str) -> Path:
    """What chDB is started with (``config-file``), so that the store's tables in ``database`` have two shards.

    Nothing listens at the port: it is what says that a shard lies in this process. With the pool of chDB,
    of two, deleting rows waits a tenth of a second for every part there is.
    """
    filters = ", ".join(
        f"'{database}.{name}_local': 'shardNum() = 0 OR {key} % 2 = shardNum() - 1'"
        for name, key in schema._SHARDED_BY.items()
    )
    folder.mkdir(parents=True, exist_ok=True)
    config, users = folder / "config.xml", folder / "users.xml"
    users.write_text(_USERS.format(filters=f"{{{filters}}}"))
    config.write_text(_CONFIG.format(users=users))
    return config
