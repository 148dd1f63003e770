"""Where units are placed: V33 to V41."""

from __future__ import annotations

import pytest

from cluster.eventually import steadily
from tests.functional.lab import Lab, unit


def test_v33_units_spread_and_ties_go_to_the_smallest_id(lab: Lab) -> None:
    for number in range(1, 10):
        lab.good(f"start b{number}")
    lab.wait_active(*(f"b{number}.service" for number in range(1, 10)))
    placed = [lab.where()[f"b{number}.service"] for number in range(1, 10)]
    assert placed[:3] == [[lab.n1], [lab.n2], [lab.n3]]
    assert all(placed.count([node]) == 3 for node in lab.nodes)


def test_v34_what_conflicts_everywhere_waits_until_a_place_is_free(lab: Lab) -> None:
    names = [f"t@{number}.service" for number in range(1, 5)]
    lab.good("start --no-block t@{1..4}")
    lab.wait("three run", lambda: len(lab.where()) == 3)
    where = lab.where()
    assert sorted(nodes[0].id for nodes in where.values()) == [node.id for node in lab.nodes]
    (waiting,) = set(names) - where.keys()
    assert f"{waiting} launched inactive -" in lab.files("--fields=unit,dstate,state,target")

    victim, (freed,) = sorted(where.items())[0]
    lab.good(f"destroy {victim}")
    lab.wait("the fourth runs on the machine that is free", lambda: lab.where().get(waiting) == [freed])


def test_v35_a_peer_waits_for_its_machine(lab: Lab) -> None:
    lab.write_all({"ping.service": unit(), "pong.service": unit("MachineOf=ping.service")})
    lab.good("start --no-block pong")
    waits = ["pong.service launched inactive -"]
    steadily("pong waits", lambda: lab.files("--fields=unit,dstate,state,target") == waits, during=1)
    lab.good("start ping")
    lab.wait_active("ping.service", "pong.service")
    assert lab.node_of("pong.service") == lab.node_of("ping.service")


def test_v36_machine_id_names_the_machine(lab: Lab) -> None:
    lab.write("pinned.service", unit(f"MachineID={lab.n3.id}"))
    assert lab.good("start pinned").lines[-1] == f"Unit pinned.service launched {lab.n3.here}"
    lab.wait_active("pinned.service")
    assert lab.node_of("pinned.service") == lab.n3


def test_v37_different_keys_of_metadata_must_all_fit_and_of_one_key_any(lab: Lab) -> None:
    both = 'MachineMetadata="region=a" "disk=ssd"'
    either = ("MachineMetadata=region=a", "MachineMetadata=region=b", "Conflicts=either@*.service")
    lab.write_all({"both@.service": unit(both), "either@.service": unit(*either)})
    lab.good("start both@{1..3} either@{1..3}")
    lab.wait("six run", lambda: len(lab.where()) == 6)
    assert set(map(tuple, lab.where("both@").values())) == {(lab.n1,)}
    assert sorted(node.id for (node,) in lab.where("either@").values()) == [node.id for node in lab.nodes]


ID = "MachineID=11111111aaaa0000000000000000000a"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((ID, "MachineOf=a.service"), "MachineID cannot be used with Peers"),
        ((ID, "Conflicts=a.service"), "MachineID cannot be used with Conflicts"),
        ((ID, "Global=true"), "MachineID cannot be used with Global"),
        ((ID, "Replaces=a.service"), "MachineID cannot be used with Replaces"),
        (("Global=true", "MachineOf=a.service"), "Global cannot be used with Peers"),
        (("Global=true", "Replaces=a.service"), "Global cannot be used with Replaces"),
        (("Conflicts=a.service", "Replaces=b.service"), "Conflicts cannot be used with Replaces"),
        (
            ("MachineOf=foo.service", "Conflicts=foo*"),
            'unresolvable requirements: peer "foo.service" matches conflict "foo*"',
        ),
        (
            ("MachineOf=foo.service", "Replaces=foo*"),
            'unresolvable requirements: peer "foo.service" matches replace "foo*"',
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_v38_what_cannot_be_fulfilled_is_refused(lab: Lab, options: tuple[str, ...], words: str) -> None:
    lab.write("wrong.service", unit(*options))
    refused = lab("submit wrong")
    assert refused.status == 1
    assert words in refused.stderr
    assert lab.files() == []


def test_v39_a_global_unit_runs_on_every_machine(lab: Lab) -> None:
    started = lab.good("start g")
    assert started.lines == ["Unit g.service ", "Triggered global unit g.service start"]
    lab.wait_units(*(f"g.service {node.place} active running" for node in lab.nodes))
    assert lab.files("--fields=unit,dstate,state,target") == ["g.service launched - global"]
    assert "Triggered global unit g.service stop" in lab.good("stop g").lines
    lab.wait_units(*(f"g.service {node.place} inactive dead" for node in lab.nodes))
    assert "Triggered global unit g.service unload" in lab.good("unload g").lines
    lab.wait_units()


def test_v40_a_global_unit_runs_on_every_machine_that_fits(lab: Lab) -> None:
    lab.write("g.service", unit("Global=true", "MachineMetadata=region=b"))
    lab.good("start g")
    lab.wait("it runs on n2 and n3", lambda: lab.where() == {"g.service": [lab.n2, lab.n3]})
    steadily("and nowhere else", lambda: lab.where() == {"g.service": [lab.n2, lab.n3]}, during=1)


def test_v41_of_two_conflicting_globals_the_first_by_name_runs(lab: Lab) -> None:
    options = ("Global=true", "Conflicts=cg.*.service")
    lab.write_all({"cg.0.service": unit(*options), "cg.1.service": unit(*options)})
    lab.good("start cg.0")
    lab.wait("cg.0 runs", lambda: lab.where() == {"cg.0.service": list(lab.nodes)})
    lab.good("start cg.1")
    rows = [f"cg.0.service {node.place} active running" for node in lab.nodes]
    steadily("only cg.0 has rows", lambda: lab.units() == rows, during=1.5)
