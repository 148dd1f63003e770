"""Faults that a person holds: written down before they are done, ended by Ctrl-C or the clock, healed by anybody."""

from __future__ import annotations

import json
import os
import signal
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import typer

from cluster import power
from cluster.cluster import Cluster
from cluster.commandline import seconds
from cluster.errors import InfraError
from cluster.faults import Fault, FaultDidNotBite, FaultNotHealed, Order, Unavailable, command, holding
from cluster.faults.holding import Holder, until_told
from cluster.faults.store import Held
from cluster.settings import Settings

ORDER = Order("partition", "core-02", {"direction": "in"})
OTHER = Order("kill-machine", "core-03")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(Settings(), project=tmp_path)


@pytest.fixture
def world(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(settings)
    monkeypatch.setattr(holding, "make", world.make)
    return world


class World:
    """Faults that note what is done with them, and what is written down at that moment."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.did: list[str] = []
        self.told: list[str] = []
        self.raises: dict[str, BaseException] = {}
        self.why: str | None = None
        self.holder = Holder(cast(Cluster, self), self.tell)

    def tell(self, order: Order, phase: str, why: str) -> None:
        self.told.append(phase)

    @property
    def written(self) -> list[Order]:
        return Held(self.settings).orders()

    def make(self, _cluster: Any, order: Order) -> Fault:
        return Noting(self, order)


class Noting(Fault):
    def __init__(self, world: World, order: Order) -> None:
        self.order, self._world = order, world

    def unavailable(self) -> str | None:
        return self._world.why

    def inject(self) -> None:
        self._note("inject")

    def heal(self) -> None:
        self._note("heal")

    def healed(self) -> None:
        if error := self._world.raises.pop("healed", None):
            raise error

    def _note(self, step: str) -> None:
        assert self.order in self._world.written, "it is not written down"
        self._world.did.append(f"{step} {self.order.kind}")
        if error := self._world.raises.pop(step, None):
            raise error


def test_what_is_held_is_written_down_before_it_is_done_and_stays(world: World) -> None:
    assert world.holder.hold(ORDER) == ORDER
    assert world.did == ["inject partition"]
    assert world.written == [ORDER]
    assert world.told == ["inject", "bites"]


def test_what_is_held_is_healed_newest_first_and_forgotten(world: World) -> None:
    world.holder.hold(ORDER)
    world.holder.hold(OTHER)
    for order in world.holder.orders():
        world.holder.heal(order)
    assert world.did[2:] == ["heal kill-machine", "heal partition"]
    assert world.written == []
    assert not Held(world.settings).path.exists()


def test_a_fault_is_not_held_twice(world: World) -> None:
    world.holder.hold(ORDER)
    with pytest.raises(InfraError, match="partition core-02 direction=in is held already"):
        world.holder.hold(ORDER)
    assert world.written == [ORDER]


def test_a_fault_that_cannot_be_had_is_not_written_down(world: World) -> None:
    world.why = "no netem"
    with pytest.raises(Unavailable, match="no netem"):
        world.holder.hold(ORDER)
    assert world.written == []


def test_a_fault_that_does_not_bite_is_healed_and_forgotten(world: World) -> None:
    world.raises["inject"] = AssertionError("nothing happened")
    with pytest.raises(FaultDidNotBite, match="nothing happened"):
        world.holder.hold(ORDER)
    assert world.did == ["inject partition", "heal partition"]
    assert world.written == []


def test_a_fault_that_is_not_healed_stays_written_down(world: World) -> None:
    world.holder.hold(ORDER)
    world.raises["heal"] = AssertionError("it stays")
    with pytest.raises(FaultNotHealed, match="it stays"):
        world.holder.heal(ORDER)
    assert world.written == [ORDER]


def test_what_does_not_come_back_keeps_no_other_fault_from_being_healed(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.holder.hold(ORDER)
    world.holder.hold(OTHER)
    world.raises["healed"] = AssertionError("it is not back")
    monkeypatch.setattr(command.commandline, "owned", lambda *_words, **_options: nullcontext(world))
    with pytest.raises(typer.Exit):
        command.heal()
    assert world.written == [OTHER]
    assert "it is not back" in capsys.readouterr().out


def test_a_command_that_dies_while_it_holds_leaves_the_fault_written_down(world: World) -> None:
    def dies() -> None:
        raise SystemExit(137)

    with pytest.raises(SystemExit):
        world.holder.hold_until(ORDER, dies)
    assert world.written == [ORDER]


@pytest.mark.usefixtures("no_nohup")
@pytest.mark.parametrize("number", holding.ENDING)
def test_a_signal_ends_the_holding_and_the_fault_is_healed(world: World, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with until_told() as told:
        os.kill(os.getpid(), number)
        world.holder.hold_until(ORDER, lambda: told.wait(10))
        assert told.is_set()
    assert world.did == ["inject partition", "heal partition"]
    assert world.written == []
    assert signal.getsignal(number) == before


def test_the_clock_ends_the_holding(world: World) -> None:
    with until_told() as told:
        world.holder.hold_until(ORDER, lambda: told.wait(0.01))
    assert world.told == ["inject", "bites", "heal", "healed"]


def test_a_file_that_is_none_of_ours_is_not_overwritten(settings: Settings) -> None:
    held = Held(settings)
    held.path.parent.mkdir(parents=True)
    held.path.write_text("partition core-02\n")
    with pytest.raises(InfraError, match="cannot be read"):
        held.add(ORDER)
    assert held.path.read_text() == "partition core-02\n"


@pytest.mark.parametrize(
    ("text", "value"), [("30s", 30), ("5m", 300), ("1.5h", 5400), ("10", 10), ("250ms", 0.25), ("2d", 172800)]
)
def test_durations_are_read(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "soon", "5 minutes", "-3s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InfraError, match="is no duration"):
        seconds(text)


def test_what_is_typed_becomes_an_order() -> None:
    order = command.ordered("packet-loss", "core-01", ["percent=5", "direction=out"])
    assert order == Order("packet-loss", "core-01", {"percent": 5, "direction": "out"})
    assert command.ordered("etcd-leader-loss", "", []) == Order("etcd-leader-loss", "etcd")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("", "", []), "what is to be done"),
        (("kill-machine", "", []), "kill-machine of what"),
        (("packet-loss", "core-01", ["percent"]), "wanted is NAME=VALUE"),
        (("flood", "core-01", []), "no kind of fault flood"),
    ],
)
def test_what_is_typed_wrongly_is_refused_in_words(words: tuple[str, str, list[str]], said: str) -> None:
    with pytest.raises(InfraError, match=said):
        command.ordered(*words)


def test_a_script_gets_one_object_a_phase(capsys: pytest.CaptureFixture[str]) -> None:
    command.teller(json=True)(ORDER, "failed", "it stays")
    assert json.loads(capsys.readouterr().out) == {"fault": ORDER.to_json(), "phase": "failed", "why": "it stays"}


class Power:
    """Machines that are on, off or frozen."""

    def __init__(self, **states: str) -> None:
        self.states = {name.replace("_", "-"): state for name, state in states.items()}

    def is_running(self, name: str) -> bool:
        return self.states[name] == "on"

    def is_frozen(self, name: str) -> bool:
        return self.states[name] == "frozen"


@pytest.fixture
def powers(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Power:
    provider = Power(core_01="on", core_02="off", core_03="frozen")

    class One:
        def __init__(self, name: str) -> None:
            self.name = name

        def __str__(self) -> str:
            return self.name

        is_running = property(lambda self: provider.is_running(self.name))
        is_frozen = property(lambda self: provider.is_frozen(self.name))

        def kill(self) -> None:
            provider.states[self.name] = "off"

        def start(self) -> None:
            provider.states[self.name] = "on"

        thaw = start

    small = replace(settings, machines=3)
    machines = [One(name) for name in small.machine_names]
    cluster = SimpleNamespace(settings=small, provider=provider, machines=machines)

    class Owned:
        def __init__(self, *_words: object, **_options: object) -> None:
            pass

        def __enter__(self) -> Any:
            return cluster

        def __exit__(self, *_error: object) -> None:
            pass

    monkeypatch.setattr(power, "owned", Owned)
    return provider


def test_a_machine_that_is_killed_is_written_down_until_it_is_started(powers: Power, settings: Settings) -> None:
    power.kill(["core-01", "core-02"])
    assert powers.states["core-01"] == "off"
    assert Held(settings).orders() == [Order("kill-machine", "core-01")]
    power.start(["core-01", "core-02"])
    assert (powers.states["core-01"], powers.states["core-02"]) == ("on", "on")
    assert Held(settings).orders() == []


def test_start_thaws_what_is_frozen_and_leaves_what_is_on(powers: Power, capsys: pytest.CaptureFixture[str]) -> None:
    power.start(["core-01", "core-03"])
    assert powers.states == {"core-01": "on", "core-02": "off", "core-03": "on"}
    assert "core-01 is on" in capsys.readouterr().out


def test_no_machine_is_killed_where_one_of_the_names_is_none(powers: Power) -> None:
    with pytest.raises(InfraError, match="no machine core-09"):
        power.kill(["core-01", "core-09"])
    assert powers.states["core-01"] == "on"
