"""The lock: one holder at a time, one start a hold, free again when its holder dies."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toolkit.elasticsearch import Elasticsearch
from toolkit.etcd import Etcd, EtcdUnavailable
from toolkit.lease import Lease
from toolkit.lock import Lock
from toolkit.node import Node
from toolkit.stopping import Terminated

from cluster.eventually import eventually
from tests.elasticsearch_image.conftest import Instance
from tests.elasticsearch_image.etcdserver import EtcdServer


def test_a_free_lock_is_taken_once(one: Instance, two: Instance) -> None:
    seen = two.lock.look()
    assert one.lock.acquire(one.lock.look()) is not None
    assert two.lock.acquire(seen) is None
    assert two.lock.acquire(two.lock.look()) is None


def test_the_lock_says_who_holds_it(one: Instance) -> None:
    one.lock.acquire(one.lock.look())
    holder = one.lock.look().holder
    assert holder is not None
    assert holder.holder == one.settings.node
    assert holder.is_of(one.settings)


def test_a_release_frees_the_lock_at_once(one: Instance, two: Instance) -> None:
    lease = one.lock.acquire(one.lock.look())
    assert lease is not None
    one.lock.release(lease)
    assert two.lock.acquire(two.lock.look()) is not None


def test_a_hold_starts_one_node_only(one: Instance) -> None:
    one.lock.acquire(one.lock.look())
    assert one.lock.claim(one.lock.look())
    assert not one.lock.claim(one.lock.look())


def test_a_claim_whose_answer_was_lost_counts_at_the_next_look_and_once(
    one: Instance, etcd: Etcd, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leader_dies(compare: list[Any], success: list[Any]) -> bool:
        Etcd.transact(etcd, compare, success)
        raise EtcdUnavailable("the leader is dead")

    one.lock.acquire(one.lock.look())
    lock = Lock(etcd, one.settings)
    with monkeypatch.context() as dying:
        dying.setattr(etcd, "transact", leader_dies)
        with pytest.raises(EtcdUnavailable):
            lock.claim(lock.look())
    assert lock.claim(lock.look())
    assert not lock.claim(lock.look())
    assert not Lock(etcd, one.settings).claim(lock.look())


def test_a_hold_is_of_no_use_to_another_instance(one: Instance, two: Instance) -> None:
    one.lock.acquire(one.lock.look())
    assert not two.lock.claim(two.lock.look())


def test_a_claim_keeps_the_hold_bound_to_its_lease(one: Instance) -> None:
    lease = one.lock.acquire(one.lock.look())
    assert lease is not None
    one.lock.claim(one.lock.look())
    one.lock.release(lease)
    assert one.lock.look().holder is None


def test_a_leftover_of_the_same_instance_is_taken_over_without_a_gap(one: Instance, two: Instance) -> None:
    old = one.lock.acquire(one.lock.look())
    one.lock.claim(one.lock.look())
    assert old is not None
    created = one.lock.look().entry
    assert one.lock.acquire(one.lock.look()) is not None
    entry = one.lock.look().entry
    assert entry is not None
    assert created is not None
    assert entry.created == created.created
    one.lock.release(old)
    assert two.lock.look().holder is not None
    assert one.lock.claim(one.lock.look())


def test_the_same_instance_on_another_machine_has_to_wait(five: list[Instance]) -> None:
    before, after = five[0], Instance(five[0].variables | {"MACHINE": "elsewhere"}, five[0].folder)
    before.lock.acquire(before.lock.look())
    assert after.lock.acquire(after.lock.look()) is None
    assert not after.lock.claim(after.lock.look())


def test_a_stranger_in_the_lock_stops_all_starts(one: Instance, etcd: Etcd) -> None:
    from toolkit.etcd import put

    etcd.transact([], [put(one.lock.key, "maintenance")])
    assert one.lock.acquire(one.lock.look()) is None
    assert "maintenance" in str(one.lock.look().holder)


def test_a_change_ends_the_wait(one: Instance, two: Instance) -> None:
    lease = one.lock.acquire(one.lock.look())
    assert lease is not None
    seen = two.lock.look()
    release = threading.Timer(0.3, one.lock.release, [lease])
    release.start()
    assert two.lock.wait_for_change(seen, within=10)
    release.join()
    assert two.lock.look().holder is None


def test_without_a_change_the_wait_ends_in_time(one: Instance) -> None:
    assert not one.lock.wait_for_change(one.lock.look(), within=0.2)


def test_nobody_trusts_a_silent_watch_for_long(one: Instance, two: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its member of etcd may have frozen after it began: that looks like a lock that does not change."""
    waits: list[float] = []

    def frozen(_etcd: Etcd, _key: str, _after: int, within: float) -> bool:
        waits.append(within)
        raise Terminated

    two.lock.acquire(two.lock.look())
    monkeypatch.setattr(Etcd, "changed", frozen)
    client = Etcd(one.settings.etcd)
    with pytest.raises(Terminated):
        Node(one.settings, client).wait_for_lease()
    Lease(one.settings, client, Elasticsearch(one.settings)).run()
    assert len(waits) == 2
    assert max(waits) <= 10


def test_a_hold_that_nobody_keeps_expires(instances: Callable[..., list[Instance]], shared_etcd: EtcdServer) -> None:
    one, two = instances(2, shared_etcd, LEASE_TTL="3")
    one.lock.acquire(one.lock.look())
    eventually("it is free", lambda: two.lock.acquire(two.lock.look()), within=6)


steps = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["take", "claim", "release"])), max_size=25)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_whatever_they_do_one_holds_and_each_hold_starts_at_most_one(
    instances: Callable[..., list[Instance]], shared_etcd: EtcdServer, steps: list[tuple[int, str]]
) -> None:
    contenders = instances(3, shared_etcd)[-3:]
    leases: dict[int, str] = {}
    starts: set[str] = set()
    for number, step in steps:
        lock = contenders[number].lock
        if step == "take" and (lease := lock.acquire(lock.look())) is not None:
            assert set(leases) <= {number}
            leases[number] = lease
        elif step == "claim" and lock.claim(lock.look()):
            assert set(leases) == {number}
            holder = lock.look().holder
            assert holder is not None
            assert holder.hold not in starts
            starts.add(holder.hold)
        elif step == "release" and number in leases:
            lock.release(leases.pop(number))
