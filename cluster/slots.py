"""Slots: the clusters that one run may have at once, each with a name and a subnet of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from cluster.eventually import eventually
from cluster.host import engine, needs, net, survey
from cluster.host.engine import State
from cluster.hostlock import HostLock
from cluster.ownership import lock_of, subnet_lock, title
from cluster.say import Say
from cluster.settings import Settings

PATIENCE = 4 * 3600.0
"""Seconds that somebody waits for a slot: longer than any run takes."""


def allowed(machines: int, memory: int, cores: int) -> int:
    """Return how many clusters of so many machines fit into so many MiB and cores: at least one.

    One takes a core, and 4.4 GiB where it has six machines: 576 MiB for each, 1 GiB for the suite and its browser.
    """
    return max(1, min(cores, memory // needs.memory_mib(machines)))


def allowed_here(settings: Settings) -> int:
    """Return how many clusters of this size fit onto this host now; those that run already have taken their part."""
    running = engine.look(settings.name).machines * sum(needs.MACHINE_MEMORY_MIB.values())
    return allowed(settings.machines, survey.memory() + running, len(os.sched_getaffinity(0)))


@contextmanager
def taken(base: Settings, slots: int, by: str, say: Say) -> Iterator[Settings]:
    """Hold the first free slot of so many, and give the settings of its cluster; wait where none is free, and say so.

    The first is the cluster of `base` itself, the others are named after it: esfleet-2 on the last free subnet, as
    the first ones are what people take for their clusters.
    """
    with ExitStack() as stack:
        settings = _free(base, slots, by, stack)
        if settings is None:
            say(f"waiting for one of {slots} slots; {_hindrance(base, slots)}")
            settings = eventually("a slot is free", lambda: _free(base, slots, by, stack), within=PATIENCE, every=1)
            assert settings is not None
        yield settings


def _hindrance(base: Settings, slots: int) -> str:
    """Return why none is free."""
    holders = [lock_of(replace(base, name=name_of(base, number))).holder() for number in range(1, slots + 1)]
    taken = f"they are taken by {', '.join(sorted({*holders} - {''}))}" if any(holders) else ""
    subnets = f"no subnet of {net.CHOICES[0]} to {net.CHOICES[-1]} is free" if not all(holders) else ""
    return "; ".join(filter(None, (taken, subnets)))


def name_of(base: Settings, number: int) -> str:
    """Return the name of the cluster in a slot; they count from 1."""
    return base.name if number == 1 else f"{base.name}-{number}"


def _free(base: Settings, slots: int, by: str, stack: ExitStack) -> Settings | None:
    """Return the settings of the first slot that nobody holds, and hold it until the stack unwinds."""
    for number in range(1, slots + 1):
        candidate = replace(base, name=name_of(base, number), beside=slots - 1)
        lock = lock_of(candidate)
        if not lock.take(title(candidate, by)):
            continue
        with ExitStack() as kept:
            kept.callback(lock.release)
            subnet = _subnet(base, candidate, number, title(candidate, by), kept)
            if subnet is not None:
                stack.push(kept.pop_all())
                return replace(candidate, subnet=subnet)
    return None


def _subnet(base: Settings, candidate: Settings, number: int, who: str, stack: ExitStack) -> str | None:
    """Return a subnet for the slot and hold it; the one that its cluster has already, where it is kept or found."""
    if number == 1:
        _hold(base.subnet, who, stack)
        return base.subnet
    docker = engine.look(candidate.name)
    uses = net.uses(candidate.name, docker.networks, engine_answers=docker.state is State.ANSWERS)
    wanted = (base.subnet, base.default_subnet)
    free = [subnet for subnet in reversed(net.free(uses)) if subnet not in wanted]
    choices = docker.subnets_of(candidate.name) or free
    return next((subnet for subnet in choices if _hold(subnet, who, stack)), None)


def _hold(subnet: str, who: str, stack: ExitStack) -> bool:
    lock: HostLock = subnet_lock(subnet)
    stack.callback(lock.release)
    return lock.take(who)
