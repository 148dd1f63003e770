"""One run of a benchmark: a cluster is made, deployed, watched, broken and removed, and each step timed."""

from __future__ import annotations

import time
from collections.abc import Sequence

from cluster import deploy, host, images
from cluster.bench import idling, recording, watching
from cluster.bench.figures import LOSSES, PHASES, VERBS
from cluster.bench.losing import OFTEN, Losing
from cluster.bench.scale import Scale
from cluster.bench.stopwatch import Stopwatch
from cluster.browser import Browser
from cluster.cluster import Cluster
from cluster.errors import InfraError
from cluster.eventually import eventually
from cluster.images.elasticsearch import NAME
from cluster.label import INSTANCES
from cluster.machine import Machine
from cluster.site import Site

STORE = "image-store.service"
BUSY = "systemctl show --value --property=InactiveExitTimestampMonotonic --property=ActiveEnterTimestampMonotonic %s"
PRESENT = "sudo docker image inspect --format present %s"


class Run:
    """The phases of one run on a site that nobody else uses."""

    def __init__(self, site: Site, watch: Stopwatch) -> None:
        self._site, self._watch = site, watch

    @property
    def _cluster(self) -> Cluster:
        return self._site.cluster

    def go(self, phases: Sequence[str]) -> None:
        """Measure the phases; those that a later one needs are measured with it. The cluster is gone afterwards."""
        self._site.prepare()
        last = max((PHASES.index(phase) for phase in phases), default=-1)
        chosen = [phase for phase in PHASES[: last + 1] if phase in phases or phase in ("up", "deploy")]
        try:
            for phase in chosen:
                getattr(self, f"_{phase}")()
        finally:
            self._site.end(keep=False)

    def _host(self) -> None:
        with self._watch.timing("host set-up, warm"):
            host.prepare(self._cluster.settings, self._site.say)

    def _images(self) -> None:
        with self._watch.timing("images, nothing to do"):
            images.ensure(self._cluster.settings, self._site.say)

    def _up(self) -> None:
        self._site.up()
        boot = self._cluster.boot
        if boot is None:
            raise InfraError("the machines ran already: their boot was not seen")
        self._watch.note("vagrant up", boot.vagrant)
        self._watch.note("machines up and fleet ready", boot.ready)
        stores = [_seconds_of(machine, STORE) for machine in self._cluster.machines]
        self._watch.note("Elasticsearch image on the slowest machine", boot.loading + max(stores))
        for machine in self._cluster.machines:
            machine.run(PRESENT, NAME)

    def _scale(self) -> None:
        Scale(self._site, self._watch).measure()

    def _deploy(self) -> None:
        seat, settings = self._cluster.machines[0], self._cluster.settings
        done = deploy.deploy(seat, settings.shared_units, self._cluster.etcd.revision(), self._site.say)
        started = done.ended - done.results[-1].took
        joined = self._joining(started)
        self._site.wait_joined()
        green = time.time() - started
        for verb, result in zip(VERBS, done.results, strict=True):
            self._watch.note(f"fleetctl {verb}", result.took)
        self._watch.note("the five commands", done.seconds)
        for number, seconds in zip(INSTANCES, joined, strict=True):
            self._watch.note(f"node {number} joined, after fleetctl start", seconds)
        self._watch.note("five nodes green, after fleetctl start", green)

    def _joining(self, since: float) -> list[float]:
        """Return when so many nodes knew a master; the first ones know it together, when they are a quorum."""
        joined: list[float] = []

        def all_joined() -> bool:
            know = sum(self._cluster.es.knows_master(machine) for machine in self._cluster.machines)
            joined.extend([time.time() - since] * (know - len(joined)))
            return know == len(INSTANCES)

        eventually("five nodes have joined", all_joined, 120, every=OFTEN, context=self._site.units_text)
        return joined

    def _idle(self) -> None:
        self._site.say(f"fleetd is watched for {idling.WATCHED} s")
        costs = idling.costs(self._cluster.machines)
        self._watch.note("fleetd's memory, most of a machine", max(cost.memory for cost in costs))
        self._watch.note("fleetd's CPU, mean of the machines", sum(cost.cpu for cost in costs) / len(costs))
        self._site.say(f"Marvel's recorder is watched for {idling.WATCHED} s")
        recorders = recording.costs(self._cluster.es.accepting())
        self._watch.note("Marvel's recorder's memory, most of a machine", max(cost.memory for cost in recorders))
        share = sum(cost.cpu for cost in recorders) / len(recorders)
        self._watch.note("Marvel's recorder's CPU, mean of the machines", share)

    def _marvel(self) -> None:
        machines = watching.nodes(self._cluster.machines)
        minutes = len(watching.ASKING) * watching.SLICE / 60
        self._site.say(f"five nodes are watched for {minutes:.0f} min, Marvel's page open, and paused for half of them")
        with Browser(folder=self._cluster.settings.browser) as browser:
            page = watching.loaded(browser, machines[0])
            quiet, added = watching.added(browser, machines)
        self._watch.note("Marvel's page, unpacked", page.bytes)
        self._watch.note("Marvel's page, as it is sent", page.sent)
        self._watch.note("Marvel's first verdict, after the address was entered", page.verdict)
        self._watch.note("five nodes' CPU, unwatched", quiet)
        self._watch.note("what an open page adds to it", added)

    def _loss(self) -> None:
        losing = Losing(self._site, self._watch)
        for lost in LOSSES:
            losing.lose(lost)

    def _down(self) -> None:
        with self._watch.timing("tear-down"):
            self._site.down()


def _seconds_of(machine: Machine, service: str) -> float:
    """Return how long a service took to become active, as systemd-analyze tells it; 0 if it had nothing to do."""
    began, ended = (int(line) for line in machine.run(BUSY, service).lines)
    return max(0, ended - began) / 1e6
