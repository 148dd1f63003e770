"""A cluster's life: up, healthy, down; and the things to look at and act on while it lives."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from cluster import host, images
from cluster.errors import InfraError
from cluster.es import Es
from cluster.etcd import Etcd
from cluster.eventually import eventually
from cluster.fleet import Fleet
from cluster.journals import Journals
from cluster.leftovers import Leftovers
from cluster.machine import Machine
from cluster.provider import DockerProvider
from cluster.settings import Settings
from cluster.ssh import Ssh
from cluster.sshagent import SshAgent
from cluster.vagrant import Vagrant

Say = Callable[[str], None]

ETCD_MEMBERS = 3
"""The first machines are etcd's members, the others reach it through a gateway of their own."""


class Cluster:
    """The machines of one Vagrant environment, with their etcd, fleet and units."""

    def __init__(self, settings: Settings, say: Say = lambda _: None) -> None:
        self.settings = settings
        self.say = say
        self.vagrant = Vagrant(settings, say=self._vagrant_says)
        self.provider = DockerProvider(settings)

    def up(self, fresh: bool = False) -> None:
        """Set the host up, build what images are missing, boot the machines, and return when all are healthy.

        A cluster of this name whose machines all run is taken as it is, unless `fresh` is wanted; what is left of
        another one is removed first.
        """
        host.prepare(self.settings, self.say)
        images.ensure(self.settings, self.say)
        if fresh or not self.all_running():
            self.clear()
            shutil.rmtree(self.settings.journals, ignore_errors=True)
            self.settings.journals.mkdir(parents=True)
            self.vagrant.up()
        self.say("waiting for etcd and fleet on every machine")
        eventually("every machine is healthy", self.is_healthy, within=60, context=self.trouble_text)
        self.say(f"{self.settings.machines} machines are up")

    def clear(self) -> None:
        """Remove a cluster of this name, or what is left of one."""
        if Leftovers(self.settings).exist():
            self.say(f"removing what is left of {self.settings.name}")
            self.down()

    def down(self) -> None:
        """Destroy the machines, then whatever of the cluster docker still has; works also on a cluster half made."""
        self.disconnect()
        leftovers = Leftovers(self.settings)
        leftovers.stop_vagrant()
        leftovers.kill()
        if self.settings.dotfiles.exists() and leftovers.containers():
            try:
                self.vagrant.destroy()
            except InfraError as error:
                self.say(f"vagrant destroy failed, removing by label: {error}")
        leftovers.remove()

    def disconnect(self) -> None:
        """End the connections to the cluster and the ssh-agent; the next use makes new ones."""
        for name in ("etcd", "es", "agent"):
            if thing := self.__dict__.pop(name, None):
                thing.close()
        for name in ("ssh", "machines", "fleet"):
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
        listed = self.fleet.machines()
        return troubles + [f"fleet does not list {machine}" for machine in self.machines if machine not in listed]

    def trouble_text(self) -> str:
        """Return `trouble`, one a line."""
        return "\n".join(self.trouble())

    def is_healthy(self) -> bool:
        """Whether every machine is on, a member of etcd where it should be, and listed by fleet."""
        return not self.trouble()

    @cached_property
    def agent(self) -> SshAgent:
        """The operator's ssh-agent with the machines' key."""
        hosts = self.vagrant.ssh_config()
        return SshAgent(Path(next(iter(hosts.values())).identity))

    @cached_property
    def ssh(self) -> Ssh:
        """The way to the machines."""
        agent = self.agent
        return Ssh(self.vagrant.ssh_config_file, agent=agent.socket)

    @cached_property
    def machines(self) -> list[Machine]:
        """core-01, core-02, … in order."""
        ssh, addresses = self.ssh, self.settings.addresses
        return [Machine(name, address, ssh, self.provider) for name, address in addresses.items()]

    def machine(self, name: str) -> Machine:
        """Return a machine by its name."""
        return next(machine for machine in self.machines if machine.name == name)

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

    def _vagrant_says(self, line: str) -> None:
        if "booted and ready" in line:
            self.say(line.removeprefix("==> "))
