"""The stories of fleet's own functional tests, as far as no case tells them: commands, and the daemon itself."""

from __future__ import annotations

import re

import pytest

from cluster import faults
from cluster.eventually import steadily
from tests.functional.faults import configured, fleet_stopped
from tests.functional.lab import SERVICE, A, Lab
from tests.functional.standard import configuration
from tests.functional.test_failure import lists

TRIPLES = [("submit", "destroy", 9), ("load", "unload", 6), ("start", "stop", 3)]


@pytest.mark.parametrize(("do", "undo", "count"), TRIPLES, ids=[do for do, *_ in TRIPLES])
def test_many_units_are_made_undone_and_made_again(lab: Lab, do: str, undo: str, count: int) -> None:
    names = [f"s@{number}.service" for number in range(1, count + 1)]

    def there() -> list[str]:
        return sorted({"submit": lab.files, "load": lab.units}.get(do, lab.units)("--fields=unit"))

    for _ in range(2):
        done = lab.good(f"{do} {' '.join(names)}")
        assert "Error" not in done.stderr
        if do == "start":
            lab.wait_active(*names)
        assert there() == sorted(names)
        undone = lab.good(f"{undo} {' '.join(names)}")
        assert "Error" not in undone.stderr
        if do == "start":
            lab.wait_active()
        else:
            assert there() == []


@pytest.mark.parametrize("do", ["submit", "load", "start"])
def test_several_units_are_replaced_at_once(lab: Lab, do: str) -> None:
    names = [f"b{number}" for number in (1, 2, 3)]
    lab.good(f"{do} {' '.join(names)}")
    counts = len(lab.files()), len(lab.units())
    lab.write_all({f"{name}.service": A for name in names})
    lab.good(f"{do} --replace {' '.join(names)}")
    assert [lab.good(f"cat {name}").stdout for name in names] == [A] * 3
    assert (len(lab.files()), len(lab.units())) == counts
    if do == "start":
        lab.wait_active(*(f"{name}.service" for name in names))


def test_restart_of_several_units_and_of_a_stopped_one(lab: Lab) -> None:
    lab.good("start b1 b2 b3")
    lab.wait_active("b1.service", "b2.service", "b3.service")
    before = lab.pids()
    lab.good("restart b1 b2 b3")
    lab.wait("all are new", lambda: len(lab.pids()) == 3 and not set(lab.pids().values()) & {0, *before.values()})
    lab.good("stop b2")
    lab.wait_active("b1.service", "b3.service")
    lab.good("restart b2")
    lab.wait_active("b1.service", "b2.service", "b3.service")


def test_cat_prints_the_file_and_status_tells_a_loaded_unit(lab: Lab) -> None:
    lab.good("load a")
    assert lab.good("cat a").stdout == A
    done = lab("status a")
    assert done.status == 3
    assert "Loaded: loaded" in done.stdout


def test_a_batch_is_started_through_a_tunnel(lab: Lab) -> None:
    tunnel = f"--strict-host-key-checking=false --tunnel={lab.n2.ip}"
    for batch, count in (("s@1", 1), ("s@{2..11}", 11)):
        done = lab.good(f"{tunnel} start {batch}")
        assert "Error" not in done.stderr
        lab.wait("all run", lambda count=count: len(lab.where()) == count)  # type: ignore[misc]


def test_sighup_is_told_and_nothing_ends(lab: Lab) -> None:
    lab.good("start a")
    lab.wait_active("a.service")
    pid = lab.n1.run("pidof fleetd").stdout.strip()
    lab.n1.run("sudo kill -HUP $(pidof fleetd)")
    lab.wait("it says so", lambda: "Reloading configuration" in said(lab, pid))
    assert lab.units() == [f"a.service {lab.n1.place} active running"]
    assert lab.n1.show("fleet.service", "MainPID", "ActiveState", "Result") == [pid, "active", "success"]
    assert "Failed serving HTTP on listener:" not in said(lab, pid)


def said(lab: Lab, pid: str) -> str:
    return lab.n1.run(f"sudo journalctl --output cat _PID={pid}").stdout


def test_fleetd_stops_also_while_etcd_is_silent(lab: Lab) -> None:
    with fleet_stopped(lab.n2):
        assert lab.n2.show("fleet.service", "ActiveState", "Result") == ["inactive", "success"]
    lab.wait("it is back", lambda: lists(lab, *lab.nodes))
    words = "Server monitor triggered: Monitor timed out before successful heartbeat"
    with faults.cut_off(lab.n2.machine):
        lab.wait("it has noticed", lambda: words in lab.n2.journal("fleet.service", "-1min"), within=20)
        with fleet_stopped(lab.n2):
            assert lab.n2.show("fleet.service", "ActiveState", "Result") == ["inactive", "success"]
    lab.wait("it is back", lambda: lists(lab, *lab.nodes))


def test_fleetd_is_found_by_its_name(lab: Lab) -> None:
    (pid,) = lab.n1.show("fleet.service", "MainPID")
    assert lab.n1.run("pidof fleetd").stdout.split() == [pid]
    assert lab.n1.run("pgrep --exact fleetd").stdout.split() == [pid]


def test_fleetd_serves_several_sockets_of_systemd(lab: Lab) -> None:
    (pid,) = lab.n1.show("fleet.service", "MainPID")
    environment = lab.n1.run(f"sudo cat /proc/{pid}/environ").stdout.split("\0")
    assert "LISTEN_FDS=2" in environment
    tables = {lab.good(f"--endpoint={where} list-machines").stdout for where in ENDPOINTS}
    assert len(tables) == 1


ENDPOINTS = ("unix:///var/run/fleet.sock", "file:///var/run/fleet.sock", "http://127.0.0.1:49153")


def test_fleetd_tells_its_version_and_what_it_does_not_take(lab: Lab) -> None:
    for word in ("-version", "--version", "version"):
        assert re.fullmatch(r"fleetd version \S+\n", lab.n1.run(f"fleetd {word}").stdout)
    for words in ("--nonsense", "-config /nowhere/fleet.conf"):
        refused = lab.n1.run(f"fleetd {words}", check=False)
        assert refused.status == 1
        assert refused.stderr


def test_fleetd_takes_config_with_one_dash_and_passes_over_what_it_does_not_know(lab: Lab) -> None:
    lab.write("fleet.conf", configuration(lab.n3) + "enable_grpc=true\nnonsense=1\nverbosity=2\n")
    command = f"/usr/bin/fleetd -config {lab.folder.there}/fleet.conf"
    with configured(lab.n3, ExecStart=f"\nExecStart={command}"):
        lab.wait("it is listed", lambda: lists(lab, *lab.nodes))
        assert command in lab.n3.show("fleet.service", "ExecStart")[0]
        lab.good("start s@{1..3}")
        lab.wait("all run", lambda: len(lab.where()) == 3)


def test_sigusr1_has_fleetd_tell_its_state_as_json(lab: Lab) -> None:
    lab.good("start a")
    lab.n1.run("sudo systemctl kill --signal=USR1 --kill-who=main fleet.service")
    lab.wait("it tells", lambda: "a.service" in lab.n1.journal("fleet.service", "-10s"))


def test_metrics_are_those_of_fleet(lab: Lab) -> None:
    reply = lab.n1.api("GET", "/metrics")
    assert reply.status == 200
    assert {"fleet_engine", "fleet_registry"} <= set(re.findall(r"^(fleet_[a-z]+)_", reply.body, re.MULTILINE))


def test_a_started_machine_begins_without_units_and_gets_new_ones(lab: Lab) -> None:
    lab.write("s@.service", SERVICE)
    lab.good("start s@{1..3}")
    lab.wait("all run", lambda: len(lab.where()) == 3)
    with fleet_stopped(lab.n2):
        lab.wait("all run elsewhere", lambda: [lab.n2] not in lab.where().values() and len(lab.where()) == 3)
    lab.wait("n2 is back", lambda: lists(lab, *lab.nodes))
    before = lab.where()
    steadily("nothing moves back", lambda: lab.where() == before, during=1)
    lab.good("start s@4")
    lab.wait("it runs on the empty machine", lambda: lab.where().get("s@4.service") == [lab.n2])
