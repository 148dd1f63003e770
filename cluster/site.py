"""What the tests of a session share: one booted cluster, the units on it, and the history of both."""

from __future__ import annotations

from collections.abc import Callable

from elasticsearch import TransportError

from cluster import deploy
from cluster.cluster import ETCD_MEMBERS, Cluster
from cluster.deploy import INSTANCES, Deployment
from cluster.errors import Impossible, InfraError
from cluster.etcd import Etcd
from cluster.eventually import eventually
from cluster.recorder import Recorder
from cluster.settings import Settings

Say = Callable[[str], None]

CANARY = "canary"
"""An index with four copies: without one, green means nothing."""

JOINED = 120.0
"""Seconds that five nodes may need to start one after another and to turn green, on a slow host."""


class Site:
    """A cluster with a memory: its deployments, and what etcd's keys of the units were at any time."""

    def __init__(self, settings: Settings, say: Say) -> None:
        self.cluster = Cluster(settings, say)
        self.say = say
        self.deployments: list[Deployment] = []
        self.is_spoilt = False
        self._recorder: Recorder | None = None
        self._recorded: Etcd | None = None

    def up(self, fresh: bool = True) -> None:
        """Boot the cluster, and record etcd from now on; with `fresh`, one that runs already is made anew."""
        self.cluster.up(fresh)
        self._recorded = Etcd(list(self.cluster.settings.addresses.values())[:ETCD_MEMBERS])
        self._recorder = Recorder(self._recorded, ["/locks/", "/services/"])

    def disconnect(self) -> None:
        """End the recording and all connections; the machines stay as they are."""
        if self._recorder is not None:
            self._recorder.stop()
        if self._recorded is not None:
            self._recorded.close()
        self._recorder = self._recorded = None
        self.cluster.disconnect()

    def down(self) -> None:
        """Destroy the cluster."""
        self.disconnect()
        self.cluster.down()

    @property
    def history(self) -> Recorder:
        """The recorded history of the units' keys in etcd."""
        if self._recorder is None:
            raise InfraError("the cluster is not up: nothing is recorded")
        return self._recorder

    def deploy(self) -> Deployment:
        """Run the README's sequence and return when all five nodes have joined and are green."""
        done = deploy.deploy(self.cluster.machines[0], self.cluster.etcd.revision(), self.say)
        self.deployments.append(done)
        self.say(f"the five commands took {done.seconds:.1f} s; waiting for five nodes")
        self.wait_joined()
        return done

    def deployed(self) -> Deployment:
        """Return the deployment that stands; make it where there is none."""
        if not self.deployments:
            self.deploy()
        return self.deployments[-1]

    def wait_joined(self, within: float = JOINED) -> None:
        """Return when five nodes are in one cluster, every copy of every shard started."""
        __tracebackhide__ = True
        es, nodes = self.cluster.es, len(INSTANCES)
        eventually("five nodes have joined", lambda: es.health().nodes == nodes, within, context=self.units_text)
        eventually("the index canary is there", self._canary, within, context=self.units_text)
        eventually("five nodes are green", lambda: es.health().is_green(nodes), within, context=self.units_text)

    def _canary(self) -> bool:
        """Make the index without which green would mean nothing; a cluster that was up before recovers it instead."""
        try:
            self.cluster.es.any().indices.create(CANARY, body={"settings": {"number_of_shards": 1}})
        except TransportError as error:
            return "IndexAlreadyExists" in str(error)  # or refused, because the state is not recovered yet
        return True

    def trouble(self) -> list[str]:
        """Return what is wrong with machines or nodes; nothing when the next test may begin."""
        troubles = self.cluster.trouble()
        if not troubles and self.deployments:
            health = self.cluster.es.health()
            if not health.is_green(len(INSTANCES)):
                troubles = [f"elasticsearch: {health}", *self.cluster.es.unsettled()]
        return troubles

    def gate(self, when: str, within: float = 60) -> None:
        """Return when all machines are listed and all nodes green; `when` tells the phase in the error."""
        __tracebackhide__ = True
        what = f"a healthy cluster {when}"
        eventually(what, lambda: not self.trouble(), within, context=lambda: "\n".join(self.trouble()))

    def rebuild(self) -> None:
        """Make the cluster anew: for the tests after one that could not hand it back healthy (`is_spoilt`)."""
        self.say("the cluster is not healthy any more: making it anew")
        self.down()
        self.deployments.clear()
        self.up()
        self.is_spoilt = False

    def units_text(self) -> str:
        """Return what fleet says of the main units, and ES of its health: for the message of a failure."""
        rows = [str(row) for row in self.cluster.fleet.units() if "-" not in row.unit.partition("@")[0]]
        return "\n".join([*rows, f"fleet and nodes: {self.trouble() or 'healthy'}"])

    def not_failed(self, unit: str) -> None:
        """Raise Impossible when a unit has failed for good: no wait for it makes sense any more."""
        if self.cluster.fleet.machines_of(unit, "failed"):
            raise Impossible(f"{unit} has failed")
