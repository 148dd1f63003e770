"""pytest on the cluster that is up, in a process of its own: what it shows, and its results."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cluster import ownership
from cluster.sabotage import report
from cluster.sabotage.report import Result
from cluster.settings import Settings

LIMIT = 900.0
"""Seconds after which a run hangs: more than any sabotage takes. A slow host gets more, as its waits do."""

PATIENCE = 20.0
"""Seconds that an interrupted pytest may need for its tidying up."""

WITH_THE_PARENT = ("setpriv", "--pdeathsig", "TERM")
"""Has the kernel end the run when this program is gone, also by SIGKILL: the reaper then gets the cluster to remove."""


@dataclass(frozen=True)
class Ran:
    """One run of pytest: each test's result, and the file with all that it printed."""

    results: Mapping[str, Result]
    output: Path
    hung: float = 0.0
    """After how many seconds it was ended as hung; 0 for one that ended by itself."""


def run(settings: Settings, tests: Sequence[str], units: str, factor: float, output: Path) -> Ran:
    """Run these tests on the running cluster of the settings, which this process holds, and which stays.

    The units of the folder `units` are deployed.

    A process of its own, because a test session deploys once and a plugin's state is pytest's. It dies with this one.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    junit = output.with_suffix(".xml")
    junit.unlink(missing_ok=True)
    with output.open("w") as printed:
        process = subprocess.Popen(
            command(tests, factor, junit),
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            cwd=settings.project,
            env=os.environ | settings.environment | ownership.lent(settings) | {"CLUSTER_UNITS": units},
        )
        limit = LIMIT * max(1.0, factor)
        hung = 0.0 if _ended(process, limit) else limit
    return Ran(report.read(junit) if junit.exists() else {}, output, hung)


def command(tests: Sequence[str], factor: float, junit: Path) -> list[str]:
    """Return pytest's command line. -vv, because pytest cuts messages otherwise, and with them the words looked for."""
    options = ["-vv", "--override-ini=testpaths=e2e", "--override-ini=junit_logging=no", "-p", "no:cacheprovider"]
    ours = ["--cluster-reuse", f"--cluster-timeout-factor={factor:g}", f"--junitxml={junit}"]
    return [*WITH_THE_PARENT, sys.executable, "-m", "pytest", *options, *ours, *tests]


def _ended(process: subprocess.Popen[bytes], limit: float) -> bool:
    """Wait for the process; False for one that had to be ended. However the wait ends, the process has ended then."""
    try:
        process.wait(limit)
        return True
    except subprocess.TimeoutExpired:
        return False
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    for ask in (process.terminate, process.kill):
        if process.poll() is None:
            ask()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
