"""What the tests of a session share: one booted cluster, the units on it, and the history of both."""

from __future__ import annotations

import uuid
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from elasticsearch import TransportError

from cluster import deploy, evidence, faults, history, ownership
from cluster.bounds import Since
from cluster.checkers import KnownIssues, Start, conclude
from cluster.cluster import Cluster
from cluster.deploy import Deployment
from cluster.errors import InfraError
from cluster.es import Es
from cluster.etcd import Etcd
from cluster.eventually import eventually, scaled
from cluster.history import phase
from cluster.label import HOSTS, INSTANCES, LABEL, LOCK, node_name
from cluster.leases import Holder, holder
from cluster.leftovers import Leftovers
from cluster.notours import NotOurs
from cluster.observers import Observers, tell_journals
from cluster.reaper import Reaper
from cluster.recorder import Event, Recorder
from cluster.say import Say
from cluster.settings import ETCD_MEMBERS, Settings, again

CANARY = "canary"
"""An index with four copies: without one, green means nothing."""

JOINED = 120.0
"""Seconds that five nodes may need to start one after another and to turn green, on a slow host."""


class Site:
    """A cluster with a memory: its deployments, and what etcd's keys of the units were at any time."""

    def __init__(self, settings: Settings, say: Say, *, run: str | None = None) -> None:
        """Take the cluster, and the name of the run's folder of evidence, where that is shared with other clusters."""
        self.cluster = Cluster(settings, say)
        self.say = say
        self.deployments: list[Deployment] = []
        self.is_spoilt = False
        self.is_up = False
        self.is_found = False
        """Whether the cluster ran before the session: then it is neither made anew nor removed."""
        self.evidence: dict[str, Path] = {}
        """The folder of each failure, by its name; empty as long as nothing has failed."""
        self.run = evidence.run_folder(settings, run)
        """The folder of this run's evidence; made when there is some."""
        self.told_in: Path | None = None
        """The file of the run's history, once one is written."""
        self._maker = ownership.suite(uuid.uuid4().hex)
        self._reaper: Reaper | None = None
        self._is_over = False
        self._recorder: Recorder | None = None
        self._recorded: list[Etcd] = []
        self._observers: Observers | None = None
        self._undeployed: Exception | None = None

    def prepare(self, reuse: bool = False) -> None:
        """Make the host ready, and be sure that no person's cluster has to give way; raises HostNotReady."""
        self.cluster.prepare()
        settings = self.cluster.settings
        self.is_found = reuse and self.cluster.all_running()
        if not self.is_found and Leftovers(settings).run() and ownership.maker(settings) == ownership.PERSON:
            raise NotOurs(settings)

    def recording(
        self, command: str, seed: int | None = None, *, several: bool = False
    ) -> AbstractContextManager[history.Writer]:
        """Write the run's history inside the block, for whatever is then up and done; `several` clusters have one each.

        It is told who calls, by which command and seed, so that a reader can do the same again.
        """
        settings = self.cluster.settings
        header = {
            "run": self.run.name,
            "cluster": settings.name,
            "command": command,
            "seed": seed,
            "machines": settings.addresses,
            "labels": [LABEL],
            "factor": scaled(1.0),
        }
        self.told_in = history.file_in(self.run, settings.name, several=several)
        return history.opened(self.told_in, header)

    @phase("up")
    def up(self) -> None:
        """Boot a cluster that does not outlive this process, or connect to the found one; and record etcd from now on.

        A failure leaves its evidence before it goes on.
        """
        began = history.now()
        try:
            if self.is_found:
                self.cluster.wait_healthy()
                faults.write_down(self.cluster.settings)  # the cluster outlives whoever breaks it
            else:
                self._reaper = self._reaper or Reaper(self.cluster.settings, self._maker)
                self.cluster.up(self._maker, fresh=True)
            members = list(self.cluster.settings.addresses.values())[:ETCD_MEMBERS]
            self._recorded = [Etcd([member]) for member in members]
            self._recorder = Recorder(self._recorded, ["/locks/", "/services/"])
            self._observers = Observers(self.cluster, found=self.is_found)
        except Exception as error:
            tell_journals(self.cluster.settings, began, found=self.is_found)
            self.keep_evidence(f"boot-{self.cluster.settings.name}", str(error))
            raise
        self.is_up = True

    def end(self, keep: bool) -> None:
        """Remove the cluster, or leave it to the person at the terminal; a found one always stays.

        The reaper of one that is removed stays until `dismiss`, or until this process ends: should that be killed
        meanwhile, it gives back what this process holds.
        """
        name = self.cluster.settings.name
        if keep or self.is_found:
            self.disconnect()
            look, down = again("./toxw -e cluster -- ssh"), again("./toxw -e cluster -- down")
            self.say(f"kept: {name}. Look with `{look}`, end with `{down}`")
            self._is_over = True
            self.dismiss()
        else:
            self.say(f"removing {name}")
            self.down()
            self._is_over = True

    def dismiss(self) -> None:
        """Send the reaper home, where the cluster is removed or is to stay: not where the removal failed."""
        if self._is_over and self._reaper is not None:
            self._reaper.dismiss()
            self._reaper = None

    def disconnect(self) -> None:
        """End the recording and all connections; the machines stay as they are."""
        if self._observers is not None:
            self._observers.stop()
        if self._recorder is not None:
            self._recorder.stop()
        for member in self._recorded:
            member.close()
        self._observers, self._recorder, self._recorded = None, None, []
        self.is_up = False
        faults.write_down(None)
        self.cluster.disconnect()

    @phase("down")
    def down(self) -> None:
        """Destroy the cluster."""
        self.disconnect()
        self.cluster.down()

    def catch_up(self) -> None:
        """Have the history tell what the journals have by now: for who judges in the middle of a run."""
        if self._observers is not None:
            self._observers.catch_up()

    def conclude(self) -> None:
        """End the observation, judge the run by its history, and tell that; where it is red, collect the evidence."""
        if self.told_in is None:
            return
        if self._observers is not None:
            self._observers.stop()
        bad = [verdict for verdict in conclude(self.told_in, KnownIssues.load()) if verdict.is_bad]
        if bad and self.is_up:
            self.keep_evidence(evidence.by_the_history(self.cluster.settings.name), "\n".join(map(repr, bad)))

    def keep_evidence(self, name: str, failure: str) -> Path:
        """Collect the evidence of a failure, once, and return its folder.

        Where the cluster is gone by now, the evidence that was collected last, while it was there, is all there is.
        """
        gone = self.evidence and not self.is_up
        if name not in self.evidence and not gone:
            events: list[Event] = [] if self._recorder is None else self._recorder.heard()
            folder = evidence.folder_of(self.run, name)
            self.evidence[name] = evidence.collect(self.cluster, folder, failure, events)
        return self.evidence.get(name) or list(self.evidence.values())[-1]

    @property
    def history(self) -> Recorder:
        """The recorded history of the units' keys in etcd."""
        if self._recorder is None:
            raise InfraError("the cluster is not up: nothing is recorded")
        return self._recorder

    @phase("deploy")
    def deploy(self) -> Deployment:
        """Run the README's sequence and return when all five nodes have joined and are green.

        Where that fails, the cluster is spoilt: no later test waits for the same again.
        """
        if self.cluster.settings.machines < len(INSTANCES):
            raise InfraError(
                f"{len(INSTANCES)} instances need {len(INSTANCES)} machines, as no two share one; "
                f"CLUSTER_MACHINES is {self.cluster.settings.machines}"
            )
        try:
            seat, units = self.cluster.machines[0], self.cluster.settings.shared_units
            upstream = self.cluster.settings.release is not None
            done = deploy.deploy(seat, units, self.cluster.etcd.revision(), self.say, upstream=upstream)
            self.say(f"the five commands took {done.seconds:.1f} s; waiting for five nodes")
            self.wait_joined()
            done = done.with_nodes(self.cluster.es.nodes(), self.cluster.etcd.revision())
            self.say(f"five nodes {done.took:.1f} s after the first command")
        except Exception as error:
            self._undeployed, self.is_spoilt = error, True
            raise
        self.deployments.append(done)
        return done

    @property
    def is_undeployable(self) -> bool:
        """Whether the last deployment failed."""
        return self._undeployed is not None

    def deployed(self) -> Deployment:
        """Return the deployment that stands; make it where there is none. Raises at once what making it once raised."""
        if self._undeployed is not None:
            raise InfraError("the deployment failed before") from self._undeployed
        if not self.deployments:
            self.deploy()
        return self.deployments[-1]

    def wait_joined(self, within: float = JOINED, es: Es | None = None, nodes: int = len(INSTANCES)) -> None:
        """Return when five nodes are in one cluster, every copy of every shard started; all of that `within` seconds.

        While machines are lost, give the nodes that are to be asked, and how many there will be.
        """
        __tracebackhide__ = True
        es, left = es or self.cluster.es, partial(Since().within, within)
        eventually(f"{nodes} nodes have joined", lambda: es.health().nodes == nodes, left(), context=self.units_text)
        eventually("the index canary is there", lambda: self._canary(es), left(), context=self.units_text)
        eventually(f"{nodes} nodes are green", lambda: es.health().is_green(nodes), left(), context=self.units_text)

    def _canary(self, es: Es) -> bool:
        """Make the index without which green would mean nothing; a cluster that was up before recovers it instead."""
        try:
            es.any().indices.create(CANARY, body={"settings": {"number_of_shards": 1}})
        except TransportError as error:
            return "IndexAlreadyExists" in str(error)  # or refused, because the state is not recovered yet
        return True

    def starting(self) -> Holder:
        """Return who holds the startup lease, once its node is a process; fails while there is none."""
        found = holder(self.cluster.etcd.get(LOCK) or "nobody")
        assert found.start, f"{found} starts no node"
        assert self.cluster.machine_at(found.address).runs("java"), f"the node of {found} is no process yet"
        return found

    def starts(self) -> list[Start]:
        """Return when the processes of the nodes began; all five must be there."""
        nodes = self.cluster.es.nodes()
        assert sorted(node.name for node in nodes) == [node_name(number) for number in INSTANCES]
        return [Start(node.name, node.address, node.started) for node in nodes]

    def trouble(self) -> list[str]:
        """Return what is wrong with machines, nodes or their keys; nothing when the next test may begin."""
        troubles = self.cluster.trouble()
        if not troubles and self.deployments:
            health = self.cluster.es.health()
            if not health.is_green(len(INSTANCES)):
                troubles = [f"elasticsearch: {health}", *self.cluster.es.unsettled()]
            published, lock = self.cluster.etcd.prefix(HOSTS), self.cluster.etcd.get(LOCK)
            if len(published) != len(INSTANCES):
                troubles.append(f"etcd: the published hosts are {', '.join(published) or 'none'}")
            if lock is not None:
                troubles.append(f"etcd: the startup lease is held by {holder(lock)}")
        return troubles

    def gate(self, when: str, within: float = 60) -> None:
        """Return when all machines are listed and all nodes green; `when` tells the phase in the error."""
        __tracebackhide__ = True
        with phase("gate"):
            faults.gate(self, when, within)

    def rebuild(self) -> None:
        """Make the cluster anew: for the tests after one that could not hand it back healthy (`is_spoilt`)."""
        if self.is_found:
            raise InfraError(
                "an earlier test could not hand the cluster back healthy, and a found one is not made anew"
            )
        self.say("the cluster is not healthy any more: making it anew")
        self.down()
        self.deployments.clear()
        self._undeployed, self.is_spoilt = None, False
        self.up()

    def units_text(self) -> str:
        """Return what fleet says of the main units, and ES of its health: for the message of a failure."""
        rows = [str(row) for row in self.cluster.fleet.units() if "-" not in row.unit.partition("@")[0]]
        return "\n".join([*rows, f"fleet and nodes: {self.trouble() or 'healthy'}"])
