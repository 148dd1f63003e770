"""Losing a machine: it is killed, and its instance comes back on another one."""

from __future__ import annotations

import time

from cluster import faults
from cluster.bench.figures import ENGINE, ETCD, PLAIN
from cluster.bench.move import Move, moved, noticed
from cluster.bench.stopwatch import Stopwatch
from cluster.cluster import REGISTRY
from cluster.errors import InfraError
from cluster.etcd import Etcd
from cluster.eventually import eventually
from cluster.label import INSTANCES, LABEL, main_unit
from cluster.leadership import lead_engine, lead_etcd
from cluster.machine import Machine
from cluster.recorder import Recorder
from cluster.site import Site

OFTEN = 0.1
"""Seconds between two looks: what a time that is found by looking is late at most, beside the look itself."""


class Losing:
    """The losses of a run."""

    def __init__(self, site: Site, watch: Stopwatch) -> None:
        self._site, self._watch, self._cluster = site, watch, site.cluster

    def lose(self, lost: str) -> None:
        """Kill one of LOSSES, and return when it is back and the cluster is healthy; times begin with the command."""
        victim = self._victim(lost)
        cluster, unit = self._cluster, self._cluster.fleet.unit_on(victim, f"{LABEL}@")
        ids = {row.ip: row.id for row in cluster.fleet.machine_rows()}
        etcd = Etcd([member.address for member in cluster.members if member != victim])
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

    def _victim(self, lost: str) -> Machine:
        """Return the machine to kill; the offices are handed on first where no machine is that, and has a node."""
        self._site.gate(f"before the {lost} is chosen")
        victim = {PLAIN: self._plain_machine, ENGINE: self._engine_leader, ETCD: self._etcd_leader}[lost]()
        self._site.gate(f"before the {lost} is killed")
        self._be_sure(victim, lost)
        return victim

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
        """Return the machine whose fleetd leads: it has a node, and another one leads etcd."""
        cluster = self._cluster
        if cluster.engine_leader() not in self._hosts():
            lead_engine(cluster, self._plain_machine())
        leader = cluster.engine_leader()
        if cluster.etcd_leader() == leader:
            lead_etcd(cluster, next(member for member in cluster.members if member != leader))
        return leader

    def _etcd_leader(self) -> Machine:
        """Return the machine that leads etcd: it has a node, and the fleetd of another one leads."""
        cluster, leader, engine = self._cluster, self._cluster.etcd_leader(), self._cluster.engine_leader()
        fit = [member for member in cluster.members if member in self._hosts() and member != engine]
        if leader not in fit:
            leader = fit[0]
            lead_etcd(cluster, leader)
        return leader

    def _be_sure(self, victim: Machine, lost: str) -> None:
        """Raise InfraError where the victim leads something else than what it is killed for: an office may move."""
        leaders = {ENGINE: self._cluster.engine_leader(), ETCD: self._cluster.etcd_leader()}
        leads = [office for office, leader in leaders.items() if leader == victim]
        if leads != [lost] * (lost in leaders):
            raise InfraError(f"{victim} was to be killed as the {lost}; it is {' and '.join(leads) or 'no leader'} now")
