"""The office of the engine: what becomes of it when its key is lost though its holder lives."""

import asyncio

from fleet.daemon.etcd import Delete, Put
from tests.fleet.daemon.machines import Cluster


async def test_a_leader_whose_key_was_deleted_leads_again(cluster: Cluster) -> None:
    machine = await cluster.add()
    await cluster.eventually(lambda: machine.daemon.election.leadership)
    await machine.daemon.etcd.commit([Delete(machine.daemon.registry.key("leader"))])
    await machine.run_unit("a.service")
    await cluster.eventually(lambda: cluster.running("a.service"))


async def test_a_leader_whose_key_became_anothers_does_not_take_itself_for_one(cluster: Cluster) -> None:
    machine = await cluster.add()
    await cluster.eventually(lambda: machine.daemon.election.leadership)
    key = machine.daemon.registry.key("leader")
    await machine.daemon.etcd.commit([Put(key, "9" * 32)])
    await cluster.eventually(lambda: machine.daemon.election.leadership is None)
    assert machine.daemon.mirror.snapshot.leader == "9" * 32
    await machine.daemon.etcd.commit([Delete(key)])
    await cluster.eventually(lambda: machine.daemon.election.leadership)


async def test_two_machines_of_one_id_do_not_take_the_office_from_one_another_for_ever(cluster: Cluster) -> None:
    machine = await cluster.add()
    await cluster.eventually(lambda: machine.daemon.election.leadership)
    twin = cluster.prepare(machine_id=machine.id)
    await twin.start()
    await cluster.eventually(lambda: machine.daemon.election.leadership is None)
    revision = machine.daemon.mirror.snapshot.leader_revision
    await asyncio.sleep(0.5)
    assert machine.daemon.mirror.snapshot.leader_revision == revision
    await twin.crash()
    await cluster.eventually(lambda: machine.daemon.election.leadership)
