"""A fleetd in a process of its own: the real command, on a dummy for systemd."""

import asyncio
import sys

from fleet.daemon import bus, main
from tests.fleet.daemon.machines import DummySystemd


class Bus(DummySystemd):
    @classmethod
    async def connect(cls, _user: bool = False) -> "Bus":
        return cls()

    async def run(self) -> None:
        await asyncio.Event().wait()


main.SystemdBus = Bus  # type: ignore[misc, assignment]
assert bus.SystemdBus
sys.exit(main.main())
