"""What fleet did badly and is done well: B01 to B08. Outages are as long as the machines' agent_ttl of 5 s asks for."""

from __future__ import annotations

import random
import time

from cluster import faults
from cluster.eventually import steadily
from tests.functional.faults import configured, etcd_away, fleet_stopped, spread
from tests.functional.lab import SERVICE, Lab, unit
from tests.functional.standard import configuration
from tests.functional.test_failure import IDLE, OUTAGE, lists, moved


def test_b01_restart_restarts(lab: Lab) -> None:
    lab.good("start a")
    lab.wait_active("a.service")
    pids = [lab.n1.pid("a")]
    gaps = random.Random(1)
    for _ in range(20):
        steadily("a runs", lambda: lab.n1.pid("a") == pids[-1], during=gaps.uniform(0, 0.4))
        done = lab.good("restart a")
        assert done.took < 10
        pids.append(lab.wait("a new process", lambda: lab.n1.pid("a"), within=1))
    assert len(set(pids)) == 21


def test_b02_a_hundred_units_are_unloaded_as_soon_as_it_is_said(lab: Lab) -> None:
    lab.good("start s@{1..100}")
    lab.wait("all run", lambda: len(lab.where()) == 100)
    assert [len([one for (one,) in lab.where().values() if one == node]) for node in lab.nodes] == [34, 33, 33]
    began = time.monotonic()
    lab.good("unload s@{1..100}")
    assert lab.units() == []
    assert [node.processes(IDLE) for node in lab.nodes] == [0, 0, 0]
    assert time.monotonic() - began < 15


def test_b03_an_outage_of_etcd_moves_nothing(lab: Lab) -> None:
    pids = spread(lab, 9)
    where = lab.where()
    with etcd_away(*lab.nodes):
        steadily("all run", lambda: sum(node.processes(IDLE) for node in lab.nodes) == 9, during=OUTAGE)
    lab.wait("all are listed", lambda: lists(lab, *lab.nodes) and lab.where() == where)
    steadily("nothing moves", lambda: lab.where() == where, during=3)
    assert lab.pids() == pids


def test_b04_a_fleetd_that_returns_within_its_ttl_was_never_away(lab: Lab) -> None:
    with configured(lab.n2, Environment="FLEET_AGENT_TTL=30s", RestartSec="10s"):
        pids = spread(lab)
        lab.n2.run("sudo systemctl kill --signal=KILL fleet.service")

        def unmoved() -> bool:
            return lists(lab, *lab.nodes) and sum(node.processes(IDLE) for node in lab.nodes) == 3

        steadily("n2 is listed, nothing runs twice", unmoved, during=12)
        lab.wait("fleetd is back", lambda: lab.n2.run("systemctl is-active fleet", check=False).ok)
        steadily("n2 is listed, nothing runs twice", unmoved, during=2)
        assert lab.pids() == pids


def test_b05_a_unit_that_cannot_be_loaded_holds_up_no_other(lab: Lab) -> None:
    broken = f"{SERVICE}\n[Install]\nAlias=other.socket\n"
    lab.write_all({"bad.service": broken, "good.service": SERVICE})
    lab.write_all(
        {
            name: lab.folder.here.joinpath(name).read_text() + f"\n[X-Fleet]\nMachineID={lab.n1.id}\n"
            for name in ("bad.service", "good.service")
        }
    )
    lab.good("start --no-block bad")
    began = time.monotonic()
    lab.good("start good")
    lab.wait_active("good.service", within=10)
    assert time.monotonic() - began < 10
    refused = lab("start bad")
    assert refused.status == 1
    assert "bad.service" in refused.stderr


def test_b06_a_unit_whose_dependency_comes_late_is_started(lab: Lab) -> None:
    here = f"MachineID={lab.n1.id}"
    needs = f"[Unit]\nRequires=dep.service\nAfter=dep.service\n\n{SERVICE}"
    lab.write_all({"needs.service": unit(here, text=needs), "dep.service": unit(here)})
    lab.good("start --no-block needs")
    lab.wait("systemd has refused it", lambda: "error" in lab.n1.api("GET", "/fleet/v1/state").body)
    lab.good("load dep")
    lab.good("start needs")
    lab.wait_active("dep.service", "needs.service")


def test_b07_healthy_copies_stay_listed_while_a_machine_was_cut_off(lab: Lab) -> None:
    pids = spread(lab, 9)
    with faults.cut_off(lab.n2.machine):
        lab.wait("its units have moved", lambda: all(moved(lab, f"b{one}.service", lab.n2) for one in (2, 5, 8)))
        healthy = lab.units("--fields=unit,machine,active,sub")
        assert len(healthy) == 9
    healed = time.monotonic()
    rows = []

    def shown() -> bool:
        rows.append(lab.units("--fields=unit,machine,active,sub"))
        return set(healthy) <= set(rows[-1])

    steadily("all healthy copies are listed", shown, during=2)
    lab.wait(
        "the double run has ended", lambda: lab.n2.processes(IDLE) == 0 or None, within=10 - (time.monotonic() - healed)
    )
    steadily("all healthy copies are listed", shown, during=5)
    assert rows[-1] == healthy
    stayed = {name: pid for name, pid in pids.items() if name not in ("b2.service", "b5.service", "b8.service")}
    assert {name: pid for name, pid in lab.pids().items() if name in stayed} == stayed


def test_b08_sighup_takes_the_new_configuration_and_stop_stops(lab: Lab) -> None:
    conf = configuration(lab.n1).strip()
    try:
        lab.n1.run("echo %s | sudo tee /etc/fleet/fleet.conf", f"{conf},rack=7")
        lab.n1.run("sudo systemctl kill --signal=HUP --kill-who=main fleet.service")
        lab.wait("the new metadata are shown", lambda: "rack=7" in lab.machines()[0], within=10)
    finally:
        lab.n1.run("echo %s | sudo tee /etc/fleet/fleet.conf", conf)
    began = time.monotonic()
    with fleet_stopped(lab.n1):
        assert time.monotonic() - began < 10
        assert lab.n1.show("fleet.service", "ActiveState", "Result") == ["inactive", "success"]
