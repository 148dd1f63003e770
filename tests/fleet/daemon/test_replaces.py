"""`Replaces=`: who makes way, where to, and who does not."""

import pytest

from fleet.daemon.scheduler import schedule
from fleet.model.unitfile import UnitFile
from fleet.model.xfleet import InvalidOptionsError, validate
from tests.fleet.daemon.machines import SLEEP, Cluster
from tests.fleet.daemon.units import by_name, machines, unit


def test_b14_the_replaced_unit_moves_whichever_name_comes_first() -> None:
    for old, new in (("a.service", "z.service"), ("z.service", "a.service")):
        units = by_name([unit(old, machine="m1"), unit(new, f"Replaces={old}", machine="m1", placed=9)])
        decisions = schedule(machines("m1", "m2"), units)
        assert decisions.places == {old: "m2"}
        assert decisions.causes == {old: f"it is replaced by {new}"}


def test_b14_it_moves_to_an_eligible_machine_only_and_the_two_stay_together_without_one() -> None:
    old = unit("r0.service", "MachineMetadata=disk=ssd", machine="m1")
    units = by_name([old, unit("r1.service", "Replaces=r0.service", machine="m1")])
    ssd = {"disk": "ssd"}
    assert schedule(machines("m2", m1=ssd, m3=ssd), units).places == {"r0.service": "m3"}
    assert schedule(machines("m2", m1=ssd), units).places == {}


def test_a_replacer_goes_to_the_least_loaded_machine_and_moves_nobody_elsewhere() -> None:
    units = by_name([unit("r0.service", machine="m1"), unit("r1.service", "Replaces=r0.service")])
    assert schedule(machines("m1", "m2"), units).places == {"r1.service": "m2"}


def test_a_replacer_that_lands_beside_it_moves_it_at_once() -> None:
    units = by_name([unit("r0.service", machine="m1"), unit("r1.service", "Replaces=r0.service")])
    units |= by_name([unit("x.service", machine="m2"), unit("y.service", machine="m2")])
    assert schedule(machines("m1", "m2"), units).places == {"r1.service": "m1", "r0.service": "m2"}


def test_a_new_unit_that_is_replaced_already_goes_elsewhere() -> None:
    units = by_name([unit("r0.service"), unit("r1.service", "Replaces=r*.service", machine="m1")])
    units |= by_name([unit("x.service", machine="m2"), unit("y.service", machine="m2")])
    assert schedule(machines("m1", "m2"), units).places == {"r0.service": "m2"}


@pytest.mark.parametrize("names", [("a", "b"), ("a", "b", "c")])
def test_who_replace_one_another_in_a_circle_stay(names: tuple[str, ...]) -> None:
    circle = zip(names, (*names[1:], names[0]), strict=True)
    units = by_name(unit(f"{one}.service", f"Replaces={other}.service", machine="m1") for one, other in circle)
    assert schedule(machines("m1", "m2"), units).places == {}


def test_a_chain_settles_in_one_pass() -> None:
    units = by_name([unit("a.service", "Replaces=b.service", machine="m1")])
    units |= by_name([unit("b.service", "Replaces=c.service", machine="m1"), unit("c.service", machine="m2")])
    units |= by_name([unit("x.service", machine="m3"), unit("y.service", machine="m3")])
    assert schedule(machines("m1", "m2", "m3"), units).places == {"b.service": "m2", "c.service": "m1"}


def test_a_replaced_unit_takes_along_what_belongs_with_it() -> None:
    units = by_name([unit("r0.service", machine="m1"), unit("side.service", "MachineOf=r0.service", machine="m1")])
    units |= by_name([unit("r1.service", "Replaces=r0.service", machine="m1")])
    decisions = schedule(machines("m1", "m2"), units)
    assert decisions.places == {"r0.service": "m2", "side.service": "m2"}
    assert decisions.batches == (("r0.service", "side.service"),)


def test_who_makes_way_makes_room_for_who_waits() -> None:
    units = by_name([unit("r0.service", machine="m1"), unit("r1.service", "Replaces=r0.service", machine="m1")])
    units |= by_name([unit("w.service", "Conflicts=r0.service", "MachineMetadata=disk=ssd")])
    decisions = schedule(machines("m2", m1={"disk": "ssd"}), units)
    assert decisions.places == {"r0.service": "m2", "w.service": "m1"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("MachineID=a", "MachineOf=b.service"), "MachineID cannot be used with Peers"),
        (("MachineID=a", "Conflicts=b.service"), "MachineID cannot be used with Conflicts"),
        (("MachineID=a", "Global=true"), "MachineID cannot be used with Global"),
        (("MachineID=a", "Replaces=b.service"), "MachineID cannot be used with Replaces"),
        (("Global=true", "MachineOf=b.service"), "Global cannot be used with Peers"),
        (("Global=true", "Replaces=b.service"), "Global cannot be used with Replaces"),
        (("Conflicts=a", "Replaces=b.service"), "Conflicts cannot be used with Replaces"),
        (("MachineOf=foo.service", "Conflicts=foo*"), 'peer "foo.service" matches conflict "foo*"'),
        (("MachineOf=foo.service", "Replaces=foo*"), 'peer "foo.service" matches replace "foo*"'),
    ],
)
def test_v38_pairs_that_cannot_be_are_refused(options: tuple[str, ...], message: str) -> None:
    with pytest.raises(
        InvalidOptionsError, match="^(unresolvable requirements: )?" + message.replace("*", r"\*") + "$"
    ):
        validate(UnitFile.from_options(("X-Fleet", *option.split("=", 1)) for option in options))  # type: ignore[misc]


async def test_schedule_replace_on_two_machines(cluster: Cluster) -> None:
    first, _ = await cluster.add(), await cluster.add()
    await first.run_unit("r0.service")
    await first.run_unit("x.service")
    await first.run_unit("y.service", SLEEP + "\n[X-Fleet]\nMachineOf=x.service\n")
    await first.run_unit("r1.service", SLEEP + "\n[X-Fleet]\nReplaces=r0.service\n")
    await cluster.eventually(lambda: cluster.running("r1.service") == ["1"] and cluster.running("r0.service") == ["2"])


async def test_schedule_circular_replace_leaves_at_least_one_running(cluster: Cluster) -> None:
    machine = await cluster.add()
    for one, other in ((0, 1), (1, 0)):
        await machine.run_unit(f"r{one}.service", f"{SLEEP}\n[X-Fleet]\nReplaces=r{other}.service\n")
    await cluster.eventually(lambda: cluster.running("r0.service") and cluster.running("r1.service"))
