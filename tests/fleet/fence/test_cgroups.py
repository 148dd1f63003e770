"""Killing by control group, in trees that look as the kernel's do, with processes that are real."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.fence.cgroups import Cgroups

LAYOUTS = {
    "version 2": ("0::/init.scope\n", ""),
    "version 1": ("9:name=systemd:/docker/1/init.scope\n4:memory:/\n0::/\n", "systemd/docker/1"),
    "both": ("1:name=systemd:/init.scope\n0::/init.scope\n", "unified"),
}


@pytest.fixture(params=LAYOUTS)
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    manager, root = LAYOUTS[request.param]
    (tmp_path / "manager").write_text(manager)
    return tmp_path / "cgroup" / root


@pytest.fixture
def cgroups(tmp_path: Path) -> Cgroups:
    return Cgroups(tmp_path / "cgroup", tmp_path / "manager")


@pytest.fixture
def process() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sleep", "1000"]) as process:
        yield process
        process.kill()


@pytest.mark.parametrize(
    ("unit", "group"),
    [
        ("a.service", "system.slice/a.service"),
        ("a@1.service", "system.slice/system-a.slice/a@1.service"),
        ("memory.service", "system.slice/_memory.service"),
        ("a.service", "system.slice/a.service/control"),
    ],
)
def test_the_processes_of_a_unit_are_killed(
    root: Path, cgroups: Cgroups, process: "subprocess.Popen[bytes]", unit: str, group: str
) -> None:
    (root / group).mkdir(parents=True)
    (root / group / "cgroup.procs").write_text(f"0\n{process.pid}\n")
    assert cgroups.alive(["b.service", unit]) == [unit]
    cgroups.kill([unit])
    assert process.wait() == -9


def test_a_kernel_that_kills_a_group_at_once_is_asked_to(root: Path, cgroups: Cgroups) -> None:
    group = root / "system.slice" / "a.service"
    group.mkdir(parents=True)
    (group / "cgroup.kill").touch()
    cgroups.kill(["a.service"])
    assert (group / "cgroup.kill").read_text() == "1"


@pytest.mark.parametrize("group", ["system.slice/b.service", "docker/1/system.slice/a.service", "a.scope/a.service"])
def test_nobody_elses_are(root: Path, cgroups: Cgroups, process: "subprocess.Popen[bytes]", group: str) -> None:
    (root / group).mkdir(parents=True)
    (root / group / "cgroup.procs").write_text(f"{process.pid}\n")
    assert cgroups.alive(["a.service"]) == []
    cgroups.kill(["a.service"])
    assert process.poll() is None


def test_without_control_groups_there_is_nothing_to_be_killed(tmp_path: Path) -> None:
    cgroups = Cgroups(tmp_path / "none", tmp_path / "nobody")
    cgroups.kill(["a.service"])
    assert cgroups.alive(["a.service"]) == []
