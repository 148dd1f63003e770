"""What fleet's commands and its API did badly and is done well: B09 to B15."""

from __future__ import annotations

import time

import pytest

from cluster.eventually import steadily
from tests.functional.lab import SERVICE, A, Lab, unit
from tests.functional.node import TCP
from tests.functional.test_api import OPTIONS, UNITS


def test_b09_the_api_refuses_what_nobody_could_undo(lab: Lab) -> None:
    assert lab.n1.api("GET", "/fleet/v1/state/absent.service").error == (404, "unit state does not exist")
    bogus = {"desiredState": "bogus", "options": OPTIONS}
    assert lab.n1.api("PUT", f"{UNITS}/x.service", bogus).error[0] == 400
    assert lab.n1.api("PUT", f"{UNITS}/s@.service", bogus | {"desiredState": "launched"}).error[0] == 400
    assert lab.api_units() == {}
    lab.good("submit a s@.service")
    assert lab.n1.api("PUT", f"{UNITS}/a.service", {"desiredState": "bogus"}).error[0] == 400
    assert lab.n1.api("PUT", f"{UNITS}/s@.service", {"desiredState": "launched"}).error[0] == 400
    assert {one["desiredState"] for one in lab.api_units().values()} == {"inactive"}


def test_b10_what_takes_its_time_to_stop_is_listed_until_it_has(lab: Lab) -> None:
    slow = "ExecStop=/bin/sleep 12\nExecStopPost=/usr/bin/touch /tmp/stopped\n"
    lab.write("slow.service", SERVICE + slow)
    lab.n1.run("sudo rm -f /tmp/stopped")
    lab.good("start slow")
    lab.wait_active("slow.service")
    lab.good("stop --no-block slow")
    lab.wait_units(f"slow.service {lab.n1.place} deactivating stop")

    def told() -> bool:
        return lab.units("--fields=unit,active") == ["slow.service deactivating"] or not lab.n1.processes(SLEEPS)

    with lab.behind("destroy slow") as destroy:
        while destroy.runs:
            assert told(), lab.shown()
        done = destroy.result()
    assert done.lines == ["Destroyed slow.service"]
    assert lab.units() == []
    assert lab.n1.processes(SLEEPS) == 0
    assert lab.n1.run("test -f /tmp/stopped", check=False).ok, "ExecStopPost was lost"


SLEEPS = "^/bin/sleep (12|100000)"
"""The command lines of the slow unit: its ExecStop and, until that has ended, its own."""


def test_b11_engine_and_agent_agree_on_a_global_unit_that_conflicts(lab: Lab) -> None:
    lab.write("gc.service", unit("Conflicts=g.service"))
    lab.good("start gc")
    lab.wait_active("gc.service")
    lab.good("start g")
    lab.wait("g runs", lambda: len(lab.where().get("g.service", [])) >= 2)
    places = lab.wait("they are settled", lambda: _settled(lab))
    steadily("they stay", lambda: _settled(lab) == places, during=1.5)


def _settled(lab: Lab) -> dict[str, str] | None:
    """Return where all runs, if the two keep apart and fleet shows of gc what is true."""
    where = {name: " ".join(map(str, nodes)) for name, nodes in lab.where().items()}
    (row,) = [row for row in lab.files("--fields=unit,dstate,state,target") if row.startswith("gc")]
    gc = where.get("gc.service")
    truth = f"gc.service launched launched {_place(lab, gc)}" if gc else "gc.service launched inactive -"
    apart = gc is None or gc not in where["g.service"]
    return where if row == truth and apart else None


def _place(lab: Lab, name: str) -> str:
    return next(node.place for node in lab.nodes if str(node) == name)


def test_b12_destroy_and_start_make_a_new_process(lab: Lab) -> None:
    lab.good("start a")
    lab.wait_active("a.service")
    before = lab.n1.pid("a")
    began = time.monotonic()
    lab.good("destroy a")
    lab.good("start a")
    lab.wait_active("a.service")
    assert time.monotonic() - began < 10
    assert lab.node_of("a.service").pid("a") not in (0, before)


def test_b13_status_and_restart_of_a_global_unit_are_those_of_each_machine(lab: Lab) -> None:
    lab.good("start g")
    lab.wait("it runs", lambda: lab.where() == {"g.service": list(lab.nodes)})
    assert lab.good("status g").stdout.count("Active: active") == 3
    assert lab.good("journal --machine=all g").stdout.count("g.service on ") == 3
    before = [node.pid("g") for node in lab.nodes]
    lab.good("restart g")
    lab.wait("all are new", lambda: all(node.pid("g") not in (0, *before) for node in lab.nodes))


def test_b14_the_replaced_unit_moves_and_only_to_where_it_may(lab: Lab) -> None:
    fits = "MachineMetadata=disk=ssd"  # n1 and n2
    lab.write_all({"r0.service": unit(fits), "r1.service": unit("Replaces=r0.service")})
    lab.write("pin.service", unit(f"MachineID={lab.n3.id}"))
    lab.good("start r0")
    lab.wait_active("r0.service")
    assert lab.node_of("r0.service") == lab.n1
    # n1 is the only machine where r1 may be, so r0 gives way, and n2 is the only other one that it fits.
    lab.write("r1.service", unit("Replaces=r0.service", "MachineMetadata=region=a"))
    lab.good("start pin r1")
    settled = {"r0.service": [lab.n2], "r1.service": [lab.n1], "pin.service": [lab.n3]}
    lab.wait("r0 has given way", lambda: lab.where() == settled)
    steadily("they stay", lambda: lab.where() == settled, during=1.5)


@pytest.mark.parametrize(
    "arguments",
    ["list-units -no-legend -l -fields=unit", f"-endpoint=http://{TCP} list-units -no-legend -fields unit"],
    ids=["list", "endpoint"],
)
def test_b15_flags_of_0_11_are_taken(lab: Lab, arguments: str) -> None:
    lab.good("start a")
    lab.wait_active("a.service")
    assert lab.good(arguments).lines == ["a.service"]


def test_b15_journal_follows_with_one_dash(lab: Lab) -> None:
    lab.write("said.service", "[Service]\nExecStart=/bin/sh -c 'while :; do echo tick; sleep 0.2; done'\n")
    lab.good("start said")
    lab.wait_active("said.service")
    followed = lab.n1.run("timeout 4 fleetctl journal -f -n 1 said", check=False)
    assert followed.status == 124
    assert followed.stdout.count("tick") >= 5


def test_a_dead_unit_is_started_by_start(lab: Lab) -> None:
    lab.good("start a")
    lab.wait_active("a.service")
    lab.n1.run("sudo systemctl stop a")
    lab.wait_units(f"a.service {lab.n1.place} inactive dead")
    lab.good("start a")
    lab.wait_active("a.service")
    assert lab.good("cat a").stdout == A


def test_units_of_one_group_are_all_loaded_before_any_of_them_starts(lab: Lab) -> None:
    main = "[Unit]\nRequires=aide.service\nAfter=aide.service\n\n"
    lab.write_all({"main.service": main + SERVICE, "aide.service": unit("MachineOf=main.service")})
    lab.good("start main aide")
    lab.wait_active("aide.service", "main.service")
    errors = [one for one in lab.n1.api("GET", "/fleet/v1/state").json["states"] if "error" in one]
    assert errors == []


def test_restarting_fleetd_leaves_units_alone_and_commands_go_on(lab: Lab) -> None:
    lab.good("start s@{1..6}")
    lab.wait("all run", lambda: len(lab.where()) == 6)
    pids = lab.pids()
    lab.everywhere(lambda node: node.run("sudo systemctl restart fleet.service"))
    lab.wait("all are listed", lambda: len(lab.where()) == 6)
    assert lab.pids() == pids
