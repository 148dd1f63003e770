"""The lease unit's process: queues, holds, lets go at the gate, when told to, or by dying."""

from collections.abc import Callable
from contextlib import ExitStack

import pytest
from toolkit.elasticsearch import Elasticsearch
from toolkit.etcd import Etcd, EtcdUnavailable
from toolkit.lease import Lease

from cluster.eventually import eventually, steadily
from tests.elasticsearch_image.conftest import Instance
from tests.elasticsearch_image.etcdserver import EtcdServer


def holder(instance: Instance) -> str | None:
    found = instance.lock.look().holder
    return found.holder if found else None


@pytest.fixture
def quorum_published(five: list[Instance]) -> None:
    """Three hosts are published: a node must have joined before its lease ends."""
    from toolkit.etcd import Etcd, put

    settings = five[0].settings
    for number in (1, 2, 3):
        key = f"/services/{settings.label}/hosts/10.0.0.{number}"
        value = f'{{"ip": "10.0.0.{number}", "transport_port": 9300}}'
        Etcd(settings.etcd).transact([], [put(key, value)])


def claims(instance: Instance) -> bool:
    """Use the hold for a start, as the node does."""
    return instance.lock.claim(instance.lock.look())


def test_it_holds_until_the_first_nodes_transport_port_accepts(one: Instance) -> None:
    lease = one.run("lease")
    eventually("it holds", lambda: holder(one) == one.settings.node, within=5)
    assert claims(one)
    steadily("it holds", lambda: holder(one) == one.settings.node, during=1)
    with one.up():
        assert lease.ends() == 0
    assert holder(one) is None


def test_it_holds_until_the_node_is_published_so_that_the_next_one_finds_it(one: Instance) -> None:
    lease = one.run("lease")
    eventually("the hold is used", lambda: claims(one), within=5)
    with one.node(master="x"):
        lease.says(f"{one.settings.node} is up but not published; is {one.settings.label}-discovery@1.service loaded?")
        assert holder(one) == one.settings.node
        one.hosts.publish()
        assert lease.ends() == 0


def test_an_open_port_of_an_earlier_start_does_not_end_it(one: Instance) -> None:
    with one.node():
        lease = one.run("lease")
        lease.says("its node may start")
        steadily("it holds", lambda: holder(one) == one.settings.node, during=1.5)
    assert claims(one)
    with one.up():
        assert lease.ends(within=3) == 0


def test_a_node_of_another_name_at_its_ports_does_not_end_it(one: Instance) -> None:
    lease = one.run("lease")
    lease.says("its node may start")
    assert claims(one)
    with one.node(master="x", name="other-1"):
        lease.says(f"other-1 has the ports of {one.settings.node}; this cluster needs ports of its own")
        steadily("it holds", lambda: holder(one) == one.settings.node, during=1)
    with one.up():
        assert lease.ends() == 0


def test_beside_a_node_that_runs_without_it_it_ends_after_a_while(one: Instance) -> None:
    with one.up():
        assert one.run("lease").ends(within=15) == 0


@pytest.mark.usefixtures("quorum_published")
def test_with_a_quorum_published_it_holds_until_the_node_has_a_master(one: Instance) -> None:
    lease = one.run("lease")
    with one.up() as node:
        eventually("the hold is used", lambda: claims(one), within=5)
        steadily("it holds", lambda: holder(one) == one.settings.node, during=1)
        node.elects("somebody")
        assert lease.ends() == 0
    assert holder(one) is None


def test_the_next_one_holds_as_soon_as_the_first_lets_go(one: Instance, two: Instance) -> None:
    first = one.run("lease")
    first.says("its node may start")
    second = two.run("lease")
    second.says(f"is held by {one.settings.node} on 127.0.0.1; waiting")
    assert claims(one)
    with one.up():
        first.ends()
        eventually("the second holds", lambda: holder(two) == two.settings.node, within=1)


def test_told_to_stop_it_frees_the_lock_at_once(one: Instance) -> None:
    lease = one.run("lease")
    lease.says("its node may start")
    lease.terminate()
    assert lease.ends(within=2) == 0
    assert holder(one) is None


def test_told_to_stop_while_it_queues_it_leaves_the_lock_alone(one: Instance, two: Instance) -> None:
    one.run("lease").says("its node may start")
    second = two.run("lease")
    second.says("waiting")
    second.terminate()
    assert second.ends(within=2) == 0
    assert holder(one) == one.settings.node


def test_a_killed_holder_frees_the_lock_within_its_time(
    instances: Callable[..., list[Instance]], shared_etcd: EtcdServer
) -> None:
    one, two = instances(2, shared_etcd, LEASE_TTL="3")
    lease = one.run("lease")
    lease.says("its node may start")
    second = two.run("lease")
    lease.kill()
    steadily("the lock is the first one's still", lambda: holder(two) != two.settings.node, during=0.5)
    eventually("the second holds", lambda: holder(two) == two.settings.node, within=6)
    assert second.is_running()


def test_a_holder_that_lives_keeps_the_lock_beyond_its_time(
    instances: Callable[..., list[Instance]], shared_etcd: EtcdServer
) -> None:
    (one,) = instances(1, shared_etcd, LEASE_TTL="3")
    one.run("lease").says("its node may start")
    steadily("it holds", lambda: holder(one) == one.settings.node, during=6)


def test_a_frozen_holder_that_thaws_queues_again(
    instances: Callable[..., list[Instance]], shared_etcd: EtcdServer
) -> None:
    one, two = instances(2, shared_etcd, LEASE_TTL="3")
    first, second = one.run("lease"), None
    first.says("its node may start")
    second = two.run("lease")
    first.freeze()
    second.says("its node may start")
    first.thaw()
    first.says("expired before the node was up")
    first.says(f"is held by {two.settings.node}")


def test_killed_and_started_again_it_goes_on_holding(one: Instance, two: Instance) -> None:
    one.run("lease").says("its node may start")
    two.run("lease").says("waiting")
    one.parts[-1].kill()
    one.run("lease").says("its node may start")
    assert holder(one) == one.settings.node


def test_without_etcd_it_waits_and_says_so(instances: Callable[..., list[Instance]], own_etcd: EtcdServer) -> None:
    (one,) = instances(1, own_etcd)
    own_etcd.stop()
    lease = one.run("lease")
    lease.says("waiting for etcd")
    own_etcd.start()
    lease.says("its node may start")


def test_an_etcd_that_comes_back_finds_the_holder_holding(
    instances: Callable[..., list[Instance]], own_etcd: EtcdServer
) -> None:
    (one,) = instances(1, own_etcd)
    lease = one.run("lease", LEASE_TTL="6")
    lease.says("its node may start")
    own_etcd.stop()
    lease.says("waiting for etcd")
    own_etcd.start()
    steadily("it holds", lambda: holder(one) == one.settings.node, during=2)
    assert claims(one)
    with one.up():
        assert lease.ends() == 0
    assert holder(one) is None


def test_a_release_whose_answer_was_lost_takes_no_second_hold(
    one: Instance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    etcd, answers = Etcd(one.settings.etcd), [EtcdUnavailable("its answer is lost")]
    lease = Lease(one.settings, etcd, Elasticsearch(one.settings))
    revoke = etcd.revoke

    def unheard(hold: str) -> None:
        revoke(hold)
        if answers:
            raise answers.pop()

    with one.up(master="x"), monkeypatch.context() as patch:
        patch.setattr(etcd, "revoke", unheard)
        assert lease.run() == 0
    journal = capsys.readouterr().err
    assert not answers
    assert journal.count("its node may start") == 1, journal
    assert "expired" not in journal


def test_five_of_them_let_five_nodes_start_one_after_another(five: list[Instance]) -> None:
    """Each node "starts" when its own instance has claimed the hold; no hold overlaps another."""
    leases = [instance.run("lease") for instance in five]
    order: list[str] = []
    with ExitStack() as nodes:
        while len(order) < len(five):
            instance = eventually("somebody may start", lambda: claimed(five), within=10)
            assert instance.settings.node not in order
            order.append(instance.settings.node)
            nodes.enter_context(instance.up(master="x"))
            leases[five.index(instance)].ends()
    assert sorted(order) == [instance.settings.node for instance in five]


def claimed(instances: list[Instance]) -> Instance | None:
    winners = [instance for instance in instances if claims(instance)]
    assert len(winners) <= 1
    return winners[0] if winners else None
