"""fleet-fence: the command. It has no options: what it has to know, fleetd writes into the directory of the fence."""

import ctypes
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

from fleet.fence.alarm import Alarm, hang_up_bell
from fleet.fence.deadline import DIRECTORY, DeadlineFile, Marks, boottime
from fleet.fence.force import Commands
from fleet.fence.supervisor import Supervisor

_PRIORITY = 10  # of SCHED_FIFO: before everything that is not of real time, after the kernel's own threads
_MCL_CURRENT, _MCL_FUTURE = 1, 2


class BoottimeClock:
    """CLOCK_BOOTTIME, and the bell that fleetd rings."""

    def __init__(self, bell: socket.socket) -> None:
        self._bell = bell
        self._alarm = Alarm()

    def now(self) -> float:
        """Seconds since the boot."""
        return boottime()

    def wait(self, at: float) -> None:
        """Return at that time, or when the bell rings."""
        self._alarm.wait(at, self._bell)


def main() -> int:
    """Run until killed; whatever goes wrong ends the process, and systemd starts it again at once."""
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else DIRECTORY
    directory.mkdir(parents=True, exist_ok=True)
    clock = BoottimeClock(hang_up_bell(directory))
    supervisor = Supervisor(DeadlineFile(directory), Marks(directory), Commands(), clock, say)
    for privilege in (never_wait_for_a_processor, never_wait_for_a_page):
        try:
            privilege()
        except OSError as error:
            say(f"not granted, so a busy machine may delay it: {privilege.__name__}: {error}")
    _report_ready()
    while True:
        supervisor.step()


def never_wait_for_a_processor() -> None:
    """Be scheduled before all ordinary processes, as the commands that it executes; at the least, as the nicest."""
    os.setpriority(os.PRIO_PROCESS, 0, -20)
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_PRIORITY))


def never_wait_for_a_page() -> None:
    """Keep all memory of this process from being paged out."""
    if ctypes.CDLL(None, use_errno=True).mlockall(_MCL_CURRENT | _MCL_FUTURE) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def say(text: str) -> None:
    """A line for the journal, unless that is stuck: nothing is waited for."""
    with suppress(OSError):
        os.set_blocking(sys.stdout.fileno(), False)
        os.write(sys.stdout.fileno(), f"{text}\n".encode())


def _report_ready() -> None:
    address = os.environ.pop("NOTIFY_SOCKET", "")  # the commands that are executed are not asked
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            channel.sendall(b"READY=1")


if __name__ == "__main__":
    sys.exit(main())
