"""What would spoil the night is said before it begins, with its cure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cluster.host.check import Cure, Problem
from cluster.host.engine import State
from cluster.runner import check
from cluster.runner.survey import Facts, Found, lacking

READY = Facts(
    cores=2,
    problems=(),
    is_root=True,
    engine=State.ANSWERS,
    lacking=(),
    filesystems=frozenset({"overlay", "ext4"}),
    free_subnets=("192.168.57", "192.168.58"),
    clusters=(),
    behind=-3600.0,
)
DISK = Problem("disk at /: 1.0 GiB free", "free another 5.1 GiB")
DOCKER = Problem("the docker engine does not run", "sudo systemctl start docker", Cure.START)

BAD = {
    "one core": (replace(READY, cores=1), "cores: 1, 2 are needed"),
    "a full disk": (replace(READY, problems=(DISK,)), "disk at /"),
    "nothing may be installed": (replace(READY, problems=(DOCKER,), is_root=False), "docker engine does not run"),
    "a runner inside a container": (
        replace(READY, engine=State.SILENT, lacking=("CAP_SYS_ADMIN",)),
        "root could not start it: this machine lacks CAP_SYS_ADMIN",
    ),
    "no overlay": (replace(READY, engine=State.SILENT, filesystems=frozenset()), "no overlay file system"),
    "one free subnet": (replace(READY, free_subnets=("192.168.60",)), "192.168.60 is free; 2 are needed"),
    "a crashed run's cluster": (
        replace(READY, clusters=(Found("esfleet", runs=True, is_suites=True, holder=""),)),
        "esfleet runs; a run of the suite left it",
    ),
    "half of a person's cluster": (
        replace(READY, clusters=(Found("mine", runs=False, is_suites=False, holder=""),)),
        "mine is there in part; a person made it",
    ),
    "a run that goes on": (
        replace(READY, clusters=(Found("esfleet", runs=True, is_suites=True, holder="a test run (process 7)"),)),
        "in use by a test run",
    ),
    "a clock in the past": (replace(READY, behind=3600.0), "60 minutes behind the newest commit"),
}


@pytest.mark.parametrize("wrong", BAD)
def test_each_trouble_is_told_with_a_cure(wrong: str) -> None:
    facts, words = BAD[wrong]
    (problem,) = check.problems(facts)
    assert words in problem.what
    assert problem.cure


def test_a_ready_runner_has_none() -> None:
    assert check.problems(READY) == []


def test_what_the_set_up_cures_by_itself_is_no_problem_but_is_told() -> None:
    facts = replace(READY, problems=(DOCKER,), engine=State.SILENT)
    assert check.problems(facts) == []
    assert check.cured(facts) == [DOCKER]


def test_a_running_engine_needs_nothing_of_this_process() -> None:
    assert check.problems(replace(READY, lacking=("CAP_SYS_ADMIN",), filesystems=frozenset())) == []


@pytest.mark.parametrize(
    ("bounds", "without"),
    [
        ("000001ffffffffff", ()),
        ("000001fffeffffff", ()),
        ("00000000a80425fb", ("CAP_NET_ADMIN", "CAP_SYS_ADMIN")),
        ("0000000000000000", ("CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SYS_CHROOT", "CAP_SYS_ADMIN", "CAP_MKNOD")),
    ],
    ids=["all", "no SYS_RESOURCE", "docker's default", "none"],
)
def test_capabilities_are_read_from_the_kernels_word(bounds: str, without: tuple[str, ...]) -> None:
    assert lacking(f"Name:\tx\nCapEff:\t{bounds}\nCapBnd:\t{bounds}\n") == without
