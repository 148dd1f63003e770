"""Every kind of fault by its name: what it is, what it can be done to, its options, and how one is made of an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cluster.cluster import Cluster
from cluster.errors import InfraError
from cluster.faults import targets
from cluster.faults.clocks import SkewedClock
from cluster.faults.containers import KillContainer
from cluster.faults.disks import DATA, DiskFull
from cluster.faults.fault import Fault
from cluster.faults.files import HideFolder
from cluster.faults.keys import HoldLock
from cluster.faults.leaders import EngineLeaderLoss, EtcdLeaderLoss, EtcdQuorumLoss
from cluster.faults.links import LateLink, SlowLink
from cluster.faults.machines import FreezeMachine, HaltMachines, KillMachine, RebootMachine
from cluster.faults.network import PacketLoss, Partition
from cluster.faults.order import Order, Value, word
from cluster.faults.packets import DIRECTIONS
from cluster.faults.processes import FreezeProcess, KillProcess
from cluster.faults.targets import Targets
from cluster.faults.units import DestroySidekick, StopUnit


class BadOrder(InfraError):
    """There is no such kind, or it has no such option, or the option cannot be that; the message says what there is."""


@dataclass(frozen=True)
class Option:
    """One option of a kind; the first of `choices` is what it is unless given, and draws choose among them."""

    choices: tuple[Value, ...]
    help: str
    closed: bool = True
    """Whether it can be nothing but one of the choices; else, anything of their type."""

    @property
    def default(self) -> Value:
        """What it is unless given."""
        return self.choices[0]

    def of(self, value: Value) -> Value:
        """Return a value, or what was typed for it, as it is meant; raises ValueError for what cannot be."""
        for choice in self.choices:
            if (type(value) is type(choice) and value == choice) or word(choice) == value:
                return choice
        if self.closed:
            raise ValueError(f"one of {', '.join(map(word, self.choices))}")
        if isinstance(self.default, str):
            return str(value)
        try:
            return type(self.default)(value)
        except ValueError:
            raise ValueError("a number") from None


@dataclass(frozen=True)
class Kind:
    """One kind of fault."""

    name: str
    description: str
    targets: Targets
    make: Callable[[Cluster, str, dict[str, Any]], Fault]
    options: Mapping[str, Option] = field(default_factory=dict)
    is_drawn: bool = True
    """Whether a campaign draws it unless told otherwise: not, what only makes sense in a story of its own."""


def _machine(make: Callable[..., Fault]) -> Callable[[Cluster, str, dict[str, Any]], Fault]:
    return lambda cluster, target, options: make(targets.machine(cluster, target), **options)


def _machines(make: Callable[..., Fault]) -> Callable[[Cluster, str, dict[str, Any]], Fault]:
    return lambda cluster, target, options: make(*targets.machines(cluster, target), **options)


def _placed(make: Callable[..., Fault]) -> Callable[[Cluster, str, dict[str, Any]], Fault]:
    return lambda cluster, target, options: make(*targets.place(cluster, target), **options)


def _link(make: Callable[..., Fault]) -> Callable[[Cluster, str, dict[str, Any]], Fault]:
    def made(cluster: Cluster, target: str, options: dict[str, Any]) -> Fault:
        machine = targets.machine(cluster, target)
        return make(machine, targets.others(cluster, [machine])[0], **options)

    return made


def _whole(make: Callable[[Cluster], Fault]) -> Callable[[Cluster, str, dict[str, Any]], Fault]:
    return lambda cluster, _target, _options: make(cluster)


def _partition(cluster: Cluster, target: str, options: dict[str, Any]) -> Fault:
    these, away = targets.machines(cluster, target), options["away_from"]
    strangers = targets.others(cluster, these) if away == "all" else targets.machines(cluster, away)
    return Partition(these, targets.others(cluster, [*these, *strangers]), strangers, **options)


def _lossy(cluster: Cluster, target: str, options: dict[str, Any]) -> Fault:
    machine = targets.machine(cluster, target)
    return PacketLoss(machine, targets.others(cluster, [machine]), **options)


_DIRECTION = Option(DIRECTIONS, "what is lost: what the machine gets, what it sends, or both")

_ALL = [
    Kind(
        "kill-process",
        "SIGKILL for a unit's or a service's processes, or for a program such as java",
        targets.PROCESS,
        _placed(KillProcess),
        {"keep_down": Option((False, True), "a service does not come back before the fault is healed")},
    ),
    Kind(
        "freeze-process",
        "SIGSTOP for a unit's or a service's processes, or for a program such as java",
        targets.PROCESS,
        _placed(FreezeProcess),
    ),
    Kind("kill-container", "`docker kill`", targets.CONTAINER, _placed(KillContainer)),
    Kind("kill-machine", "the machine's power is cut", targets.MACHINE, _machine(KillMachine)),
    Kind("freeze-machine", "none of the machine's processes runs", targets.MACHINE, _machine(FreezeMachine)),
    Kind("halt-machine", "machines switch themselves off, all at once", targets.MACHINES, _machines(HaltMachines)),
    Kind("reboot-machine", "the machine boots anew, its units stopped first", targets.MACHINE, _machine(RebootMachine)),
    Kind(
        "partition",
        "machines are cut off from all others, from some of them, or from one service on them",
        targets.MACHINES,
        _partition,
        {
            "away_from": Option(("all",), "MACHINE[,MACHINE…] that they are cut off from; all: all others", False),
            "direction": _DIRECTION,
            "only": Option(("all", "etcd", "elasticsearch"), "a service, or ports with commas", False),
        },
    ),
    Kind(
        "packet-loss",
        "some of the machine's packets are lost",
        targets.MACHINE,
        _lossy,
        {"percent": Option((30, 5, 60), "how many are lost, in percent", False), "direction": _DIRECTION},
    ),
    Kind(
        "slow-link",
        "what the machine sends to the others passes slowly",
        targets.MACHINE,
        _link(SlowLink),
        {"kilobits": Option((512, 128, 2048), "how many a second", False)},
    ),
    Kind(
        "late-link",
        "what the machine sends to the others arrives late; needs netem in the kernel",
        targets.MACHINE,
        _link(LateLink),
        {"milliseconds": Option((200, 50, 1000), "how late", False)},
    ),
    Kind(
        "disk-full",
        "the volume with the data is full; one that shares the host's disk is changed for a small one first",
        targets.MACHINE,
        _machine(DiskFull),
        {"folder": Option((DATA,), "where the data is", False)},
    ),
    Kind(
        "clock-skew",
        "the clock of fleetd or of a node goes wrong; it is restarted for that; needs libfaketime on the machine",
        targets.CLOCKED,
        _placed(SkewedClock),
        {"seconds": Option((60, -60, 3600), "how many it is ahead", False)},
    ),
    Kind("etcd-leader-loss", "the leader of etcd is killed", targets.ETCD, _whole(EtcdLeaderLoss)),
    Kind("etcd-quorum-loss", "all members of etcd but one are killed", targets.ETCD, _whole(EtcdQuorumLoss)),
    Kind("engine-leader-loss", "the fleetd that places the units is killed", targets.FLEET, _whole(EngineLeaderLoss)),
    Kind(
        "hide-folder",
        "a file stands where a folder was",
        targets.MACHINE,
        _machine(HideFolder),
        {"folder": Option((DATA,), "the folder", False)},
        is_drawn=False,
    ),
    Kind(
        "stop-unit",
        "a unit is told to stop, as an operator does",
        targets.UNIT,
        lambda cluster, unit, _options: StopUnit(cluster.fleet, unit),
        is_drawn=False,
    ),
    Kind(
        "destroy-sidekick",
        "a sidekick, the instance of a template, is destroyed",
        targets.UNIT,
        lambda cluster, unit, options: DestroySidekick(cluster.fleet, unit, **options),
        {"of": Option(("elasticsearch_logging@1.service",), "its main unit", False)},
        is_drawn=False,
    ),
    Kind(
        "hold-lock",
        "somebody holds a lock in etcd",
        targets.KEY,
        lambda cluster, key, options: HoldLock(cluster.etcd, key, **options),
        {"holder": Option(("the operator",), "who says to hold it", False)},
        is_drawn=False,
    ),
]


def kinds() -> dict[str, Kind]:
    """Return every kind by its name."""
    return {kind.name: kind for kind in _ALL}


def complete(order: Order) -> Order:
    """Return the order with all options of its kind, each of its type; raises BadOrder for what cannot be meant."""
    kind = kinds().get(order.kind)
    if kind is None:
        raise BadOrder(f"no kind of fault {order.kind}; there are {', '.join(kinds())}")
    if unknown := sorted(order.options.keys() - kind.options.keys()):
        there = ", ".join(kind.options) or "none"
        raise BadOrder(f"{order.kind} has no option {', '.join(unknown)}; its options: {there}")
    values = {}
    for name, option in kind.options.items():
        try:
            values[name] = option.of(order.options.get(name, option.default))
        except ValueError as error:
            raise BadOrder(f"{order.kind}: {name} is {word(order.options[name])}, wanted is {error}") from None
    return Order(order.kind, order.target, values)


def make(cluster: Cluster, order: Order) -> Fault:
    """Return the fault that an order names, on a cluster. Raises BadOrder, or NoSuchTarget where it has no such target.

    A unit's name is looked up now: the fault's own order names the machine that it was found on.
    """
    meant = complete(order)
    try:
        return kinds()[meant.kind].make(cluster, meant.target, dict(meant.options))
    except ValueError as error:
        raise BadOrder(f"{order}: {error}") from error
