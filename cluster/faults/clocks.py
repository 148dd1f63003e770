"""Bad things done to a process's idea of the time: libfaketime tells it another one."""

from __future__ import annotations

from cluster.errors import CommandFailed
from cluster.eventually import eventually
from cluster.faults.fault import Fault
from cluster.faults.order import Order
from cluster.faults.processes import BACK
from cluster.faults.targets import NoSuchTarget
from cluster.machine import Machine

LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime"
"""The folder of Debian's libfaketime on a machine."""

FLEET = "fleet.service"

_FAKE = (f"LD_PRELOAD={LIBRARY}/libfaketime.so.1", "FAKETIME={seconds:+d}", "FAKETIME_DONT_FAKE_MONOTONIC=1")

_CURL = "curl -sS --max-time 5"

_OFF = 5
"""Seconds by which a clock that is right may seem to differ: asking takes its time."""


class SkewedClock(Fault):
    """The clock of fleetd, or of what runs in a node's container, is so many seconds ahead; negative: behind.

    It is restarted for that, and again when it is healed. Its monotonic clock, by which it waits, stays as it is.
    etcd is written in Go, which asks the kernel and not libc for the time: it cannot be told another one.
    """

    def __init__(self, machine: Machine, name: str, *, seconds: int = 60) -> None:
        if name != FLEET and "@" not in name:
            raise NoSuchTarget(f"the clock of {name} cannot be skewed: that of {FLEET} can, and that of main units")
        if abs(seconds) <= 2 * _OFF:
            raise ValueError(f"{seconds} s could not be told from none")
        self.order = Order("clock-skew", f"{machine}/{name}", {"seconds": seconds})
        self._machine, self._name, self._seconds = machine, name, seconds
        self._drop_in = f"/run/systemd/system/{name}.d/90-fault-clock.conf"

    def unavailable(self) -> str | None:
        """Ask a program for the time, with the library and without."""
        told = self._machine.run(f"LD_PRELOAD={LIBRARY}/libfaketime.so.1 FAKETIME=+3600 date +%s && date +%s")
        if told.stderr:
            return f"on {self._machine}: {told.stderr.strip()}"
        fake, real = map(int, told.lines)
        return None if fake - real > 3000 else f"libfaketime on {self._machine} changes no clock"

    def inject(self) -> None:
        """Have it started with the library."""
        words = [word.format(seconds=self._seconds) for word in _FAKE]
        if self._name != FLEET:
            words = [f"--volume={LIBRARY}:{LIBRARY}:ro", *(f"--env={word}" for word in words)]
            words = [f'"DOCKER_OPTS={" ".join(words)}"']
        text = f"[Service]\nEnvironment={' '.join(words)}\n"
        folder = self._drop_in.rpartition("/")[0]
        self._machine.run("sudo mkdir -p %s && printf %%s %s | sudo tee %s >/dev/null", folder, text, self._drop_in)
        self._restart()

    def bites(self) -> None:
        """Ask it for the time."""
        wanted = f"the clock of {self.order.target} is {self._seconds:+d} s off"
        eventually(wanted, lambda: abs(self._skew() - self._seconds) <= _OFF, within=BACK)

    def heal(self) -> None:
        """Have it started without the library, where it is started with it."""
        if self._machine.run("sudo rm %s", self._drop_in, check=False).ok:
            self._restart()

    def healed(self) -> None:
        """Ask it for the time; a unit that has moved is asked no more."""
        if self._machine.run("systemctl cat %s", self._name, check=False).ok:
            eventually(f"the clock of {self.order.target} is right", lambda: abs(self._skew()) <= _OFF, within=BACK)

    def _restart(self) -> None:
        self._machine.run("sudo systemctl daemon-reload && sudo systemctl restart --no-block %s", self._name)

    def _skew(self) -> int:
        """Return by how many seconds its clock is ahead of its machine's; it tells the time by HTTP."""
        if self._name == FLEET:
            head = "-D - -o /dev/null --unix-socket /var/run/fleet.sock http://fleet/fleet/v1/machines"
            asked = f"date +%s -d \"$({_CURL} {head} | sed -n 's/^[Dd]ate: //p')\""
        else:
            asked = f"{_CURL} http://{self._machine.address}:9200/_cat/health?h=epoch"  # a node listens there only
        told = self._machine.run(f'set -e; told=$({asked}); test -n "$told"; echo $told; date +%s').lines
        try:
            return int(told[0]) - int(told[1])
        except ValueError:
            raise CommandFailed(f"{self.order.target} tells no time: {told}") from None
