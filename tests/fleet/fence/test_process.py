"""fleet-fence as a process, beside commands that only note that they were called."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fleet.fence.alarm import Alarm, hang_up_bell, ring
from fleet.fence.deadline import KILLING, STOPPING, Deadline, DeadlineFile, Marks, boottime

LONG = 3600.0  # seconds: what is to happen later than any test lasts
SOON = 0.3
PROJECT = Path(__file__).resolve().parents[3]

SYSTEMCTL = """#!/bin/sh
# The unit's process is a file that is there.
echo "$(cut -d' ' -f1 /proc/uptime) $*" >>{log}
case $1 in
    show) [ -e {running} ] && state=active || state=inactive; printf 'Id=a.service\\nActiveState=%s\\n' $state;;
    stop) [ -e {stubborn} ] || rm -f {running};;
    kill) rm -f {running};;
esac
"""


class Supervised:
    """A directory of the fence with one unit, and the process that watches over it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.running, self.stubborn = directory / "running", directory / "stubborn"
        self._log, self._bin = directory / "log", directory / "bin"
        (directory / "units").mkdir()
        (directory / "units" / "a.service").touch()
        self._bin.mkdir()
        text = SYSTEMCTL.format(log=self._log, running=self.running, stubborn=self.stubborn)
        for name, body in (("systemctl", text), ("docker", "#!/bin/sh\n")):
            (self._bin / name).write_text(body)
            (self._bin / name).chmod(stat.S_IRWXU)
        self.running.touch()

    def prove(self, stop_in: float, kill_in: float) -> Deadline:
        """What fleetd does after a keep-alive; kill_in: seconds after the stop."""
        ttl = kill_in / (KILLING - STOPPING)
        deadline = Deadline(boottime() + stop_in + (1 - STOPPING) * ttl, ttl, str(self.directory / "units"))
        DeadlineFile(self.directory).write(deadline)
        ring(self.directory)
        return deadline

    @contextmanager
    def watched(self) -> Iterator[subprocess.Popen[str]]:
        environment = {**os.environ, "PATH": f"{self._bin}:{os.environ['PATH']}", "PYTHONPATH": str(PROJECT)}
        command = [sys.executable, "-m", "fleet.fence.main", str(self.directory)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            try:
                wait_for((self.directory / "bell").exists)
                yield process
            finally:
                process.kill()

    def called(self, verb: str) -> list[float]:
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [float(line.split()[0]) for line in lines if line.split()[1] == verb]


def wait_for(probe: Callable[[], bool], within: float = 20.0) -> None:
    end = time.monotonic() + within
    while not probe():
        assert time.monotonic() < end
        os.sched_yield()


@pytest.fixture
def fence(tmp_path: Path) -> Supervised:
    return Supervised(tmp_path)


def test_it_stops_what_nobody_proves_any_more_and_notes_it(fence: Supervised) -> None:
    fence.prove(stop_in=LONG, kill_in=LONG)
    with fence.watched():
        deadline = fence.prove(stop_in=SOON, kill_in=LONG)
        wait_for(lambda: not fence.running.exists())
        assert fence.called("stop")[0] >= deadline.stop_at - 0.02
        assert fence.called("kill") == []
        wait_for(Marks(fence.directory).any)


def test_it_kills_what_does_not_stop(fence: Supervised) -> None:
    fence.stubborn.touch()
    fence.prove(stop_in=LONG, kill_in=LONG)
    with fence.watched():
        deadline = fence.prove(stop_in=SOON, kill_in=SOON)
        wait_for(lambda: not fence.running.exists())
        assert fence.called("kill")[0] >= deadline.kill_at - 0.02


def test_one_that_was_itself_frozen_or_killed_acts_when_it_is_back(fence: Supervised) -> None:
    fence.prove(stop_in=LONG, kill_in=LONG)
    with fence.watched() as process:
        process.send_signal(signal.SIGSTOP)
        deadline = fence.prove(stop_in=SOON, kill_in=SOON)
        wait_for(lambda: boottime() > deadline.expires)
        assert fence.running.exists()
        process.send_signal(signal.SIGCONT)
        wait_for(lambda: not fence.running.exists())
    fence.running.touch()
    with fence.watched():
        wait_for(lambda: not fence.running.exists())


def test_the_alarm_goes_off_at_its_time_or_by_the_bell(tmp_path: Path) -> None:
    assert not ring(tmp_path)
    with hang_up_bell(tmp_path) as bell:
        alarm, now = Alarm(), boottime()
        alarm.wait(now + 0.05, bell)
        assert boottime() >= now + 0.05
        alarm.wait(now, bell)  # past
        for _ in range(500):  # more than a socket holds
            assert ring(tmp_path)
        alarm.wait(now + 3600, bell)
        now = boottime()
        alarm.wait(now + 0.02, bell)  # silent again
        assert boottime() >= now + 0.02
    assert not ring(tmp_path)
