"""The units on the cluster, brought there by the README's commands, verbatim."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cluster.checkers import Start
from cluster.es import Node
from cluster.label import LOCK
from cluster.leases import Hold, holds
from cluster.machine import Machine
from cluster.recorder import Recorder
from cluster.release import two_dashes
from cluster.say import Say, silent
from cluster.ssh import CommandResult

# fmt: off
STOP = "fleetctl stop -block-attempts=3 elasticsearch_logging@{1..5}.service"
DESTROY = "fleetctl destroy elasticsearch_logging@.service elasticsearch_logging-discovery@.service elasticsearch_logging-startup_lease@.service elasticsearch_logging@{1..5}.service elasticsearch_logging-discovery@{1..5}.service elasticsearch_logging-startup_lease@{1..5}.service"  # noqa: E501
SUBMIT = "fleetctl submit ./elasticsearch_logging@.service ./elasticsearch_logging-discovery@.service ./elasticsearch_logging-startup_lease@.service"  # noqa: E501
LOAD = "fleetctl load elasticsearch_logging@{1..5}.service elasticsearch_logging-discovery@{1..5}.service elasticsearch_logging-startup_lease@{1..5}.service"  # noqa: E501
START = "fleetctl start elasticsearch_logging@{1..5}.service"
# fmt: on

SEQUENCE = (STOP, DESTROY, SUBMIT, LOAD, START)
"""The README's five commands, in their order."""


@dataclass(frozen=True)
class Deployment:
    """One run of the sequence: what each command did, when it began, and etcd's revision at that time.

    And what came of it: `joined` is when all nodes had joined and were green, `nodes` are those nodes; as long as that
    is not so, it is None and there are none.
    """

    seat: Machine
    results: tuple[CommandResult, ...]
    began: float
    ended: float
    revision: int
    joined: float | None = None
    joined_revision: int | None = None
    nodes: tuple[Node, ...] = ()

    def with_nodes(self, nodes: Sequence[Node], revision: int) -> Deployment:
        """Return the deployment as one whose nodes have all joined, now and at that revision of etcd."""
        return replace(self, nodes=tuple(nodes), joined=time.time(), joined_revision=revision)

    @property
    def took(self) -> float:
        """Seconds from the first command until all nodes had joined; endless as long as they have not."""
        return float("inf") if self.joined is None else self.joined - self.began

    @property
    def starts(self) -> list[Start]:
        """When the nodes' processes began, by Java's own word: the log's first line is up to a second younger."""
        return [Start(node.name, node.address, node.started) for node in self.nodes]

    def holds(self, history: Recorder) -> list[Hold]:
        """Return who held the startup lease from the first command until all had joined."""
        return holds(history.events(LOCK, self.revision, self.joined_revision))

    @property
    def seconds(self) -> float:
        """How long the commands took."""
        return self.ended - self.began

    def of(self, command: str) -> CommandResult:
        """Return what one of the five commands did."""
        return self.results[SEQUENCE.index(command)]


def deploy(seat: Machine, units: str, revision: int, say: Say = silent, *, upstream: bool = False) -> Deployment:
    """Run the five commands in bash on a machine, in its folder `units`, and return what each did.

    On `upstream`'s fleet 1.0 their flags have two dashes, or nothing would be stopped and the status be 0.
    Raises CommandFailed at the first command whose status is not 0.
    """
    began = time.time()
    results = []
    for command in SEQUENCE:
        say(f"{seat}$ {command if len(command) < 100 else command[:97] + '...'}")
        results.append(typed(seat, units, two_dashes(command) if upstream else command))
    return Deployment(seat, tuple(results), began, time.time(), revision)


def typed(seat: Machine, folder: str, command: str, within: float = 120, check: bool = True) -> CommandResult:
    """Run one command as the operator types it: in bash, because of the brace lists, in a folder of the machine."""
    __tracebackhide__ = True
    return seat.run("cd %s && bash -c %s", folder, command, within=within, check=check)
