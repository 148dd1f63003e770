"""From the facts of a runner to what would spoil the night, and what cures it; pure."""

from __future__ import annotations

from collections.abc import Iterator

from cluster.host.check import Cure, Problem
from cluster.host.engine import State
from cluster.runner.survey import Facts, Found
from cluster.settings import again

CORES = 2
"""What the suite's time limits were measured on."""

SUBNETS = 2
"""Clusters that a night has at once, at most: the killed runs have one for each of two workers."""

CLOCK = 300.0
"""Seconds by which the clock may be behind the newest commit: its author's clock was not ours."""


def problems(facts: Facts) -> list[Problem]:
    """Return everything that a person has to put right; what the set-up can cure by itself is no problem."""
    host = [problem for problem in facts.problems if problem.by is Cure.NONE or not facts.is_root]
    return [*host, *_cores(facts), *_kernel(facts), *_subnets(facts), *_clusters(facts), *_clock(facts)]


def cured(facts: Facts) -> list[Problem]:
    """Return what the set-up will cure by itself when the first cluster is made."""
    return [problem for problem in facts.problems if problem.by is not Cure.NONE and facts.is_root]


def _cores(facts: Facts) -> Iterator[Problem]:
    if facts.cores < CORES:
        yield Problem(f"cores: {facts.cores}, {CORES} are needed", "give the runner more cores")


def _kernel(facts: Facts) -> Iterator[Problem]:
    if facts.engine is State.ANSWERS:
        return
    if facts.lacking:
        yield Problem(
            f"docker does not run, and root could not start it: this machine lacks {', '.join(facts.lacking)}",
            "the runner is itself in a container: run that one with --privileged, or take a machine",
        )
    if "overlay" not in facts.filesystems:
        yield Problem("the kernel has no overlay file system, which docker needs", "sudo modprobe overlay")


def _subnets(facts: Facts) -> Iterator[Problem]:
    if len(facts.free_subnets) < SUBNETS:
        free = ", ".join(facts.free_subnets) or "none"
        yield Problem(
            f"of the subnets 192.168.57 to 63, {free} is free; {SUBNETS} are needed",
            "remove what uses them: docker network ls, ip route",
        )


def _clusters(facts: Facts) -> Iterator[Problem]:
    for found in facts.clusters:
        if found.holder:
            yield Problem(f"the cluster {found.name} is in use by {found.holder}", "let that end, or end it")
        else:
            yield Problem(_left(found), again(f"./toxw -e cluster -- gc {found.name}"))


def _left(found: Found) -> str:
    state = "runs" if found.runs else "is there in part"
    return (
        f"the cluster {found.name} {state}; {'a run of the suite left it' if found.is_suites else 'a person made it'}"
    )


def _clock(facts: Facts) -> Iterator[Problem]:
    if facts.behind > CLOCK:
        yield Problem(
            f"the clock is {facts.behind / 60:.0f} minutes behind the newest commit: certificates and the names of "
            "results go by it",
            "sudo timedatectl set-ntp true",
        )
