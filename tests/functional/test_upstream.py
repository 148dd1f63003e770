"""The stories of fleet's own functional tests, as far as no case tells them: placement, and what comes of losses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cluster import faults
from cluster.eventually import steadily
from tests.functional.faults import etcd_away, fleet_stopped
from tests.functional.lab import SERVICE, Lab, unit
from tests.functional.node import Node
from tests.functional.test_failure import lists

EXCLUSIVE = unit("Conflicts=c@*.service")


def test_the_unit_of_a_machine_that_leaves_goes_to_the_free_one_and_no_other_moves(lab: Lab) -> None:
    lab.write("c@.service", EXCLUSIVE)
    lab.good("start c@1 c@2")
    lab.wait_active("c@1.service", "c@2.service")
    stayer, leaver, free = lab.nodes
    assert lab.where() == {"c@1.service": [stayer], "c@2.service": [leaver]}
    kept = lab.pids()["c@1.service"]
    command = f"--strict-host-key-checking=false ssh {leaver.id} sudo systemctl stop fleet"
    try:
        lab.good(command, on=stayer)
        lab.wait("it has moved", lambda: lab.where() == {"c@1.service": [stayer], "c@2.service": [free]})
        assert lab.pids()["c@1.service"] == kept
    finally:
        leaver.run("sudo systemctl start fleet")
    lab.wait("it is back", lambda: lists(lab, *lab.nodes))
    steadily("nothing moves back", lambda: lab.where()["c@2.service"] == [free], during=1)


def test_a_machine_that_is_made_anew_gets_the_unit_that_fits_nowhere_else(lab: Lab) -> None:
    lab.write("c@.service", EXCLUSIVE)
    lab.good("start c@{1..3}")
    lab.wait("all run", lambda: len(lab.where()) == 3)
    before = {name: node.id for name, (node,) in lab.where().items()}
    with rebuilt(lab.n3) as anew:
        lab.wait("the machine is listed anew", lambda: anew in lab.good("list-machines --full").stdout, within=30)
        lab.wait("three run", lambda: len(_ids(lab)) == 3 and set(_ids(lab).values()) == {lab.n1.id, lab.n2.id, anew})
        assert len({name for name, machine in _ids(lab).items() if machine != before[name]}) == 1
    lab.wait("it has its own id again", lambda: lists(lab, *lab.nodes))


def _ids(lab: Lab) -> dict[str, str]:
    rows = [row.split() for row in lab.units("--full --fields=unit,machine,active")]
    return {name: machine.partition("/")[0] for name, machine, active in rows if active == "active"}


JOURNAL = "systemd-journald follow-journal"
"""The services that keep a machine's journal, in a folder that is named for its id, and follow it."""


@contextmanager
def rebuilt(node: Node) -> Iterator[str]:
    """Cut a machine's power and have it boot with another id; afterwards it has its own again."""
    anew = "44444444dddd0000000000000000000d"
    try:
        node.run(f"echo {anew} | sudo tee /etc/machine-id")
        with faults.killed(node.machine):
            pass
        yield anew
    finally:
        node.run(f"echo {node.id} | sudo tee /etc/machine-id && sudo systemctl restart {JOURNAL} fleet.service")


def test_without_etcd_units_stay_as_they_are_and_nothing_is_stopped(lab: Lab) -> None:
    lab.write_all({"single@.service": SERVICE, "global@.service": unit("Global=true")})
    states = ("submit", "load", "start")
    for state in states:
        lab.good(f"{state} single@{state} global@{state}")
    lab.wait("they are there", lambda: len(lab.units()) == 8 and sum(map(len, lab.where().values())) == 4)
    units, files = lab.units(), lab.files()
    names = [f"{kind}@{state}.service" for kind in ("single", "global") for state in states]

    def seen() -> list[list[str]]:
        return [node.show(name, "UnitFileState", "ActiveState", "MainPID") for node in lab.nodes for name in names]

    before = seen()
    assert sum(one[0] == "linked-runtime" for one in before) == 8
    since = lab.n1.run("date +%T").stdout.strip()
    with etcd_away(*lab.nodes):
        steadily("nothing changes", lambda: seen() == before, during=5 + 7)
    lab.wait("fleet shows the same", lambda: (lab.units(), lab.files()) == (units, files))
    assert seen() == before

    def stops() -> list[str]:
        said = [line for node in lab.nodes for name in names for line in node.journal(name, since).splitlines()]
        return [line for line in said if "Stopping" in line]

    assert stops() == []
    lab.good("stop single@start")
    lab.wait("a stop is told", lambda: len(stops()) == 1)


def test_install_and_binds_to_have_a_loaded_sidekick_follow_its_main_unit(lab: Lab) -> None:
    bound = "[Unit]\nBindsTo=hello.service\nAfter=hello.service\n\n"
    lab.write("hello.service", SERVICE)
    side = f"{bound}{SERVICE}\n[Install]\nWantedBy=hello.service\n"
    lab.write("discovery.service", unit("MachineOf=hello.service", text=side))
    lab.good("load hello discovery")

    def active() -> str:
        show = "systemctl show --property=ActiveState discovery.service"
        command = f"--strict-host-key-checking=false ssh discovery.service -- {show}"
        return lab.good(command, on=lab.n2).stdout.strip()

    assert active() == "ActiveState=inactive"
    lab.good("start hello")
    lab.wait("discovery has followed", lambda: active() == "ActiveState=active")
    lab.good("stop hello")
    lab.wait("discovery has followed", lambda: active() == "ActiveState=inactive")


def test_specifiers_are_expanded_in_metadata(lab: Lab) -> None:
    lab.write("metadata@.service", unit("MachineMetadata=hostname=%i"))
    names = {node: node.machine.name for node in lab.nodes}
    changes = [
        {"op": "add", "path": f"/{node.id}/metadata/hostname", "value": {"value": name}} for node, name in names.items()
    ]
    assert lab.n1.api("PATCH", "/fleet/v1/machines", changes).status == 204
    lab.good("submit metadata@.service")
    lab.good(f"start {' '.join(f'metadata@{name}' for name in names.values())}")
    places = {f"metadata@{name}.service": [node] for node, name in names.items()}
    lab.wait("each is on its machine", lambda: lab.where() == places)
    assert lab("start --block-attempts=1 metadata@invalid").status == 1


def test_pairs_stay_together_when_their_machine_leaves(lab: Lab) -> None:
    lab.write_all({"ping@.service": SERVICE, "pong@.service": unit("MachineOf=ping@%i.service")})
    lab.good("start ping@{1..3} pong@{1..3}")

    def together() -> dict[str, list[Node]] | None:
        where = lab.where()
        pairs = [where.get(f"ping@{one}.service") == where.get(f"pong@{one}.service") for one in (1, 2, 3)]
        return where if len(where) == 6 and all(pairs) else None

    lab.wait("all run, pair by pair", together)
    leaver = lab.node_of("ping@2.service")
    with fleet_stopped(leaver):
        lab.wait("all run elsewhere", lambda: (pairs := together()) and [leaver] not in pairs.values())
    lab.wait("it is back", lambda: lists(lab, *lab.nodes))


def test_of_five_that_conflict_three_run_on_three_machines(lab: Lab) -> None:
    lab.write("c@.service", EXCLUSIVE)
    lab.good("start --no-block c@{1..5}")
    lab.wait("three run", lambda: len(lab.where()) == 3)
    assert sorted(node.id for (node,) in lab.where().values()) == [node.id for node in lab.nodes]
    assert sum(row.split()[1] == "inactive" for row in lab.files("--fields=unit,state")) == 2


def test_a_conflict_named_by_one_side_holds_for_both(lab: Lab) -> None:
    only = "MachineMetadata=region=a"
    lab.write_all({"hello.service": unit(only), "other.service": unit(only, "Conflicts=hello.service")})
    lab.good("start other")
    lab.good("start --no-block hello")
    waits = ["hello.service launched inactive -"]
    steadily("hello waits", lambda: lab.files("--fields=unit,dstate,state,target")[:1] == waits, during=1)
    lab.good("destroy other")
    lab.wait_active("hello.service")


@pytest.mark.parametrize(
    "conflicts",
    [("Conflicts=x.service y.service",), ("Conflicts=x.service", "Conflicts=y.service"), ('Conflicts="x*" "y*"',)],
    ids=["one line", "two lines", "quoted"],
)
def test_several_conflicts_all_hold(lab: Lab, conflicts: tuple[str, ...]) -> None:
    only = "MachineMetadata=region=a"
    lab.write_all({"x.service": unit(only), "y.service": unit(only), "lone.service": unit(only, *conflicts)})
    lab.good("start lone")
    lab.good("start --no-block x y")
    steadily("x and y wait", lambda: list(lab.where()) == ["lone.service"], during=0.7)
    lab.good("destroy lone")
    lab.wait_active("x.service", "y.service")


def test_the_replacer_is_where_the_fewest_are_and_the_replaced_unit_moves(lab: Lab) -> None:
    lab.write("r1.service", unit("Replaces=r0.service"))
    lab.write("r0.service", SERVICE)
    for name in ("r0", "b1", "b2"):
        lab.good(f"start {name}")
    others = {"b1.service": [lab.n2], "b2.service": [lab.n3]}
    lab.wait("each machine has one", lambda: lab.where() == {"r0.service": [lab.n1], **others})
    # All machines have as many, so that r1 goes to the first one, which is where r0 is.
    lab.good("start r1")
    lab.wait("r0 has moved", lambda: lab.where() == {"r0.service": [lab.n2], "r1.service": [lab.n1], **others})


def test_two_that_replace_each_other_both_run(lab: Lab) -> None:
    lab.write_all({"p.service": unit("Replaces=q.service"), "q.service": unit("Replaces=p.service")})
    lab.good("start --no-block p q")
    lab.wait_active("p.service", "q.service")
    pids = lab.pids()
    steadily("nobody is moved", lambda: lab.pids() == pids, during=1.5)


def test_machine_id_pins_three_units_also_by_its_first_eight_characters(lab: Lab) -> None:
    for number, node in enumerate(lab.nodes, start=1):
        lab.write(f"pin{number}.service", unit(f"MachineID={node.id if number > 1 else node.id[:8]}"))
    lab.good("start pin3 pin2 pin1")
    lab.wait(
        "each is on its machine", lambda: lab.where() == {f"pin{n}.service": [lab.nodes[n - 1]] for n in (1, 2, 3)}
    )


def test_global_and_other_units_run_beside_one_another(lab: Lab) -> None:
    lab.good("start g b1 b2")
    lab.wait("five run", lambda: sum(map(len, lab.where().values())) == 5)
    assert lab("status --no-block g").status == 2, "usage errors are told: this row of fleet's own tests is given up"
    lab.good("restart g")
    lab.wait("five run", lambda: sum(map(len, lab.where().values())) == 5)
