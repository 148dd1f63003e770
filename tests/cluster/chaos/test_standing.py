"""The cluster of a campaign is removed whatever happens, and its run tells what did: schedule, history, report."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from cluster import history
from cluster.chaos import performance, schedule
from cluster.chaos.performance import Wishes
from cluster.chaos.schedule import Planned, Schedule, Step
from cluster.errors import InfraError
from cluster.faults import Order
from cluster.say import Say
from cluster.settings import Settings

SCHEDULE = Schedule(7, 1.0, (), 1, 6, (Step(1, (Planned(Order("kill-machine", "core-03"), 5.0, 10.0),)),))


class DummyCluster:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings


class DummySite:
    """A site in memory, which notes what is done to it; `bad` is what fails."""

    did: list[str] = []
    bad = ""

    def __init__(self, settings: Settings, say: Say) -> None:
        self.cluster, self.run = DummyCluster(settings), settings.project / "run"
        DummySite.did = []

    def _do(self, what: str) -> None:
        self.did.append(what)
        if what == self.bad:
            raise InfraError(f"{what} failed")

    def prepare(self, reuse: bool) -> None:
        self._do("prepare")

    def recording(self, command: str, seed: int) -> AbstractContextManager[history.Writer]:
        header = {"command": command, "seed": seed, "cluster": self.cluster.settings.name}
        return history.opened(self.run / "history.jsonl", header)

    def up(self) -> None:
        assert history.is_open()
        self._do("up")

    def deploy(self) -> None:
        self._do("deploy")

    def keep_evidence(self, name: str, failure: str) -> Path:
        self._do(f"keep {name}: {failure}")
        return self.run

    def end(self, keep: bool) -> None:
        assert history.is_open(), "the removal is told as well"
        self._do(f"end keep={keep}")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(performance, "Site", DummySite)
    monkeypatch.setattr(DummySite, "bad", "")
    return Settings(name="trial", subnet="192.168.250", project=tmp_path)


def stand(settings: Settings, said: list[str], keep: bool = False) -> None:
    with performance.standing(settings, said.append, Wishes("a test", keep=keep), SCHEDULE):
        DummySite.did.append("the campaign")


def test_it_stands_from_the_deployment_on_and_is_removed_afterwards(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["cluster", "chaos", "--seed=7"])
    said: list[str] = []
    stand(settings, said)
    assert DummySite.did == ["prepare", "up", "deploy", "the campaign", "end keep=False"]
    run = settings.project / "run"
    assert schedule.read(run) == SCHEDULE
    header = history.read(run / "history.jsonl").header
    assert (header.cluster, header.seed) == ("trial", 7)
    assert header.command == "cluster chaos --seed=7"
    assert said == [f"report: {run / 'report.html'}"]
    assert not history.is_open()


def test_a_kept_one_stays(settings: Settings) -> None:
    stand(settings, [], keep=True)
    assert DummySite.did[-1] == "end keep=True"


@pytest.mark.parametrize("bad", ["up", "deploy"])
def test_where_it_does_not_come_up_it_is_removed_too_and_its_report_is_drawn(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    said: list[str] = []
    monkeypatch.setattr(DummySite, "bad", bad)
    with pytest.raises(InfraError, match=f"{bad} failed"):
        stand(settings, said)
    kept = {"up": [], "deploy": ["keep deploy-trial: deploy failed"]}[bad]  # up keeps its own, as all who boot need it
    assert DummySite.did[DummySite.did.index(bad) :] == [bad, *kept, "end keep=False"]
    assert (settings.project / "run" / "report.html").exists()
    assert said[0].endswith("./toxw -e cluster -- replay run")


def test_a_host_that_is_not_ready_leaves_no_run_behind(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DummySite, "bad", "prepare")
    with pytest.raises(InfraError):
        stand(settings, [])
    assert not (settings.project / "run").exists()


def test_trouble_with_the_report_hides_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[Path]:
        raise RuntimeError("no room")

    monkeypatch.setattr(performance.report, "draw_run", broken)
    said: list[str] = []
    stand(settings, said)
    assert said == ["no report: RuntimeError: no room"]
