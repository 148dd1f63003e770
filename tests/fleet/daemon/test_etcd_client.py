"""fleetd's client of etcd: what it reads is the newest, also where a question gets lost."""

import asyncio
from collections.abc import AsyncIterator

import grpc.aio
import pytest
from aetcd import rpc

from fleet.daemon.etcd import Etcd, Put
from tests.fleet.daemon import own_protocol  # noqa: F401
from tests.fleet.daemon.conftest import EtcdServer
from tests.fleet.daemon.machines import Cluster


class Forgetful:
    """An etcd that loses the first transaction that it is asked for, and answers the others from an empty store."""

    def __init__(self) -> None:
        self.asked = 0
        self._server = grpc.aio.server()
        handler = grpc.unary_unary_rpc_method_handler(
            self._txn, rpc.TxnRequest.FromString, rpc.TxnResponse.SerializeToString
        )
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("etcdserverpb.KV", {"Txn": handler}),)
        )
        self.port = self._server.add_insecure_port("127.0.0.1:0")

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(grace=None)

    async def _txn(self, _request: object, _context: object) -> object:
        self.asked += 1
        if self.asked == 1:
            await asyncio.Event().wait()
        empty = rpc.ResponseOp(response_range=rpc.RangeResponse())
        return rpc.TxnResponse(header=rpc.ResponseHeader(revision=7), responses=[empty])


@pytest.fixture
async def forgetful() -> AsyncIterator[Forgetful]:
    server = Forgetful()
    await server.start()
    yield server
    await server.stop()


async def test_a_reading_that_got_lost_is_asked_for_again_before_it_is_given_up(forgetful: Forgetful) -> None:
    client = Etcd([f"http://127.0.0.1:{forgetful.port}"], timeout=0.2)
    await client.watch("/", 1).aclose()
    client._current().proven = True  # it has answered before: so the lost question alone would be waited for for 5 s
    async with asyncio.timeout(2):
        assert (await client.read("/fleet/")).revision == 7
    assert forgetful.asked == 2
    await client.close()


async def test_a_reading_holds_all_keys_with_the_prefix(cluster: Cluster, shared_etcd: EtcdServer, prefix: str) -> None:
    await cluster.add()  # so that etcd answers
    client = Etcd([shared_etcd.url])
    prefix = f"{prefix}reading/"
    written = await client.commit([Put(f"{prefix}a", "1"), Put(f"{prefix}b", "2")])
    readings = [await client.read(prefix) for _ in range(2)]
    assert readings[0].revision >= written.revision
    assert [(item.key, item.value) for item in readings[1].items] == [(f"{prefix}a", "1"), (f"{prefix}b", "2")]
    await client.close()
