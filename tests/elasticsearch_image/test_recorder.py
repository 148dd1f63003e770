"""The recorder beside the discovery, as a process: what it tells, and that it never harms the discovery."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from toolkit.etcd import Change, Entry, Etcd, encode, put
from toolkit.recorder.delivery import day_index
from toolkit.recorder.indices import DAY
from toolkit.recorder.keys import Keys
from toolkit.recorder.keywatch import Heard
from toolkit.recorder.schema import PROPERTIES, TEMPLATE
from toolkit.recorder.teller import Teller

from cluster.eventually import eventually, steadily
from tests.elasticsearch_image.conftest import Instance
from tests.elasticsearch_image.etcdserver import EtcdServer
from tests.elasticsearch_image.part import Part
from tests.elasticsearch_image.stand_in import ME, StandIn, World, copy, left, now

AT = now() // 1000 * 1000 - 5 * 1000 + 12
"""A moment, in milliseconds since the epoch."""

Alone = Callable[..., Instance]


@pytest.fixture
def alone(instances: Callable[..., list[Instance]], shared_etcd: EtcdServer) -> Alone:
    """The one instance of a label: it is the quorum, and all that are awaited."""
    return lambda **variables: instances(1, shared_etcd, INSTANCES="1", **variables)[0]


@contextmanager
def recording(instance: Instance) -> Iterator[tuple[World, Part]]:
    """A node, and its discovery, whose recorder has delivered something."""
    with StandIn(instance.settings) as node:
        discovery = instance.run("discovery", hurried=True)
        eventually("it records", lambda: node.events("process_started"), within=10, context=lambda: discovery.journal)
        yield node, discovery


def tells(node: World, type: str, /, **fields: object) -> dict[str, object]:
    """Wait for an event with these fields."""

    def found() -> list[dict[str, object]]:
        return [event for event in node.events(type) if fields.items() <= event.items()]

    events: list[dict[str, object]] = eventually(
        f"{type} {fields}", found, within=8, context=lambda: f"{node.events()}"
    )
    return events[-1]


def child_of(discovery: Part) -> int:
    return int(Path(f"/proc/{discovery.pid}/task/{discovery.pid}/children").read_text().split()[0])


def spooled(instance: Instance) -> list[str]:
    folder = Path(instance.settings.marvel_spool)
    text = "".join(path.read_text() for path in sorted(folder.glob("*.jsonl")))
    return [json.loads(line)[2].get("type", "") for line in text.splitlines()]


def test_it_tells_who_it_is_which_node_and_which_master_it_sees_and_the_status(alone: Alone) -> None:
    one = alone()
    with recording(one) as (node, _):
        tells(node, "recorder_started", observer=one.settings.node, machine="127.0.0.1")
        assert tells(node, "process_started", node_id=ME)["@timestamp"] == node.started
        tells(node, "master_elected", node=one.settings.node)
        tells(node, "status", status="green")


def test_what_it_stores_has_no_field_that_the_mapping_does_not_know(alone: Alone) -> None:
    with recording(alone()) as (node, _):
        node.becomes(
            copies=[*node.copies, copy("logs", 0, ME, primary=True), copy("logs", 0, None, **left("gone", AT))]
        )
        tells(node, "copy_unassigned", reason="NODE_LEFT")
        eventually("a sample and a placement", lambda: {k for _, k, _ in node.stored} == set(PROPERTIES), within=12)
        assert [set(body) - set(PROPERTIES[kind]) for (_, kind, _), body in node.stored.items() if kind] == [
            set()
        ] * len(node.stored)
        assert node.templates[TEMPLATE]["template"] == ".marvel-*"


def test_what_happens_while_there_is_no_master_is_told_when_there_is_one_again(alone: Alone) -> None:
    one = alone()
    with recording(one) as (node, _):
        node.becomes(master=None)
        eventually("it is in the spool", lambda: "master_lost" in spooled(one), within=5)
        assert not node.events("master_lost")
        node.becomes(master=ME)
        lost, found = tells(node, "master_lost"), tells(node, "master_elected", previous=one.settings.node)
        told = tells(node, "status", status="no-master")
        assert "is lost" in str(told["cause"])
        assert int(str(found["duration_ms"])) > 0
        assert int(str(lost["@timestamp"])) < int(str(found["@timestamp"]))


def test_killed_without_a_master_and_started_again_it_still_tells_what_it_had_seen(alone: Alone) -> None:
    one = alone()
    with recording(one) as (node, discovery):
        node.becomes(master=None)
        eventually("it is in the spool", lambda: "master_lost" in spooled(one), within=5)
        discovery.kill()
        with next(iter(sorted(Path(one.settings.marvel_spool).glob("*.jsonl"), reverse=True))).open("a") as torn:
            torn.write('["event","torn","{')
        one.run("discovery", hurried=True)
        node.becomes(master=ME)
        tells(node, "master_lost")
        eventually("how long nothing was recorded", lambda: [*map(has_gap, node.events("recorder_started"))][1:], 5)
        assert len(node.events("process_started")) == 1, "one start of the node is one event"


def has_gap(event: dict[str, object]) -> bool:
    return "duration_ms" in event


def test_the_end_of_the_process_and_its_next_start_are_told(alone: Alone) -> None:
    one = alone()
    with recording(one) as (node, _):
        pass
    eventually("it is in the spool", lambda: "process_ended" in spooled(one), within=3)
    with StandIn(one.settings, World(one.settings.node, started=node.started + 60_000)) as after:
        assert int(str(tells(after, "process_ended")["duration_ms"])) > 0


def test_nodes_and_copies_that_go_and_come_are_told_with_their_causes(alone: Alone) -> None:
    one = alone()
    with recording(one) as (node, _):
        three = {ME: one.settings.node, "b": "node-2", "c": "node-3"}
        primary, replica = copy("logs", 0, "b", primary=True), copy("logs", 0, ME)
        node.becomes(nodes=three, copies=[*node.copies, primary, replica])
        tells(node, "node_joined", node="node-2")
        tells(node, "index_created", subject="logs")
        del three["b"]
        gone = copy("logs", 0, None, **left("b", AT))
        node.becomes(copies=[*node.copies[:-2], copy("logs", 0, ME, primary=True), gone], delayed=1)
        tells(node, "node_left", node="node-2")
        tells(node, "copy_promoted", subject="logs[0]", from_node="node-2")
        told = tells(node, "copy_unassigned", subject="logs[0]", node="node-2", cause="node-2 left")
        assert told["@timestamp"] == AT
        assert "node-2 left" in str(tells(node, "status", status="yellow")["cause"])
        tells(node, "allocation_delayed", count=1)
        node.becomes(copies=[*node.copies[:-1], copy("logs", 0, "c")], delayed=0)
        tells(node, "status", status="green", previous="yellow")
        tells(node, "allocation_resumed")


def test_a_copy_that_arrives_is_told_with_where_it_came_from_and_how_long_it_took(alone: Alone) -> None:
    one = alone()
    with recording(one) as (node, _):
        coming = copy("logs", 0, ME, state="INITIALIZING")
        node.becomes(copies=[*node.copies, copy("logs", 0, "b", primary=True), coming], nodes=node.nodes | {"b": "n-2"})
        tells(node, "copy_initializing", subject="logs[0]")
        shard = {"id": 0, "type": "REPLICA", "start_time_in_millis": node.started, "total_time_in_millis": 700}
        shard |= {"source": {"name": "n-2"}, "target": {"id": ME}, "index": {"size": {"recovered_in_bytes": 1024}}}
        node.recoveries = {"logs": {"shards": [shard | {"stop_time_in_millis": node.started + 700}]}}
        node.becomes(copies=[*node.copies[:-1], coming | {"state": "STARTED"}])
        told = tells(node, "copy_started", subject="logs[0]", source="REPLICA", from_node="n-2", duration_ms=700)
        assert (told["bytes"], told["@timestamp"]) == (1024, node.started + 700)


def test_a_node_that_falls_silent_is_told_and_its_publishing_goes_on(alone: Alone) -> None:
    one = alone(HOST_TTL="3")
    with recording(one) as (node, discovery):
        eventually("it is published", lambda: one.hosts.live(), within=3)
        node.flow.clear()
        eventually("it is told", lambda: "node_silent" in spooled(one), within=10)
        steadily("its host stays", lambda: one.hosts.live(), during=4)
        node.flow.set()
        assert int(str(tells(node, "node_answers")["duration_ms"])) > 3000
        assert discovery.is_running()


def test_a_frozen_node_delays_neither_the_withdrawing_nor_the_end(alone: Alone) -> None:
    one = alone()
    with recording(one) as (node, discovery):
        node.flow.clear()
        eventually("it is told", lambda: "node_silent" in spooled(one), within=10)
        discovery.terminate()
        eventually("its host is gone", lambda: not one.hosts.live(), within=3)
        assert discovery.ends(within=4) == 0


def test_hosts_and_the_lease_are_told_once_with_how_long_they_lasted(alone: Alone) -> None:
    one = alone()
    with recording(one) as (node, _):
        tells(node, "host_published", node=one.settings.node, ip="127.0.0.1")
        lease = one.lock.acquire(one.lock.look())
        assert lease is not None
        tells(node, "lease_taken", node=one.settings.node)
        assert one.lock.claim(one.lock.look())
        tells(node, "lease_used", node=one.settings.node)
        one.lock.release(lease)
        assert int(str(tells(node, "lease_free", node=one.settings.node)["duration_ms"])) > 0
        assert len(node.events("lease_taken")) == 1


def test_an_instance_that_is_published_from_another_machine_has_moved(alone: Alone) -> None:
    one = alone()
    with recording(one) as (node, _):
        elsewhere = Instance(one.variables | {"INSTANCE": "2", "IP": "127.0.0.2"}, one.folder)
        moved = Instance(one.variables | {"INSTANCE": "2", "IP": "127.0.0.3"}, one.folder)
        lease = elsewhere.hosts.publish()
        tells(node, "host_published", ip="127.0.0.2")
        elsewhere.hosts.withdraw(lease)
        assert int(str(tells(node, "host_gone", ip="127.0.0.2")["duration_ms"])) >= 0
        moved.hosts.publish()
        tells(node, "instance_moved", instance="2", from_ip="127.0.0.2", ip="127.0.0.3")


def test_hosts_that_go_at_one_revision_are_told_one_by_one(alone: Alone, etcd: Etcd) -> None:
    one = alone()
    with recording(one) as (node, _):
        others = [Instance(one.variables | {"INSTANCE": n, "IP": f"127.0.0.{n}"}, one.folder) for n in ("2", "3")]
        for other in others:
            other.hosts.publish()
            tells(node, "host_published", ip=other.settings.ip)
        first, last = (f"/services/{one.settings.label}/hosts/127.0.0.{n}" for n in (2, 4))
        etcd.transact([], [{"request_delete_range": {"key": encode(first), "range_end": encode(last)}}])
        gone = [tells(node, "host_gone", ip=other.settings.ip) for other in others]
        assert gone[0]["revision"] == gone[1]["revision"]


def test_a_revision_of_another_etcd_is_another_event(alone: Alone, etcd: Etcd, own_etcd: EtcdServer) -> None:
    for one in (etcd, Etcd(own_etcd.url)):
        one.transact([], [put("/revision", "1")])
    here, there = (entry.cluster for entry, _ in (etcd.get("/revision"), Etcd(own_etcd.url).get("/revision")) if entry)
    assert here != there
    with recording(alone()) as (node, _):
        tells(node, "host_published")
        assert [id for _, _, id in node.stored if id.startswith(f"host_published:{here}:")]


def test_a_dead_etcd_leaves_the_rest_of_the_recording_alone_and_is_heard_of_again(
    instances: Callable[..., list[Instance]], own_etcd: EtcdServer
) -> None:
    (one,) = instances(1, own_etcd, INSTANCES="1")
    with recording(one) as (node, _):
        tells(node, "host_published")
        own_etcd.stop()
        node.becomes(nodes=node.nodes | {"b": "node-2"})
        tells(node, "node_joined", node="node-2")
        own_etcd.start()
        assert one.lock.acquire(one.lock.look()) is not None
        tells(node, "lease_taken")


def test_an_etcd_that_lost_its_data_is_heard_of_again_and_what_it_tells_is_news(
    instances: Callable[..., list[Instance]], own_etcd: EtcdServer
) -> None:
    """It counts from the beginning under the id it had: the watch waits for a revision that is far away."""
    (one,) = instances(1, own_etcd, INSTANCES="1")
    other = Instance(one.variables | {"INSTANCE": "2", "IP": "127.0.0.2"}, one.folder)
    other.hosts.publish()
    etcd = Etcd(own_etcd.url)
    for number in range(20):
        etcd.transact([], [put("/revision", str(number))])
    with recording(one) as (node, _):
        tells(node, "host_published")
        before = {id for _, _, id in node.stored}
        own_etcd.lose_its_data()
        other.hosts.publish()
        tells(node, "host_published", ip="127.0.0.2")
        new = {id for _, _, id in node.stored} - before
        clusters = {id.split(":")[1] for id in before | new if id.startswith("host_published:")}
        assert len(clusters) == 1, "it has another id: this proves nothing"


def test_a_revision_that_comes_again_is_another_event() -> None:
    """Of one key of one cluster: what was stored under its id would hide it."""
    told: list[str | None] = []
    keys = Keys(cast("Teller", SimpleNamespace(event=lambda *given, **_: told.append(given[3]))), "/locks/l")
    for lease in ("1", "2"):
        entry = Entry("/services/l/hosts/10.0.0.1", '{"host": "n1", "instance": "1"}', 5, 5, "c", lease)
        gone = Entry(entry.key, "", 0, 6, "c")
        for change in (Change(entry, False), Change(gone, True)):
            keys.hear(Heard(change, AT))
    assert len(set(told)) == 4


def test_a_disk_that_takes_nothing_is_told_in_the_journal_and_the_history_goes_on(alone: Alone, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    one = alone(MARVEL_SPOOL=str(tmp_path / "file" / "spool"))
    with recording(one) as (node, discovery):
        discovery.says("the spool cannot be written, memory has to do")
        node.becomes(master=None)
        steadily("it is published", lambda: one.hosts.live(), during=2)
        node.becomes(master=ME)
        tells(node, "master_lost")


def test_a_recorder_that_dies_is_started_again_and_the_discovery_goes_on(alone: Alone) -> None:
    one = alone()
    with recording(one) as (node, discovery):
        eventually("it is published", lambda: one.hosts.live(), within=3)
        os.kill(child_of(discovery), signal.SIGKILL)
        discovery.says("the recorder of Marvel's history has died; it is started again")
        eventually("another one", lambda: len(node.events("recorder_started")) == 2, within=5)
        assert one.hosts.live()


def test_a_recorder_that_stood_still_says_for_how_long(alone: Alone) -> None:
    with recording(alone()) as (node, discovery):
        recorder = child_of(discovery)
        os.kill(recorder, signal.SIGSTOP)
        steadily("the discovery goes on", discovery.is_running, during=1.5)
        os.kill(recorder, signal.SIGCONT)
        assert int(str(tells(node, "recorder_paused")["duration_ms"])) >= 1000


def test_a_recorder_ends_with_its_discovery_however_that_ends(alone: Alone) -> None:
    with recording(alone()) as (_, discovery):
        recorder = child_of(discovery)
        discovery.kill()
        eventually("it is gone", lambda: not is_alive(recorder), within=5)


def is_alive(process: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False


def test_told_to_stop_it_delivers_what_is_left(alone: Alone) -> None:
    with recording(alone()) as (node, discovery):
        discovery.terminate()
        assert discovery.ends(within=3) == 0
        assert node.events("recorder_stopped")


def test_switched_off_there_is_none_also_by_etcd(alone: Alone, etcd: Etcd) -> None:
    one = alone()
    etcd.transact([], [put(f"/config/{one.settings.label}/MARVEL_RECORDER", "off")])
    with StandIn(one.settings) as node:
        discovery = one.run("discovery", hurried=True)
        discovery.says("is published")
        steadily("nothing is recorded", lambda: not node.stored and not spooled(one), during=1)


def test_indices_that_are_too_old_are_deleted_also_when_they_come_back(alone: Alone) -> None:
    one = alone(MARVEL_RETENTION_DAYS="2")
    with recording(one) as (node, _):
        node.becomes(copies=[*node.copies, copy(day_index(now() - DAY), 0, ME, primary=True)])
        for _again in range(2):
            old = [copy(name, 0, ME, primary=True) for name in (".marvel-2001.01.01", "logs-2001.01.01", ".marvel-x")]
            node.becomes(copies=[*node.copies, *old])
            eventually("it is deleted", lambda: ".marvel-2001.01.01" not in names(node), within=5)
            assert {"logs-2001.01.01", ".marvel-x"} <= names(node)
        assert len(names(node)) == 4


def test_indices_of_another_marvel_are_never_deleted(alone: Alone) -> None:
    with recording(alone()) as (node, _):
        foreign, own = ".marvel-2001.01.01", ".marvel-2001.01.02"
        node.becomes(copies=[*node.copies, copy(day_index(now() - DAY), 0, ME, primary=True)])
        node.foreign = {foreign}
        node.becomes(copies=[*node.copies, *(copy(name, 0, ME, primary=True) for name in (foreign, own))])
        eventually("its own is deleted", lambda: own not in names(node), within=5)
        steadily("the other's stays", lambda: foreign in names(node), during=1)
        assert f"DELETE /{foreign}" not in node.asked


def test_with_another_marvel_in_the_page_s_place_nothing_is_recorded(alone: Alone, tmp_path: Path) -> None:
    one = alone()
    with StandIn(one.settings) as node:
        discovery = one.run("discovery", hurried=True, PAGE=str(tmp_path / "recorded.js"))
        discovery.says("is published")
        discovery.says("nothing is recorded")
        steadily("nothing is recorded", lambda: not node.stored and not spooled(one), during=1)


def names(node: World) -> set[str]:
    return {fields["index"] for fields in node.copies}
