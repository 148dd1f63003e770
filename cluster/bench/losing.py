"""Losing a machine: it is killed, and its instance comes back on another one."""

from __future__ import annotations

import time
from collections.abc import Callable

from cluster import faults
from cluster.bench.figures import ENGINE, ETCD, PLAIN
from cluster.bench.move import REGISTRY, Move, moved, noticed
from cluster.bench.stopwatch import Stopwatch
from cluster.deploy import INSTANCES, main_unit
from cluster.errors import InfraError
from cluster.etcd import Etcd
from cluster.eventually import eventually
from cluster.machine import Machine
from cluster.recorder import Recorder
from cluster.settings import ETCD_MEMBERS
from cluster.site import Site

OFTEN = 0.1
"""Seconds between two looks: what a time that is found by looking is late at most, beside the look itself."""


HANDED_ON = 6
"""How often an office is handed on at most, to have it at a machine that can be lost for the figure."""


class Losing:
    """The losses of a run."""

    def __init__(self, site: Site, watch: Stopwatch) -> None:
        self._site, self._watch, self._cluster = site, watch, site.cluster

    def lose(self, lost: str) -> None:
        """Kill one of LOSSES, and return when it is back and the cluster is healthy; times begin with the command."""
        self._site.gate(f"before the {lost} is killed")
        victim = {PLAIN: self._plain_machine, ENGINE: self._engine_leader, ETCD: self._etcd_leader}[lost]()
        cluster, unit = self._cluster, self._unit_on(victim)
        ids = {row.ip: row.id for row in cluster.fleet.machine_rows()}
        members = list(cluster.settings.addresses.values())[:ETCD_MEMBERS]
        etcd = Etcd([address for address in members if address != victim.address])
        recorder = Recorder([etcd], [REGISTRY])
        began = time.time()
        try:
            with faults.killed(victim):
                self._site.say(f"{victim} is dead: {unit} has to move")
                move = self._moved(recorder, unit, ids[victim.address])
                gone = noticed(recorder.heard(), ids[victim.address])
                new = next(machine for machine in cluster.machines if ids.get(machine.address) == move.machine)
                joined, green = self._joined(new), self._green(new)
        finally:
            recorder.stop()
            etcd.close()
        if gone is None:
            raise InfraError(f"{unit} moved, and fleet never said that {victim} is gone")
        for what, at in (("noticed", gone), ("active elsewhere", move.at), ("joined", joined), ("green", green)):
            self._watch.note(f"{lost} killed: {what}", at - began)
        self._site.gate(f"after the {lost} was killed")

    def _moved(self, recorder: Recorder, unit: str, lost: str) -> Move:
        def look() -> Move | None:
            return moved(recorder.heard(), unit, lost)

        found = eventually(f"{unit} is active elsewhere", look, 60, every=OFTEN, context=self._site.units_text)
        assert found is not None
        return found

    def _joined(self, new: Machine) -> float:
        es, context = self._cluster.es, self._site.units_text
        eventually(f"the node on {new} has joined", lambda: es.knows_master(new), 60, every=OFTEN, context=context)
        return time.time()

    def _green(self, new: Machine) -> float:
        es, context, five = self._cluster.es, self._site.units_text, len(INSTANCES)
        eventually("five nodes are green", lambda: es.health(new).is_green(five), 120, every=OFTEN, context=context)
        return time.time()

    def _unit_on(self, victim: Machine) -> str:
        placed = self._cluster.fleet.placements()
        return next(unit for unit in map(main_unit, INSTANCES) if placed.get(unit) == victim)

    def _hosts(self) -> list[Machine]:
        """Return the machines with a node."""
        placed = self._cluster.fleet.placements()
        return [placed[main_unit(number)] for number in INSTANCES]

    def _plain_machine(self) -> Machine:
        """Return a machine with a node that leads nothing: the last one, which is no member of etcd."""
        cluster = self._cluster
        leaders = {cluster.engine_leader(), cluster.etcd_leader(), cluster.es.master()}
        return max(set(self._hosts()) - leaders, key=lambda machine: machine.name)

    def _engine_leader(self) -> Machine:
        cluster = self._cluster
        return self._leader(cluster.engine_leader, "fleet.service", cluster.etcd_leader)

    def _etcd_leader(self) -> Machine:
        cluster = self._cluster
        return self._leader(cluster.etcd_leader, "etcd2.service", cluster.engine_leader)

    def _leader(self, now: Callable[[], Machine], service: str, other: Callable[[], Machine]) -> Machine:
        """Return who leads; one without a node, or who leads in the other matter too, hands the office on first."""
        for _ in range(HANDED_ON):
            leader = now()
            if leader in self._hosts() and leader != other():
                return leader
            leader.run("sudo systemctl restart %s", service)
            eventually(f"{leader} leads no more", lambda leader=leader: now() != leader, 20)  # type: ignore[misc]
            self._site.gate(f"after the restart of {service}")
        raise InfraError(f"{service} restarted {HANDED_ON} times, and no machine with a node leads there only")
