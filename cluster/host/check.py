"""From the facts of a host to what stands in a cluster's way, and what cures it; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePath

from cluster.host import needs, net
from cluster.host.engine import State
from cluster.host.survey import Facts
from cluster.settings import ETCD_MEMBERS, Settings

GIB = needs.GIB


class Cure(Enum):
    """What the set-up can do about a problem by itself, in the order in which it does it."""

    INSTALL = "install"
    START = "start docker"
    ALLOW = "allow docker"
    RAISE = "raise the limit of inotify"
    NONE = "nothing"


@dataclass(frozen=True)
class Problem:
    """What is wrong, and how a person puts it right."""

    what: str
    cure: str
    by: Cure = Cure.NONE

    def __str__(self) -> str:
        return f"  - {self.what}\n      cure: {self.cure}"


def problems(facts: Facts, settings: Settings) -> list[Problem]:
    """Return everything that stands in the way, in the order in which it would be put right."""
    return [
        *(*_platform(facts), *_missing(facts), *_engine(facts), *_inotify(facts, settings)),
        *(*_room(facts, settings), *_subnet(facts, settings)),
    ]


def _platform(facts: Facts) -> Iterator[Problem]:
    if facts.kernel != "Linux" or facts.architecture not in ("x86_64", "AMD64"):
        yield Problem(
            f"this is {facts.kernel} on {facts.architecture}: the machines need Linux on x86-64",
            "run it on an x86-64 host with Debian 12",
        )


def _missing(facts: Facts) -> Iterator[Problem]:
    if not facts.missing:
        return
    things = ", ".join(f"{PurePath(need.thing).name} ({need.why})" for need in facts.missing)
    if facts.bare_client:
        things += f"; {facts.bare_client} is a client without an engine"
    names = " ".join(dict.fromkeys(need.packages[-1] for need in facts.missing))
    command = f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {names}"
    if facts.apt:
        yield Problem(f"not installed: {things}", command, Cure.INSTALL)
    else:
        yield Problem(
            f"not installed: {things}", f"install them the way {facts.distribution} does; on Debian 12: {command}"
        )


def _engine(facts: Facts) -> Iterator[Problem]:
    state = facts.engine.state
    if state is State.ELSEWHERE:
        yield Problem(
            "DOCKER_HOST names another machine, which cannot share this project's folder", "unset DOCKER_HOST"
        )
    elif state is State.FORBIDDEN:
        cure = f"sudo usermod -aG docker {facts.user}, then log in again"
        yield Problem(f"no right to docker's socket for {facts.user}", cure, Cure.ALLOW)
    elif state is State.SILENT and not any(need.thing == "dockerd" for need in facts.missing):
        cure = "sudo systemctl start docker" if facts.systemd else "sudo sh -c 'dockerd >/var/log/dockerd.log 2>&1 &'"
        yield Problem("the docker engine does not run", cure, Cure.START)


def inotify_limit(facts: Facts, settings: Settings) -> int:
    """Return what the limit of inotify is raised to: enough for this cluster and all that is there, and well above."""
    return max(needs.INOTIFY_LIMIT, needs.inotify(_machines(facts, settings)))


def _machines(facts: Facts, settings: Settings) -> int:
    """Return how many machines there will be on the host."""
    engine = facts.engine
    return max(engine.all_machines - engine.machines, settings.machines * settings.beside) + settings.machines


def _inotify(facts: Facts, settings: Settings) -> Iterator[Problem]:
    """A machine's systemd that gets no instance of inotify ends at once, with status 255 and without a word."""
    machines = _machines(facts, settings)
    needed = needs.inotify(machines)
    if facts.engine.state is State.ANSWERS and facts.inotify < needed:
        yield Problem(
            f"fs.inotify.max_user_instances is {facts.inotify}: {machines} machines need {needed}",
            f"sudo sysctl -w fs.inotify.max_user_instances={inotify_limit(facts, settings)}",
            Cure.RAISE,
        )


def _room(facts: Facts, settings: Settings) -> Iterator[Problem]:
    """Machines that run already have taken their part."""
    more = max(settings.machines - facts.engine.machines, 0)
    if more == 0:
        return
    needed = needs.memory_mib(more)
    if facts.memory < needed:
        each = sum(needs.MACHINE_MEMORY_MIB.values())
        yield Problem(
            f"memory: {facts.memory / GIB:.1f} GiB available, {needed / GIB:.1f} GiB needed for {more} machines",
            _less(needed - facts.memory, each, settings),
        )
    for disk in facts.disks:
        needed = needs.disk_mib(more, disk.places)
        if disk.free < needed:
            what = ", ".join(place.value for place in disk.places)
            yield Problem(
                f"disk at {disk.at}: {disk.free / GIB:.1f} GiB free, {needed / GIB:.1f} GiB needed for {more} machines "
                f"({what})",
                _less(needed - disk.free, needs.machine_disk_mib(disk.places), settings),
            )


def _less(lacking: int, each: int, settings: Settings) -> str:
    """Say how to get on: more room, or fewer machines where each of them takes some and enough of them are left."""
    fewer = settings.machines - -(-lacking // each) if each else 0
    enough = fewer >= ETCD_MEMBERS
    smaller = f", or boot fewer machines: CLUSTER_MACHINES={fewer} (five instances need five)" if enough else ""
    return f"free another {lacking / GIB:.1f} GiB{smaller}"


def _subnet(facts: Facts, settings: Settings) -> Iterator[Problem]:
    takers = net.takers(settings.subnet, facts.uses)
    if takers:
        free = [subnet for subnet in net.free(facts.uses) if subnet != settings.subnet]
        other = f"={free[0]}" if free else " with the first three numbers of a free network"
        cure = f"take another subnet: CLUSTER_SUBNET{other}"
        yield Problem(f"subnet {settings.subnet}.0/24 is taken by {', '.join(takers)}", cure)
