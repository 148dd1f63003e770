"""What an agent does next, and what its machine shall have."""

from fleet.daemon.entities import Machine, Unit
from fleet.daemon.plan import Plan, assigned, plan
from fleet.daemon.snapshot import Snapshot
from fleet.daemon.store import Held
from tests.fleet.daemon.units import by_name, unit


def held(one: Unit, answered: int = 1, started: bool = True) -> dict[str, Held]:
    return {one.name: Held(one.name, one.hash, answered, started)}


def test_what_is_as_it_shall_be_is_left_alone() -> None:
    one = unit("a.service")
    assert plan(by_name([one]), held(one)) == Plan()


def test_a_missing_unit_is_loaded_and_one_too_many_unloaded() -> None:
    one, other = unit("a.service"), unit("b.service")
    assert plan(by_name([one]), held(other)) == Plan(unload=("b.service",), load=("a.service",))


def test_a_changed_text_is_unloaded_first() -> None:
    one = unit("a.service")
    assert plan(by_name([one]), {"a.service": Held("a.service", "other")}) == Plan(unload=("a.service",))


def test_a_new_request_starts_or_stops() -> None:
    up, down = unit("a.service", request=7), unit("b.service", request=8, desired="loaded")
    steps = plan(by_name([up, down]), held(up, 6) | held(down, 6))
    assert steps == Plan(stop=("b.service",), start=("a.service",))


def test_an_answer_from_before_etcd_was_restored_from_a_backup_answers_nothing() -> None:
    down = unit("a.service", request=90, desired="loaded")
    assert plan(by_name([down]), held(down, 100)) == Plan(stop=("a.service",))


def test_a_busy_unit_is_let_finish() -> None:
    one = unit("a.service", request=7)
    assert plan(by_name([one]), held(one), busy={"a.service"}) == Plan()
    assert plan({}, held(one), busy={"a.service"}) == Plan()


def test_no_unit_starts_while_one_that_is_connected_with_it_is_missing() -> None:
    main, side = unit("main.service"), unit("side.service", "MachineOf=main.service", desired="loaded")
    fresh = {"main.service": Held("main.service", main.hash)}
    assert plan(by_name([main, side]), fresh) == Plan(load=("side.service",))
    assert plan(by_name([main, side]), fresh | held(side)) == Plan(start=("main.service",))


def test_a_broken_unit_holds_up_nobody() -> None:
    main, side, other = unit("main.service"), unit("side.service", "MachineOf=main.service"), unit("other.service")
    have = {one.name: Held(one.name, one.hash) for one in (main, other)}
    assert plan(by_name([main, side, other]), have, broken={"side.service"}) == Plan(
        start=("main.service", "other.service")
    )


def test_a_machine_has_what_is_placed_on_it_and_the_global_units() -> None:
    units = [unit("a.service", machine="m1"), unit("b.service", machine="m2"), unit("g.service", "Global=true")]
    units.append(unit("idle.service", machine="m1", desired="inactive"))
    snapshot = Snapshot(machines={"m1": Machine("m1")}, units=by_name(units))
    assert list(assigned(snapshot, "m1", ())) == ["a.service", "g.service"]


def test_an_unregistered_machine_keeps_the_global_units_that_it_has() -> None:
    units = by_name([unit("g1.service", "Global=true"), unit("g2.service", "Global=true")])
    assert list(assigned(Snapshot(units=units), "m1", {"g2.service"})) == ["g2.service"]


def test_of_two_conflicting_global_units_the_first_by_name_runs() -> None:
    units = by_name(unit(f"cg.{number}.service", "Global=true", "Conflicts=cg.*.service") for number in (0, 1))
    snapshot = Snapshot(machines={"m1": Machine("m1")}, units=units)
    assert list(assigned(snapshot, "m1", ())) == ["cg.0.service"]


def test_unit_types_that_no_agent_runs_are_not_loaded() -> None:
    snapshot = Snapshot(machines={"m1": Machine("m1")}, units=by_name([unit("foo.target", machine="m1")]))
    assert assigned(snapshot, "m1", ()) == {}
