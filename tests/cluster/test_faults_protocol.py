"""The protocol of a fault: asked, done, proven, undone, proven undone; the history is told, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from cluster import history
from cluster.errors import CommandFailed, Impossible, MachineUnreachable
from cluster.eventually import TimedOut, eventually
from cluster.faults import Fault, FaultDidNotBite, FaultNotHealed, Order, Unavailable, gate, injected, write_down
from cluster.faults.store import Held
from cluster.outcome import verdict_of
from cluster.settings import Settings


class DummyFault(Fault):
    """Remembers what was done with it; `raises` maps a step to what it raises, once."""

    def __init__(self, raises: dict[str, BaseException] | None = None, why: str | None = None) -> None:
        self.order = Order("dummy", "core-01", {"percent": 30})
        self.steps: list[str] = []
        self._raises, self._why = raises or {}, why

    def unavailable(self) -> str | None:
        return self._why

    def inject(self) -> None:
        self._step("inject")

    def bites(self) -> None:
        self._step("bites")

    def heal(self) -> None:
        self._step("heal")

    def healed(self) -> None:
        self._step("healed")

    def _step(self, name: str) -> None:
        self.steps.append(name)
        if error := self._raises.pop(name, None):
            raise error


class Told:
    """What the history was told of faults."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def entries(self) -> list[history.Fault]:
        return history.read(self._path).of(history.Fault)

    @property
    def phases(self) -> list[str]:
        return [entry.phase for entry in self.entries]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    path = tmp_path / "history.jsonl"
    with history.opened(path, {"run": "test", "cluster": "esfleet", "command": "test"}):
        yield Told(path)


def test_a_fault_is_done_proven_undone_and_proven_undone_in_this_order(told: Told) -> None:
    with injected(DummyFault()) as fault:
        assert fault.steps == ["inject", "bites"]
    assert fault.steps == ["inject", "bites", "heal", "healed"]
    assert told.phases == ["inject", "bites", "heal", "healed"]
    assert told.entries[-1].fault == {"kind": "dummy", "target": "core-01", "percent": 30}


def test_a_fault_whose_target_names_no_machine_tells_the_one_that_it_has_hit(told: Told) -> None:
    class Leader(DummyFault):
        def hit(self) -> list[str]:
            return ["core-02"] if self.steps else []

    with injected(Leader()):
        pass
    assert [(one.phase, one.machines) for one in told.entries][:2] == [("inject", ()), ("bites", ("core-02",))]


def test_a_fault_that_cannot_be_had_is_refused_with_the_probes_words_and_nothing_is_done(told: Told) -> None:
    fault = DummyFault(why="Specified qdisc kind is unknown.")
    said = r"dummy core-01 percent=30: Specified qdisc kind is unknown\."
    with pytest.raises(Unavailable, match=said), injected(fault):
        pytest.fail("the block is entered")
    assert fault.steps == []
    assert told.phases == ["unavailable"]
    assert told.entries[-1].why == "Specified qdisc kind is unknown."


@pytest.mark.parametrize("step", ["inject", "bites"])
@pytest.mark.parametrize(
    "error", [AssertionError("it runs on"), CommandFailed("it runs on")], ids=["assert", "command"]
)
def test_a_fault_that_does_not_bite_is_healed_and_the_block_is_not_entered(
    step: str, error: Exception, told: Told
) -> None:
    fault = DummyFault({step: error})
    with pytest.raises(FaultDidNotBite, match="dummy core-01 percent=30: it runs on"), injected(fault):
        pytest.fail("the block is entered")
    assert fault.steps[-2:] == ["heal", "healed"]
    assert told.phases == ["inject", "failed", "heal", "healed"]


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    """What is written down of the faults of this process, which are to be."""
    settings = Settings(project=tmp_path)
    write_down(settings)
    yield Held(settings)
    write_down(None)


def test_on_a_cluster_that_stays_a_fault_is_written_down_until_it_is_healed(held: Held) -> None:
    class Noting(DummyFault):
        def _step(self, name: str) -> None:
            assert held.orders() == [self.order], "it is written down before it is done, and while it is there"
            super()._step(name)

    with injected(Noting()) as fault:
        assert held.orders() == [fault.order]
    assert fault.steps == ["inject", "bites", "heal", "healed"]
    assert held.orders() == []


def test_what_is_not_healed_stays_written_down_and_what_was_never_done_does_not(held: Held) -> None:
    with pytest.raises(FaultDidNotBite), injected(DummyFault({"bites": AssertionError("it runs on")})):
        pass
    with pytest.raises(Unavailable), injected(DummyFault(why="no netem")):
        pass
    assert held.orders() == []
    with pytest.raises(FaultNotHealed), injected(DummyFault({"healed": AssertionError("still there")})):
        pass
    assert held.orders() == [Order("dummy", "core-01", {"percent": 30})]


def test_what_a_person_holds_is_not_crossed_out_by_another_one_of_the_same(held: Held) -> None:
    held.add(DummyFault().order)
    with injected(DummyFault()):
        pass
    assert held.orders() == [DummyFault().order]


def test_a_fault_is_healed_also_after_a_failure_in_the_block(told: Told) -> None:
    fault = DummyFault()
    with pytest.raises(ZeroDivisionError), injected(fault):
        raise ZeroDivisionError
    assert told.phases == ["inject", "bites", "heal", "healed"]


@pytest.mark.parametrize("step", ["heal", "healed"])
def test_a_fault_that_is_not_healed_is_an_error_that_keeps_the_blocks_own(step: str, told: Told) -> None:
    fault = DummyFault({step: AssertionError("still there")})
    with pytest.raises(FaultNotHealed, match="still there") as caught, injected(fault):
        raise ZeroDivisionError
    assert told.phases == ["inject", "bites", "heal", "failed"]
    context: BaseException | None = caught.value
    while context is not None and not isinstance(context, ZeroDivisionError):
        context = context.__context__
    assert context is not None


TROUBLES = {
    "it could not be undone": ("heal", CommandFailed("exit 1"), "infra"),
    "waiting for it to be undone was in vain": ("heal", AssertionError("off"), "infra"),
    "ssh failed as one looked": ("healed", MachineUnreachable("core-01"), "infra"),
    "its effect can still be seen": ("healed", AssertionError("gone"), "failed"),
    "what was broken did not come back in time": ("healed", TimedOut("gone"), "failed"),
    "no waiting helps": ("healed", Impossible("gone"), "failed"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_only_what_does_not_come_back_is_held_against_the_units(trouble: str) -> None:
    step, error, verdict = TROUBLES[trouble]
    with (
        pytest.raises(FaultNotHealed, match="dummy core-01 percent=30: ") as caught,
        injected(DummyFault({step: error})),
    ):
        pass
    assert verdict_of(SimpleNamespace(failed=True), caught.value) == verdict
    assert isinstance(caught.value, AssertionError) is (verdict == "failed")


def test_a_wait_that_ended_with_ssh_failing_says_nothing_about_the_units() -> None:
    def unreachable() -> bool:
        raise MachineUnreachable("core-01")

    class Unseen(DummyFault):
        def healed(self) -> None:
            eventually("it runs again", unreachable, within=0)

    with pytest.raises(FaultNotHealed, match="core-01") as caught, injected(Unseen()):
        pass
    assert verdict_of(SimpleNamespace(failed=True), caught.value) == "infra"


def test_what_neither_bites_nor_comes_back_is_held_against_the_units_too() -> None:
    fault = DummyFault({"bites": CommandFailed("it runs on"), "healed": AssertionError("gone")})
    with pytest.raises(FaultNotHealed, match="before that") as caught, injected(fault):
        pytest.fail("the block is entered")
    assert verdict_of(SimpleNamespace(failed=True), caught.value) == "failed"


def test_a_fault_that_neither_bites_nor_is_healed_tells_both() -> None:
    fault = DummyFault({"bites": AssertionError("it runs on"), "heal": AssertionError("still there")})
    said = r"(?s)still there\nbefore that: FaultDidNotBite: dummy core-01 percent=30: it runs on"
    with pytest.raises(FaultNotHealed, match=said), injected(fault):
        pytest.fail("the block is entered")


@pytest.mark.parametrize("step", ["inject", "bites"])
def test_a_fault_is_healed_when_it_is_interrupted_as_it_is_done(step: str) -> None:
    fault = DummyFault({step: KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt), injected(fault):
        pytest.fail("the block is entered")
    assert fault.steps[-2:] == ["heal", "healed"]


def test_healing_that_is_interrupted_is_done_again_before_the_interrupt_is_heard() -> None:
    fault = DummyFault({"heal": KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt), injected(fault):
        pass
    assert fault.steps == ["inject", "bites", "heal", "heal"]


def test_faults_inside_one_another_are_healed_in_reverse_order(told: Told) -> None:
    with injected(DummyFault()), injected(DummyFault()):
        pass
    assert told.phases == ["inject", "bites", "inject", "bites", "heal", "healed", "heal", "healed"]


class Patient:
    """A cluster that is well, or not; each look may change it."""

    def __init__(self, *looks: list[str]) -> None:
        self.looks = list(looks)

    def trouble(self) -> list[str]:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


def test_the_gate_waits_until_nothing_is_wrong() -> None:
    gate(Patient(["core-01 is off"], []), "before the test", within=5)


def test_the_gates_error_names_the_phase_and_the_trouble() -> None:
    said = r"(?s)a healthy cluster before the test.*core-04 is off"
    with pytest.raises(AssertionError, match=said):
        gate(Patient(["core-04 is off"]), "before the test", within=0.1)
