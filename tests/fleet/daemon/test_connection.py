"""A connection to etcd: who stops waiting for an answer hears nothing more of it, nor does the journal."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fleet.daemon.connection import Connection, Endpoint
from fleet.daemon.credentials import Credentials


@pytest.fixture
async def connection() -> AsyncIterator[Connection]:
    made = Connection(Endpoint("127.0.0.1:1", secure=False), Credentials())
    yield made
    made.condemn()
    await made.closed()


async def ends_with_its_own_error() -> None:
    """What a read of gRPC does that is cancelled when its call has failed by then."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        raise OSError("etcdserver: no leader") from None


async def test_an_answer_that_comes_after_its_time_is_forgotten_whatever_it_is(connection: Connection) -> None:
    """A random campaign without a quorum of etcd found it in a journal: Task exception was never retrieved."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    with pytest.raises(TimeoutError):
        await connection.unless_condemned(ends_with_its_own_error(), within=0.01)
    for _ in range(3):
        await asyncio.sleep(0)
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []


async def test_an_answer_in_time_is_given_and_so_is_its_error(connection: Connection) -> None:
    async def failing() -> None:
        raise OSError("refused")

    assert await connection.unless_condemned(asyncio.sleep(0, "answer"), within=5) == "answer"
    with pytest.raises(OSError, match="refused"):
        await connection.unless_condemned(failing(), within=5)


async def test_who_waits_on_a_condemned_connection_is_told(connection: Connection) -> None:
    waiting = asyncio.ensure_future(connection.unless_condemned(asyncio.Event().wait(), within=None))
    await asyncio.sleep(0)
    connection.condemn()
    with pytest.raises(ConnectionError, match="was given up"):
        await waiting
