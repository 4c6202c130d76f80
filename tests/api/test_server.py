"""The server says that it answers once it does."""

import asyncio
import socket

from fastapi import FastAPI

from catchment.api.server import Server, config


def started(port: int) -> list[str]:
    """What a server on a port, 0 for any, says as far as it comes."""
    said: list[str] = []
    served = config(FastAPI(), port=port)
    served.load()
    server = Server(served, lambda: said.append("ready"))
    server.lifespan = served.lifespan_class(served)

    async def start_and_end() -> None:
        await server.startup()
        said.append("up")
        await server.shutdown()

    try:
        asyncio.run(start_and_end())
    except SystemExit:
        said.append("ended")
    return said


def test_it_says_so_when_it_is_up() -> None:
    assert started(0) == ["ready", "up"]


def test_where_the_port_is_taken_it_says_nothing_of_being_ready() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = started(taken.getsockname()[1])

    assert said == ["ended"]
