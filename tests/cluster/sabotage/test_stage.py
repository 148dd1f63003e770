"""What is broken on the cluster is taken back, whatever happens meanwhile; and the cluster goes at the end."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cluster import ownership
from cluster.errors import InfraError
from cluster.eventually import eventually
from cluster.host import HostNotReady
from cluster.sabotage import pytestrun, stage
from cluster.sabotage.sabotage import Command, Sabotage, Setting
from cluster.sabotage.stage import Stage
from cluster.settings import Settings

BROKEN = Sabotage(
    "s", "p", (Setting("REPLICAS", "1"), Command("do one", "undo one"), Command("do 2", "undo 2", (2,))), ()
)


class Noting:
    """A machine, an etcd, a cluster and a site in one, in memory."""

    def __init__(self, settings: Settings, say: Any) -> None:
        self.settings, self.cluster, self.etcd, self.run_folder = settings, self, self, settings.work / "run"
        self.told: list[str] = []
        self.fails: dict[str, Exception] = {}
        self.is_found = False

    @property
    def machines(self) -> list[Any]:
        return [Machine(self, name) for name in ("core-01", "core-02")]

    def tell(self, words: str) -> None:
        self.told.append(words)
        if words in self.fails:
            raise self.fails[words]

    def put(self, key: str, value: str) -> None:
        self.tell(f"put {key} {value}")

    def delete(self, key: str) -> None:
        self.tell(f"delete {key}")

    def prepare(self, reuse: bool) -> None:
        self.tell(f"prepare {reuse}")

    def up(self) -> None:
        self.tell("up")

    def rebuild(self) -> None:
        self.tell("rebuild")

    def is_healthy(self) -> bool:
        return True

    def trouble_text(self) -> str:
        return ""

    def disconnect(self) -> None: ...

    def end(self, keep: bool) -> None:
        self.tell("end")


class Machine:
    def __init__(self, site: Noting, name: str) -> None:
        self.site, self.name = site, name

    def run(self, command: str) -> None:
        self.site.tell(f"{self.name}$ {command}")


Made = Callable[[], tuple[Stage, Noting]]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Stage, Noting]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(stage, "Site", Noting)
    monkeypatch.setattr(stage.slate, "clean", lambda cluster: cluster.tell("clean"))
    made = Stage(Settings(name="trial", project=tmp_path), lambda _: None)
    return made, made._site  # type: ignore[return-value]


def test_a_sabotage_is_in_force_inside_the_block_and_commands_are_taken_back_in_reverse(
    made: tuple[Stage, Noting],
) -> None:
    stage, site = made
    with stage.broken(BROKEN) as units:
        assert units == ".cluster/trial/sabotage/units"
        before = list(site.told)
    assert before == [
        "put /config/elasticsearch_logging/REPLICAS 1",
        "core-01$ do one", "core-02$ do one", "core-02$ do 2",
    ]  # fmt: skip
    assert site.told[4:] == [
        "core-02$ undo 2", "core-01$ undo one", "core-02$ undo one", "delete /config/elasticsearch_logging/REPLICAS"
    ]  # fmt: skip


@pytest.mark.parametrize("error", [InfraError("no route"), AssertionError("not in time")])
def test_an_undo_that_fails_on_one_machine_leaves_no_other_broken_and_the_cluster_is_made_anew(
    made: tuple[Stage, Noting], error: Exception
) -> None:
    stage, site = made
    site.fails["core-01$ undo one"] = error
    with stage.broken(BROKEN):
        pass
    assert site.told[-2:] == ["core-02$ undo one", "delete /config/elasticsearch_logging/REPLICAS"]
    stage.mend()
    stage.mend()
    assert site.told[-2:] == ["rebuild", "clean"], "once"


def test_a_found_cluster_is_left_mended(made: tuple[Stage, Noting]) -> None:
    stage, site = made
    site.is_found = True
    with pytest.raises(KeyboardInterrupt), stage.up(reuse=True):
        raise KeyboardInterrupt
    assert site.told[-2:] == ["clean", "end"]
    site.fails["clean"] = site.fails["rebuild"] = InfraError("a found one is not made anew")
    with pytest.raises(InfraError), stage.up(reuse=True):
        pass
    assert site.told[-2:] == ["rebuild", "end"]


def test_a_command_that_failed_half_way_is_taken_back_too(made: tuple[Stage, Noting]) -> None:
    stage, site = made
    site.fails["core-02$ do one"] = InfraError("no route")
    with pytest.raises(InfraError, match="no route"), stage.broken(BROKEN):
        pytest.fail("the block is not entered")
    assert site.told[-3:-1] == ["core-01$ undo one", "core-02$ undo one"]


def test_it_is_held_from_the_boot_to_the_removal(made: tuple[Stage, Noting]) -> None:
    stage, _ = made
    lock = ownership.lock_of(stage.settings)
    with stage.up(), stage.broken(BROKEN):
        assert lock.holder().startswith("a sabotage run")
    assert lock.holder() == ""


def test_a_cluster_that_does_not_become_clean_is_made_anew(made: tuple[Stage, Noting]) -> None:
    stage, site = made
    site.fails["clean"] = AssertionError("a container is left")
    stage.mend()
    assert site.told == ["clean", "rebuild"]


def test_the_cluster_goes_whatever_happens(made: tuple[Stage, Noting]) -> None:
    stage, site = made
    with pytest.raises(KeyboardInterrupt), stage.up():
        raise KeyboardInterrupt
    assert site.told == ["prepare False", "up", "end"]


def test_a_boot_that_fails_is_cleared_away(made: tuple[Stage, Noting]) -> None:
    stage, site = made
    site.fails["up"] = AssertionError("core-02 is off")
    with pytest.raises(AssertionError, match="core-02"), stage.up():
        pytest.fail("the block is not entered")
    assert site.told[-1] == "end"


def test_a_persons_cluster_is_refused_and_not_touched(made: tuple[Stage, Noting]) -> None:
    stage, site = made
    site.fails["prepare False"] = HostNotReady("a person made it")
    with pytest.raises(HostNotReady), stage.up():
        pytest.fail("the block is not entered")
    assert site.told == ["prepare False"]


def test_a_run_of_pytest_dies_with_the_program_that_waits_for_it() -> None:
    command = [*pytestrun.WITH_THE_PARENT, "sleep", "99"]
    waits = f"import subprocess\np = subprocess.Popen({command})\nprint(p.pid)\np.wait()"
    parent = subprocess.Popen([sys.executable, "-uc", waits], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = Path("/proc") / parent.stdout.readline().decode().strip()
    assert child.exists()
    eventually("it has become sleep", lambda: (child / "cmdline").read_bytes()[:5] == b"sleep", within=10)
    parent.kill()
    parent.communicate()
    eventually("it is gone", lambda: not child.exists() or ") Z" in (child / "stat").read_text(), within=10)
