"""The discovery unit's process: the host is in the list exactly while the transport port accepts."""

from collections.abc import Callable
from contextlib import ExitStack

from toolkit.etcd import Etcd, encode

from cluster.eventually import eventually, steadily
from tests.elasticsearch_image.conftest import Instance
from tests.elasticsearch_image.etcdserver import EtcdServer

RESTART_THE_NODE = 75


def test_it_publishes_the_host_while_the_transport_port_accepts(one: Instance) -> None:
    one.run("discovery")
    steadily("nothing is published", lambda: not one.hosts.live(), during=0.5)
    with one.node():
        eventually("it is published", lambda: "127.0.0.1" in one.hosts.live(), within=3)
    eventually("it is gone", lambda: not one.hosts.live(), within=1)


def test_what_it_publishes_says_where_to_connect(one: Instance) -> None:
    one.run("discovery")
    with one.node():
        address = f"127.0.0.1:{one.settings.transport_port}"
        eventually("it is published", lambda: one.hosts.live() == {"127.0.0.1": address}, within=3)


def test_it_remembers_for_ever_that_the_label_has_been_up(one: Instance) -> None:
    assert not one.hosts.have_been_up()
    discovery = one.run("discovery")
    with one.node():
        discovery.says("is published")
    discovery.says("withdrawn: the transport port is closed")
    assert one.hosts.have_been_up()


def test_told_to_stop_it_withdraws_the_host(one: Instance) -> None:
    discovery = one.run("discovery")
    with one.node():
        discovery.says("is published")
        discovery.terminate()
        assert discovery.ends(within=2) == 0
        assert not one.hosts.live()


def test_killed_its_host_drops_out_within_its_time(
    instances: Callable[..., list[Instance]], shared_etcd: EtcdServer
) -> None:
    (one,) = instances(1, shared_etcd, HOST_TTL="3")
    discovery = one.run("discovery")
    with one.node():
        discovery.says("is published")
        steadily("it stays published", lambda: one.hosts.live(), during=5)
        discovery.kill()
        eventually("it is gone", lambda: not one.hosts.live(), within=6)


def test_a_node_of_another_name_at_its_ports_is_not_published(one: Instance) -> None:
    discovery = one.run("discovery")
    with one.node(master="x", name="other-1"):
        discovery.says(f"other-1 has the ports of {one.settings.node}")
        steadily("nothing is published", lambda: not one.hosts.live(), during=1)
    with one.node():
        discovery.says("is published")


def test_a_node_that_comes_back_is_published_again(one: Instance) -> None:
    discovery = one.run("discovery")
    with one.node():
        discovery.says("is published")
    discovery.says("withdrawn")
    with one.node():
        eventually("it is published again", lambda: one.hosts.live(), within=3)


def test_a_host_that_somebody_removed_is_published_again(
    instances: Callable[..., list[Instance]], shared_etcd: EtcdServer
) -> None:
    (one,) = instances(1, shared_etcd, HOST_TTL="3")
    discovery = one.run("discovery")
    with one.node():
        discovery.says("is published")
        (key,) = Etcd(shared_etcd.url).under(f"/services/{one.settings.label}/hosts/")
        Etcd(shared_etcd.url).transact([], [{"request_delete_range": {"key": encode(key.key)}}])
        eventually("it is published again", lambda: one.hosts.live(), within=5)


def test_an_etcd_that_is_away_does_not_disturb_it_and_has_the_host_again_when_it_is_back(
    instances: Callable[..., list[Instance]], own_etcd: EtcdServer
) -> None:
    (one,) = instances(1, own_etcd, HOST_TTL="3")
    discovery = one.run("discovery")
    with one.node():
        discovery.says("is published")
        own_etcd.stop()
        discovery.says("the node goes on without it")
        own_etcd.start()
        eventually("it is published", lambda: one.hosts.live(), within=8)
        assert discovery.is_running()


def test_a_node_without_a_master_in_a_quorum_has_to_be_restarted(five: list[Instance]) -> None:
    lonely, *others = five[:3]
    for number, instance in enumerate(others, start=2):
        instance.variables["IP"] = f"127.0.0.{number}"
    with ExitStack() as nodes:
        for instance in five[:3]:
            nodes.enter_context(instance.node())
        discovery = lonely.run("discovery", NO_MASTER_TIMEOUT="1")
        discovery.says("is published")
        steadily("it runs: a quorum is not there yet", discovery.is_running, during=2)
        for instance in others:
            instance.run("discovery")
        assert discovery.ends() == RESTART_THE_NODE
    assert "although a quorum of hosts is there" in discovery.journal


def test_below_a_quorum_a_node_without_a_master_is_left_alone(one: Instance) -> None:
    discovery = one.run("discovery", NO_MASTER_TIMEOUT="1")
    with one.node():
        discovery.says("is published")
        steadily("it runs", discovery.is_running, during=3)


def test_a_node_with_a_master_is_left_alone(instances: Callable[..., list[Instance]], shared_etcd: EtcdServer) -> None:
    (one,) = instances(1, shared_etcd, INSTANCES="1", NO_MASTER_TIMEOUT="1")
    discovery = one.run("discovery")
    with one.node(master="itself") as node:
        discovery.says("is published")
        steadily("it runs", discovery.is_running, during=3)
        node.elects(None)
        assert discovery.ends() == RESTART_THE_NODE
    assert not one.hosts.live()


def test_a_start_that_does_not_come_to_an_end_has_to_be_repeated(one: Instance) -> None:
    discovery = one.run("discovery", START_TIMEOUT="1", NO_MASTER_TIMEOUT="1")
    steadily("it waits: nothing was started", discovery.is_running, during=2)
    one.lock.acquire(one.lock.look())
    steadily("it waits: the lease is held, no node has used it", discovery.is_running, during=2)
    assert one.lock.claim(one.lock.look())
    assert discovery.ends() == RESTART_THE_NODE
