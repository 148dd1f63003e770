"""systemd over D-Bus. fleetd does not survive the loss of the bus: it ends, is restarted, and adopts its units."""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from dbus_fast import BusType, DBusError, Message, MessageType
from dbus_fast.aio import MessageBus

from fleet.daemon.jobs import Jobs
from fleet.daemon.systemd import Status, SystemdError

log = logging.getLogger(__name__)

_NAME, _ROOT = "org.freedesktop.systemd1", "/org/freedesktop/systemd1"
_MANAGER, _UNIT = f"{_NAME}.Manager", f"{_NAME}.Unit"
_PROPERTIES = "org.freedesktop.DBus.Properties"
QUESTIONS = 100  # that wait for a reply at a time: of a client with more than 128 the message bus takes no more
PATIENCE = 90.0  # seconds for a reply, or for a stop job, which systemd itself gives up after as many by default


class Silent(SystemdError):
    """systemd did not answer in time: nothing is known about what was asked."""


class SystemdBus:
    """The Systemd of this machine."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._listeners: list[Callable[[str], object]] = []
        self._watched: dict[str, str] = {}
        self._jobs = Jobs()
        self._questions = asyncio.Semaphore(QUESTIONS)
        bus.add_message_handler(self._hear)

    @classmethod
    async def connect(cls, user: bool = False) -> "SystemdBus":
        """A connection to the system's systemd, or to that of the user, subscribed to what it reports.

        Raises OSError without a bus.
        """
        kind = BusType.SESSION if user else BusType.SYSTEM
        systemd = cls(await MessageBus(bus_type=kind, bus_address=_address_of_user() if user else None).connect())
        await systemd._match(
            f"type='signal',sender='{_NAME}',path='{_ROOT}',interface='{_MANAGER}',member='JobRemoved'"
        )
        await systemd._match(
            f"type='signal',sender='{_NAME}',path_namespace='{_ROOT}/unit',"
            f"interface='{_PROPERTIES}',member='PropertiesChanged'"
        )
        await systemd._manager("Subscribe")
        return systemd

    async def run(self) -> None:
        """Returns never; raises when the bus is lost."""
        await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
        raise ConnectionError("the connection to systemd's bus is lost")

    def listen(self, listener: Callable[[str], object]) -> None:
        """Call this with the name of a watched unit whenever its state may have changed."""
        self._listeners.append(listener)

    async def watch(self, name: str) -> None:
        """Begin to report changes of a unit."""
        self._watched[unit_path(name)] = name

    async def unwatch(self, name: str) -> None:
        """Stop reporting changes of a unit."""
        self._watched.pop(unit_path(name), None)

    async def link(self, path: Path) -> None:
        """Make a unit file known under its name until the next reboot."""
        await self._manager("LinkUnitFiles", "asbb", [str(path)], True, True)

    async def enable(self, path: Path) -> None:
        """Follow the `[Install]` section of a unit file until the next reboot."""
        await self._manager("EnableUnitFiles", "asbb", [str(path)], True, True)

    async def disable(self, name: str) -> None:
        """Take back `link` and `enable`."""
        await self._manager("DisableUnitFiles", "asb", [name], True)

    async def reload(self) -> None:
        """Read all unit files again."""
        await self._manager("Reload")

    async def start(self, name: str, *, wait: bool = False) -> None:
        """Ask for a start; returns when it is under way. With `wait`, return when the unit is active, or has failed."""
        (job,) = await self._manager("StartUnit", "ss", name, "replace")
        if wait:
            await self.over(job)

    async def stop(self, name: str, *, wait: bool = False) -> None:
        """Ask for a stop; with `wait`, return when it is over, ExecStopPost included."""
        (job,) = await self._manager("StopUnit", "ss", name, "replace")
        if wait:
            await self.over(job)

    async def stopping(self, name: str) -> str:
        """The job that stops a unit, be it that it waits for other stops; empty if there is none."""
        try:
            number, job = await self._property(unit_path(name), _UNIT, "Job")
        except Silent:
            raise
        except SystemdError:
            return ""  # a unit that systemd does not like has no job
        return str(job) if number and await self._type_of(job) == "stop" else ""

    async def over(self, job: str) -> None:
        """Wait until a job is over."""
        with self._jobs.news_of(job) as news:
            if not self._jobs.is_over(job):
                await self._wait(job, news)

    async def restart(self, name: str) -> None:
        """Stop a unit with all that is bound to it, and start them; return when it has stopped, its start under way.

        systemd has one job for both. It becomes that of the start when the stop is over, and then the unit's state
        changes, too. A start may take its time, and is not waited for. Who restarts a unit by hand does so as often as
        he likes: its limit of starts, which is for those that crash, begins anew.
        """
        try:
            await self.reset_failed(name)
        except Silent:
            raise
        except SystemdError as error:
            log.debug("systemd: %s", error)
        (job,) = await self._manager("RestartUnit", "ss", name, "replace")
        with self._jobs.news_of(job, unit_path(name)) as news:
            while not self._jobs.is_over(job) and await self._type_of(job) == "restart":
                await self._wait(job, news)
                news.clear()

    async def reset_failed(self, name: str) -> None:
        """Forget that a unit failed."""
        await self._manager("ResetFailedUnit", "s", name)

    async def status(self, names: Iterable[str]) -> Mapping[str, Status]:
        """The states of these units."""
        wanted = list(names)
        if not wanted:
            return {}
        try:
            (rows,) = await self._manager("ListUnitsByNames", "as", wanted)
        except Silent:
            raise
        except SystemdError as error:
            if len(wanted) == 1:
                log.error("systemd cannot tell the state of %s: %s", wanted[0], error)
                return {}
            # One name that systemd does not like must not hide the others.
            return {name: status for one in wanted for name, status in (await self.status([one])).items()}
        return {row[0]: Status(*row[2:5]) for row in rows}

    async def own_job(self) -> str:
        """The kind of job that systemd is running on fleetd's own unit (`stop`, `restart`); empty if there is none."""
        (unit,) = await self._manager("GetUnitByPID", "u", os.getpid())
        number, job = await self._property(unit, _UNIT, "Job")
        return await self._type_of(job) if number else ""

    async def _wait(self, job: str, news: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await news.wait()
        except TimeoutError as error:
            raise Silent(f"{job}: not over after {PATIENCE:.0f} s") from error

    async def _type_of(self, job: str) -> str:
        """What a job is to do, such as `start`; empty if it is over."""
        try:
            return str(await self._property(job, f"{_NAME}.Job", "JobType"))
        except Silent:
            raise
        except SystemdError:
            return ""

    def _hear(self, message: Message) -> None:
        if message.message_type != MessageType.SIGNAL:
            return
        if message.member == "JobRemoved":
            self._jobs.end(message.body[1])
            return
        self._jobs.hear(message.path or "")
        if name := self._watched.get(message.path or ""):
            for listener in self._listeners:
                listener(name)

    async def _manager(self, member: str, signature: str = "", *body: Any) -> list[Any]:
        return await self._call(_NAME, _ROOT, _MANAGER, member, signature, body)

    async def _property(self, path: str, interface: str, name: str) -> Any:
        (variant,) = await self._call(_NAME, path, _PROPERTIES, "Get", "ss", (interface, name))
        return variant.value

    async def _match(self, rule: str) -> None:
        bus = "org.freedesktop.DBus"
        await self._call(bus, "/org/freedesktop/DBus", bus, "AddMatch", "s", (rule,))

    async def _call(
        self, destination: str, path: str, interface: str, member: str, signature: str, body: Iterable[Any]
    ) -> list[Any]:
        message = Message(
            destination=destination, path=path, interface=interface, member=member, signature=signature, body=list(body)
        )
        try:
            async with self._questions, asyncio.timeout(PATIENCE):
                reply = await self._bus.call(message)
        except TimeoutError as error:
            raise Silent(f"{member}: no reply within {PATIENCE:.0f} s") from error
        except DBusError as error:
            raise SystemdError(error.text) from error
        if reply is None:
            raise SystemdError(f"{member}: no reply")
        if reply.message_type == MessageType.ERROR:
            raise SystemdError(f"{member}: {reply.body[0] if reply.body else reply.error_name}")
        return list(reply.body)


def _address_of_user() -> str:
    return os.environ.get("DBUS_SESSION_BUS_ADDRESS", f"unix:path=/run/user/{os.getuid()}/bus")


def unit_path(name: str) -> str:
    """The object path of a unit: everything but letters and digits, and a leading digit, as `_` and two hex digits."""
    escaped = "".join(
        chr(byte) if chr(byte).isalpha() or (chr(byte).isdigit() and at) else f"_{byte:02x}"
        for at, byte in enumerate(name.encode("ascii"))
    )
    return f"{_ROOT}/unit/{escaped}"
