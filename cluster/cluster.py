"""A cluster's life: up, healthy, down; and the things to look at and act on while it lives."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cluster import host, imageload, images, ownership, release, userdata
from cluster.dockercli import DockerError
from cluster.errors import CommandFailed, InfraError
from cluster.es import Es
from cluster.etcd import Etcd
from cluster.eventually import eventually
from cluster.fleet import Fleet
from cluster.journals import Journals
from cluster.leftovers import Leftovers
from cluster.machine import Machine
from cluster.provider import DockerProvider
from cluster.say import Say, silent
from cluster.settings import ETCD_MEMBERS, Settings
from cluster.ssh import Ssh
from cluster.sshagent import SshAgent
from cluster.sshmaster import Masters
from cluster.vagrant import Vagrant

APPLIER = "user-cloudinit.service"
"""The service on a machine that applies the user-data."""

REGISTRY = "/_coreos.com/fleet/"
"""What the keys of fleet begin with in etcd."""

ENGINE = f"{REGISTRY}leader"
"""The key with the id of the machine whose fleetd places the units."""


@dataclass(frozen=True)
class Boot:
    """How long a boot took, in seconds: Vagrant's part, loading the image where there is no store, and all of it."""

    vagrant: float
    loading: float
    ready: float


class Cluster:
    """The machines of one Vagrant environment, with their etcd, fleet and units."""

    def __init__(self, settings: Settings, say: Say = silent) -> None:
        self.settings = settings
        self.say = say
        self.vagrant = Vagrant(settings, say=self._vagrant_says)
        self.provider = DockerProvider(settings)
        self.boot: Boot | None = None
        """The boot of the machines, had they to be booted."""

    def prepare(self) -> None:
        """Set the host up, build what images are missing, check the user-data; nothing of a cluster is touched."""
        host.prepare(self.settings, self.say)
        userdata.check(self.settings)
        self.images = images.ensure(self.settings, self.say)

    def up(self, maker: str, fresh: bool = False) -> None:
        """Boot the machines and return when all are healthy; `maker` is written down as the cluster's.

        A cluster of this name whose machines all run is taken as it is, unless `fresh` is wanted; what is left of
        another one is removed first.
        """
        if fresh or not self.all_running():
            self.clear()
            ownership.note(self.settings, maker)
            self.settings.journals.mkdir(parents=True, exist_ok=True)
            self.boot = self._boot()
        else:
            self.wait_healthy()
        ownership.note(self.settings, maker)
        self.say(f"{self.settings.machines} machines are up")

    def _boot(self) -> Boot:
        began = time.monotonic()
        self.vagrant.up()
        self.vagrant.remember(self.provider.ssh_hosts())
        came = time.monotonic()
        imageload.load(self.images, self.machines, self.say)
        loaded = time.monotonic()
        self.wait_healthy()
        return Boot(came - began, loaded - came, time.monotonic() - began)

    def wait_healthy(self) -> None:
        """Return when etcd and fleet are healthy on every machine."""
        self.say("waiting for etcd and fleet on every machine")
        eventually("every machine is healthy", self.is_healthy, within=60, context=self.diagnosis)
        if self.settings.release and not self.machines[0].run(release.PRESENT, check=False).ok:
            raise InfraError(f"these machines were made without {release.VARIABLE}: remove them, and they get it")

    def clear(self) -> None:
        """Remove a cluster of this name, or what is left of one."""
        if Leftovers(self.settings).exist():
            self.say(f"removing what is left of {self.settings.name}")
        self.down()

    def down(self) -> None:
        """Destroy the machines and whatever of the cluster docker has; works also on a cluster half made.

        The machines go all at once. Vagrant, which would stop and remove them one after another and look at docker
        five times for each, then finds them gone, and only takes them out of its books.
        """
        self.disconnect()
        leftovers = Leftovers(self.settings)
        leftovers.stop_vagrant()
        leftovers.stop_browsers()
        whole = leftovers.is_whole()
        with contextlib.suppress(DockerError):  # what is being made at this moment is removed below
            leftovers.remove_machines()
        if leftovers.vagrant_knows:
            try:
                self.vagrant.destroy()
            except InfraError as error:
                self.say(f"vagrant destroy failed: {error}")
        leftovers.remove_for_good(late=not whole)

    def disconnect(self) -> None:
        """End the connections to the cluster and the ssh-agent; the next use makes new ones."""
        for name in ("etcd", "es", "ssh", "agent"):
            if thing := self.__dict__.pop(name, None):
                thing.close()
        for name in ("machines", "fleet"):
            self.__dict__.pop(name, None)

    def all_running(self) -> bool:
        """Whether every machine has power."""
        return all(self.provider.is_running(machine) for machine in self.settings.machine_names)

    def trouble(self) -> list[str]:
        """Return what is wrong with the machines, in words; nothing for a healthy cluster."""
        off = [f"{machine} is off" for machine in self.machines if not machine.is_running]
        if off:
            return off
        answering = len(self.etcd.answering())
        members = min(ETCD_MEMBERS, self.settings.machines)
        troubles = [] if answering == members else [f"{answering} of {members} etcd members answer"]
        try:
            listed = self.fleet.machines()
        except (InfraError, CommandFailed) as error:
            return [*troubles, f"fleet does not answer: {error}"]
        return troubles + [f"fleet does not list {machine}" for machine in self.machines if machine not in listed]

    def trouble_text(self) -> str:
        """Return `trouble`, one a line."""
        return "\n".join(self.trouble())

    def diagnosis(self) -> str:
        """Return `trouble`, and what each machine's own systemd complains of: a mistake in user-data shows there."""
        return "\n".join([*self.trouble(), *(line for machine in self.machines for line in failures(machine))])

    def is_healthy(self) -> bool:
        """Whether every machine is on, a member of etcd where it should be, and listed by fleet."""
        return not self.trouble()

    def machine_at(self, address: str) -> Machine:
        """Return the machine with that address."""
        for machine in self.machines:
            if machine.address == address:
                return machine
        raise InfraError(f"no machine has the address {address}")

    def etcd_leader(self) -> Machine:
        """Return the machine with the member of etcd that leads."""
        return self.machine_at(self.etcd.leader())

    def engine_leader(self) -> Machine:
        """Return the machine whose fleetd places the units."""
        elected = self.engine_leader_id()
        rows = {row.id: row.ip for row in self.fleet.machine_rows()}
        if elected not in rows:
            raise InfraError(f"no machine that fleet lists leads its engine: {elected or 'nobody'} does")
        return self.machine_at(rows[elected])

    def engine_leader_id(self) -> str | None:
        """Return fleet's id of the machine whose fleetd leads; None as long as none does."""
        return release.leader(self.members[0].address) if self.settings.release else self.etcd.get(ENGINE)

    @cached_property
    def agent(self) -> SshAgent:
        """The operator's ssh-agent with the machines' key."""
        hosts = self.vagrant.ssh_config()
        return SshAgent(Path(next(iter(hosts.values())).identity))

    @cached_property
    def ssh(self) -> Ssh:
        """The way to the machines."""
        agent, config = self.agent, self.vagrant.ssh_config_file
        return Ssh(config, agent=agent.socket, masters=Masters(config.parent))

    @cached_property
    def machines(self) -> list[Machine]:
        """core-01, core-02, … in order."""
        ssh, addresses = self.ssh, self.settings.addresses
        return [Machine(name, address, ssh, self.provider) for name, address in addresses.items()]

    @property
    def members(self) -> list[Machine]:
        """The machines with a member of etcd; the others only reach it."""
        return self.machines[:ETCD_MEMBERS]

    @cached_property
    def fleet(self) -> Fleet:
        """The fleet, as fleetctl shows it."""
        return Fleet(self.machines)

    @cached_property
    def etcd(self) -> Etcd:
        """The etcd of the cluster."""
        return Etcd(list(self.settings.addresses.values())[:ETCD_MEMBERS])

    @cached_property
    def es(self) -> Es:
        """The Elasticsearch nodes."""
        return Es(self.machines)

    def journals(self) -> Journals:
        """Return the journals of all machines, as they are now."""
        return Journals(self.settings.journals)

    def wait_said(self, unit: str, words: str, since: float, within: float = 30) -> None:
        """Return when a unit has said such words after that time, on whichever machine."""
        __tracebackhide__ = True
        eventually(
            f"{unit} says: {words}",
            lambda: any(words in record.message for record in self.journals().unit(unit, since)),
            within,
            context=lambda: "\n".join(map(str, self.journals().unit(unit, since))),
        )

    def _vagrant_says(self, line: str) -> None:
        if "booted and ready" in line:
            self.say(line.removeprefix("==> "))


def failures(machine: Machine) -> list[str]:
    """Return the failed units of a machine, and the last words of the service that applies user-data, had it failed."""
    if not machine.is_running:
        return []
    try:
        failed = machine.run("systemctl --failed --plain --no-legend", within=10, check=False).lines
    except InfraError as error:
        return [f"{machine}: {error}"]
    lines = [f"{machine}: {line}" for line in failed]
    if any(APPLIER in line for line in failed):
        told = machine.run(f"sudo journalctl --unit {APPLIER} --output cat --lines 10", within=10, check=False).lines
        lines += [f"{machine}: {line}" for line in told]
    return lines
