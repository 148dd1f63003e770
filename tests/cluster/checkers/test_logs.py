"""The journals: what is bad is seen in whoever's lines, what is allowed has its reason and its fault."""

from __future__ import annotations

import re

import pytest

from cluster.checkers.badness import BADNESS, meaning
from cluster.checkers.logs import ALLOWED
from tests.cluster.checkers.story import LABEL, Story

LOGS = "nothing bad in the journals"
NODE = f"{LABEL}@3.service"

SAID = [
    ("heap exhausted", NODE, "java.lang.OutOfMemoryError: Java heap space"),
    ("corrupt index", NODE, "org.apache.lucene.index.CorruptIndexException: checksum failed"),
    ("Java crashed", NODE, "# A fatal error has been detected by the Java Runtime Environment:"),
    ("assertion in Java", NODE, "java.lang.AssertionError"),
    ("no file descriptors", NODE, "java.io.IOException: Too many open files"),
    ("disk full", "etcd2.service", "write /var/lib/etcd2/x: No space left on device"),
    ("shard failed", NODE, "[WARN ][cluster.action.shard] [es-3] [l][0] received shard failed for [l][0], node[x]"),
    ("Elasticsearch error", NODE, "[ERROR][bootstrap                ] Exception"),
    ("Python failed", "fleet.service", "Traceback (most recent call last):"),
    ("Go panicked", "etcd2.service", "panic: runtime error: invalid memory address"),
    ("etcd's store", "etcd2.service", "etcdserver: mvcc: database space exceeded"),
    ("fleet error", "fleet.service", "ERROR Server monitor triggered: Monitor timed out before successful heartbeat"),
    ("kernel", "kernel", "kernel BUG at mm/slub.c:3937!"),
    ("hung task", "kernel", "INFO: task java:1 blocked for more than 120 seconds."),
    ("memory exhausted", "kernel", "Out of memory: Killed process 12 (java)"),
    ("file system", "kernel", "EXT4-fs error (device sda1): ext4_lookup:1602"),
    ("core dumped", NODE, f"{NODE}: Main process exited, code=dumped, status=11/SEGV; dumped core"),
    ("ordering cycle", "init.scope", "multi-user.target: Found ordering cycle on a.service/start"),
    ("unit file", NODE, f"/run/fleet/units/{NODE}:3: Unknown key name 'Excec' in section 'Service', ignoring."),
    ("dependency failed", NODE, f"Dependency failed for {NODE} - Elasticsearch."),
    ("given up", NODE, f"{NODE}: Start request repeated too quickly."),
    ("watchdog", "docker.service", "docker.service: Watchdog timeout (limit 30s)!"),
    ("docker fatal", "docker.service", 'time="2026" level=fatal msg="no"'),
    ("etcd overloaded", "etcd2.service", "server is likely overloaded"),
    ("etcd has no leader", "etcd2.service", "raft.node: 8fc lost leader 3fe at term 4"),
    ("etcd not available", "fleet.service", "WARNING registry: etcd is not available (no answer): nothing is changed"),
    ("master left", NODE, "[WARN ][discovery.zen     ] [es-3] master left (reason = shut_down), current nodes: {"),
    ("unit failed", NODE, f"{NODE}: Failed with result 'exit-code'."),
    ("disk watermark", NODE, "[WARN ][c.r.a.decider] [es-3] high disk watermark [90%] exceeded on [x]"),
    ("master elected", NODE, "[INFO ][cluster.service   ] [es-3] new_master [es-3][It-nvj1mSWqcYrGA88DwHQ], reason: x"),
    ("nodes joined", NODE, "[INFO ][cluster.service   ] [es-3] added {[es-1][dXu][core-03]}, reason: x"),
    ("nodes removed", NODE, "[INFO ][cluster.service   ] [es-3] removed {[es-5][yo2][core-05]}, reason: x"),
    ("gateway", NODE, "[INFO ][gateway           ] [es-3] recovered [3] indices into cluster_state"),
    ("etcd elected", "etcd2.service", "raft2026/11/23 INFO: 8fc7ad4d3ca31ae3 became leader at term 2"),
]


@pytest.mark.parametrize(("name", "unit", "line"), SAID)
def test_each_meaning_is_found_in_a_line_that_has_it(name: str, unit: str, line: str) -> None:
    found = meaning(unit, line)
    assert found is not None
    assert found.name == name


def test_no_meaning_is_without_its_line() -> None:
    assert {name for name, _, _ in SAID} == {one.name for one in BADNESS}


@pytest.mark.parametrize(
    ("unit", "line"),
    [
        (NODE, "[INFO ][node                     ] [es-3] started"),
        ("etcd2.service", "[ERROR][not an Elasticsearch"),
        ("ssh.service", "pam_env(sshd:session): Unable to open env file: /etc/default/locale: No such file"),
    ],
)
def test_an_ordinary_line_means_nothing(unit: str, line: str) -> None:
    assert meaning(unit, line) is None


def test_a_bad_line_fails_and_is_told_with_its_machine() -> None:
    story = Story().tell("mark", 5.0, machine="core-03", unit=NODE, text="java.lang.OutOfMemoryError", level="error")
    assert story.verdict(LOGS).complaints == (f"core-03 {NODE} at 5.0: java.lang.OutOfMemoryError",)


def test_a_warning_is_for_the_picture_only() -> None:
    said = {"machine": "core-03", "unit": NODE, "text": "master left (reason", "level": "warning"}
    story = Story().booted().tell("mark", 5.0, **said)
    assert story.verdict(LOGS).status == "passed"


def test_what_is_allowed_under_a_fault_is_not_without_it_nor_long_after_it() -> None:
    said = {"machine": "core-03", "unit": NODE, "text": "received shard failed for [l][0]", "level": "error"}
    assert Story().tell("mark", 5.0, **said).verdict(LOGS).status == "failed"
    story = Story().booted().fault("freeze-machine", "core-05", 4, 20).tell("mark", 5.0, **said)
    assert story.verdict(LOGS).status == "passed"
    assert story.tell("mark", 90.0, **said).verdict(LOGS).status == "failed"


def test_a_copy_of_a_new_index_may_go_with_it_but_no_copy_of_one_that_was_whole() -> None:
    text = "received shard failed for [l][0], node[x], [R], s[{}], unassigned_info[[reason={}], at[x]], reason [y]"
    new, old = text.format("INITIALIZING", "INDEX_CREATED"), text.format("INITIALIZING", "NODE_LEFT")
    told = [Story().booted().tell("mark", 5.0, machine="m", unit=NODE, text=line, level="error") for line in (new, old)]
    assert [story.verdict(LOGS).status for story in told] == ["passed", "failed"]


@pytest.mark.parametrize("change", ["shard-failed", "shard-started"])
def test_a_master_that_is_one_no_longer_may_fail_to_tell_but_not_one_that_everybody_follows(change: str) -> None:
    text = f"[ERROR][cluster.action.shard] [x-5] unexpected failure during [{change} ([l][0], node[x], [R])]"
    said = {"machine": "core-06", "unit": NODE, "text": text, "level": "error"}
    story = Story().booted().tell("mark", 50.0, **said)
    assert story.verdict(LOGS).status == "failed"
    assert story.fault("disk-full", "core-01", 10, 60).verdict(LOGS).status == "failed"
    left = {"machine": "core-02", "unit": NODE, "text": "master left (reason = no longer master)", "level": "warning"}
    assert Story().booted().tell("mark", 50.0, **said).tell("mark", 51.0, **left).verdict(LOGS).status == "passed"
    assert story.fault("kill-machine", "core-01", 40, 60).verdict(LOGS).status == "passed"


def test_what_is_allowed_on_a_host_that_starves_is_not_without_the_starving() -> None:
    said = {"machine": "core-03", "unit": "fleet.service", "level": "error"}
    said |= {"text": "ERROR Server monitor triggered: Monitor timed out before successful heartbeat"}
    story = Story().booted().tell("mark", 50.0, **said)
    assert story.verdict(LOGS).status == "failed"
    starved = {"machine": "core-01", "unit": "etcd2.service", "text": "server is likely overloaded", "level": "warning"}
    assert story.tell("mark", 10.0, **starved).verdict(LOGS).status == "failed"
    assert story.tell("mark", 48.0, **starved).verdict(LOGS).status == "passed"


def test_an_old_master_that_returns_may_be_refused_but_not_where_none_was_away() -> None:
    said = {"machine": "core-04", "unit": "elasticsearch_logging@4.service", "level": "error"}
    text = "[ERROR][discovery.zen     ] [x-4] unexpected failure during [zen-disco-receive(from master [[x-2]])]"
    story = Story().booted().tell("mark", 50.0, **said, text=text)
    assert story.verdict(LOGS).status == "failed"
    assert story.fault("kill-machine", "core-06", 10, 48).verdict(LOGS).status == "failed"
    assert story.fault("freeze-machine", "core-06", 10, 48).verdict(LOGS).status == "passed"


@pytest.mark.parametrize(
    "text",
    [
        "java.io.IOException: No space left on device",
        "[WARN ][index.engine      ] [x-1] [chaos][0] failed engine [refresh failed]",
    ],
)
def test_a_full_disk_may_be_told_while_and_where_it_is_full_on_purpose_only(text: str) -> None:
    said = {"machine": "core-06", "unit": NODE, "text": text}
    story = Story().booted().tell("mark", 50.0, **said, level="error")
    assert story.verdict(LOGS).status == "failed"
    assert story.fault("halt-machine", "core-03", 40, 60).verdict(LOGS).status == "failed"
    assert story.fault("disk-full", "core-05", 40, 60).verdict(LOGS).status == "failed"
    assert story.fault("disk-full", "core-06", 40, 60).verdict(LOGS).status == "passed"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("ERROR agent: bad.service cannot be loaded: EnableUnitFiles: Cannot alias", "passed"),
        ("ERROR agent: elasticsearch_logging@1.service cannot be loaded: EnableUnitFiles: Cannot alias", "failed"),
        ("ERROR machine id 11111111aaaa0000000000000000000a is in use by core-01 at 192.168.57.101: waiting", "passed"),
        ("ERROR machine id 26bbe3c66bbc4527948c194a889885d8 is in use by core-01 at 192.168.57.101: waiting", "failed"),
    ],
)
def test_what_the_functional_tests_provoke_is_allowed_by_its_name_alone(text: str, status: str) -> None:
    said = {"machine": "core-01", "unit": "fleet.service", "text": text, "level": "error"}
    assert Story().booted().tell("mark", 50.0, **said).verdict(LOGS).status == status


def test_each_allowance_has_a_reason_and_allows_no_line_of_another_unit() -> None:
    for allowed in ALLOWED:
        assert len(allowed.reason) > 20
        assert not re.search(allowed.unit, "kernel")
