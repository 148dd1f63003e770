"""What fleetd asks of systemd. The real one is spoken to over D-Bus (`bus.py`); tests bring a dummy."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol


class SystemdError(Exception):
    """systemd refused; the text is its own."""


class Status(NamedTuple):
    """A unit in systemd's words: LoadState, ActiveState, SubState."""

    load: str
    active: str
    sub: str


class Systemd(Protocol):
    """The manager of this machine's units. Every method may raise SystemdError."""

    def listen(self, listener: Callable[[str], object]) -> None:
        """Call this with the name of a watched unit whenever its state may have changed."""

    async def watch(self, name: str) -> None:
        """Begin to report changes of a unit."""

    async def unwatch(self, name: str) -> None:
        """Stop reporting changes of a unit."""

    async def link(self, path: Path) -> None:
        """Make a unit file known under its name until the next reboot."""

    async def enable(self, path: Path) -> None:
        """Follow the `[Install]` section of a unit file until the next reboot."""

    async def disable(self, name: str) -> None:
        """Take back `link` and `enable`."""

    async def reload(self) -> None:
        """Read all unit files again."""

    async def start(self, name: str, *, wait: bool = False) -> None:
        """Ask for a start; returns when it is under way. With `wait`, return when the unit is active, or has failed."""

    async def stop(self, name: str, *, wait: bool = False) -> None:
        """Ask for a stop; with `wait`, return when it is over, ExecStopPost included."""

    async def stopping(self, name: str) -> str:
        """The job that stops a unit, be it that it waits for other stops; empty if there is none."""

    async def over(self, job: str) -> None:
        """Wait until a job is over."""

    async def restart(self, name: str) -> None:
        """Stop a unit with all that is bound to it, and start them; return when it has stopped, its start under way."""

    async def reset_failed(self, name: str) -> None:
        """Forget that a unit failed."""

    async def status(self, names: Iterable[str]) -> Mapping[str, Status]:
        """The states of these units."""

    async def own_job(self) -> str:
        """The kind of job that systemd is running on fleetd's own unit (`stop`, `restart`); empty if there is none."""
