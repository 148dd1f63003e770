"""Vagrant for the machines' life cycle: python-vagrant, given deadlines, a log and errors that say something."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import vagrant

from cluster import sshconfig
from cluster.errors import InfraError
from cluster.say import Say, silent
from cluster.settings import Settings

TAIL = 20
"""How many last lines of Vagrant's output an error carries."""

CALL = re.compile(r"\s*(?:from )?/\S+\.rb:\d+:in [^:]*$")
"""One of the calls that led to an error of Ruby: there are dozens, after the message, and the log has them."""

TRIES = 5
"""How often a machine that is locked is tried. Two were too few for four clusters that booted at once."""

PASSING = {
    "because it is locked": "vagrant is busy with a machine itself",
    "/fp-leases/": "another vagrant has just given a port back",
    "/machine-index/": "another vagrant has just let go of a machine",
}
"""What Vagrant says when it stumbles over itself or another one, and what that means: the next try finds it over.

It reads the list of leased ports file by file, and fails with ENOENT where one of them goes meanwhile; so it does with
the lock of a machine in its index, which who lets go of it deletes.
"""


class VagrantFailed(InfraError):
    """A vagrant command ended with a status other than 0, or did not end in time."""


class Vagrant:
    """The machines of one cluster, as Vagrant knows them.

    Each call costs 1 to 2 s: so ask it for the life cycle only, and ssh for the rest.
    """

    def __init__(self, settings: Settings, executable: str | None = None, say: Say = silent) -> None:
        self.log = settings.folder / "vagrant.log"
        self.ssh_config_file = settings.folder / "ssh-config"
        self._settings = settings
        self._say = say
        self._driver = _Driver(settings, self.log, executable, say)

    def up(self, machine: str | None = None, within: float = 300) -> None:
        """Create and boot all machines, or one; the ones that run already are left alone.

        Threads of one Vagrant, and Vagrants of several clusters, can trip over its index of machines when the host is
        busy; it says that the machine is locked. Nothing is wrong with the machine: the next try goes on where the
        last one stopped.
        """
        with self._driver.deadline(within):
            for left in reversed(range(TRIES)):
                try:
                    self._driver.up(vm_name=machine)
                    break
                except VagrantFailed as error:
                    why = next((why for said, why in PASSING.items() if said in str(error)), None)
                    if why is None or not left:
                        raise
                    self._say(f"{why}; waiting for it by trying again")
        if machine is None:
            self.ssh_config_file.unlink(missing_ok=True)

    def destroy(self, machine: str | None = None, within: float = 180) -> None:
        """Remove all machines, or one, with all that is on them."""
        with self._driver.deadline(within):
            self._driver.destroy(vm_name=machine)
        if machine is None:
            self.ssh_config_file.unlink(missing_ok=True)

    def status(self, within: float = 60) -> dict[str, str]:
        """Return each machine's state in Vagrant's words: running, stopped, not_created, …."""
        with self._driver.deadline(within):
            return {status.name: status.state for status in self._driver.status()}

    def remember(self, hosts: Iterable[sshconfig.Host]) -> None:
        """Take from somebody who knows it how to reach the machines, instead of asking Vagrant."""
        self.ssh_config_file.write_text(sshconfig.text(hosts))

    def ssh_config(self, within: float = 60) -> dict[str, sshconfig.Host]:
        """Return how to reach each machine; asked once after `up`, then remembered in `ssh_config_file`."""
        if not self.ssh_config_file.exists():
            with self._driver.deadline(within):
                text = self._driver.ssh_config()
            self.ssh_config_file.write_text(text)
        return sshconfig.parse(self.ssh_config_file.read_text())


def environment(settings: Settings) -> dict[str, str]:
    """Return the whole environment of a vagrant command for this cluster.

    Every cluster has its own folder of machine ids, so that two of them share no lock; no plugin and no
    check for a new version costs time.
    """
    return {
        **os.environ,
        **settings.environment,
        "TMPDIR": str(settings.temporary),
        "VAGRANT_CWD": str(settings.project),
        "VAGRANT_DOTFILE_PATH": str(settings.dotfiles),
        "VAGRANT_NO_PLUGINS": "1",
        "VAGRANT_CHECKPOINT_DISABLE": "1",
        "VAGRANT_BOX_UPDATE_CHECK_DISABLE": "1",
        "VAGRANT_NO_COLOR": "1",
    }


class _Driver(vagrant.Vagrant):  # type: ignore[misc]
    """python-vagrant, whose three ways to start a process become one that has a deadline and keeps what was said."""

    def __init__(self, settings: Settings, log: Path, executable: str | None, say: Say) -> None:
        super().__init__(root=str(settings.project), env=environment(settings))
        if executable is not None:
            self._vagrant_exe = executable
        self._log, self._say, self._within, self._until = log, say, 60.0, 0.0

    @contextlib.contextmanager
    def deadline(self, within: float) -> Iterator[None]:
        """Give the commands started inside `within` seconds, all together."""
        self._within, self._until = within, time.monotonic() + within
        yield

    def _call_vagrant_command(self, args: Sequence[str | None]) -> None:
        self._run_vagrant_command(args)

    def _run_vagrant_command(self, args: Sequence[str | None]) -> str:
        command = self._make_vagrant_command(args)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("a+", encoding="utf-8", errors="replace") as log:
            log.write(f"--- {datetime.now(UTC):%FT%TZ} {' '.join(command)}\n")
            log.flush()
            start = log.tell()
            output, status = self._run(command, log)
            if status == 0:
                return output
            said = output.splitlines() + _from(log, start).splitlines()
        reason = f"no end after {self._within:g} s" if status is None else f"status {status}"
        told = [line for line in said if line.strip() and not CALL.match(line)]
        tail = "\n".join(f"  {line}" for line in told[-TAIL:])
        raise VagrantFailed(f"{' '.join(command)}: {reason}\n{tail}\n  whole log: {self._log}")

    def _stream_vagrant_command(self, args: Sequence[str | None]) -> Iterator[str]:
        yield from self._run_vagrant_command(args).splitlines(keepends=True)

    def _run(self, command: list[str], log: IO[str]) -> tuple[str, int | None]:
        """Return what the command printed and its status, or None for one that had to be killed with its children.

        Its standard output is told line by line while it runs; its standard error goes to the log.
        """
        Path(self.env["TMPDIR"]).mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            command,
            cwd=self.root,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        lines: list[str] = []
        with process, _killed_after(process, max(0.0, self._until - time.monotonic())) as late:
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    lines.append(line)
                    log.write(line)
                    log.flush()
                    if line.strip():
                        self._say(line.strip())
            except BaseException:
                _kill(process)
                raise
        return "".join(lines), None if late() else process.returncode


@contextlib.contextmanager
def _killed_after(process: subprocess.Popen[Any], seconds: float) -> Iterator[Callable[[], bool]]:
    """Kill the process and its children when it has not ended in time; gives the question whether that was needed."""
    late = threading.Event()

    def end() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield late.is_set
        process.wait()
    finally:
        timer.cancel()
        timer.join()


def _kill(process: subprocess.Popen[Any]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _from(log: IO[str], start: int) -> str:
    log.flush()
    return Path(log.name).read_bytes()[start:].decode(errors="replace")
