"""Removes a cluster when the process that made it is gone, however it went.

It runs as a process of its own, in a session of its own, and reads a pipe whose other end the maker holds. The pipe
ends when the maker does, by SIGKILL too: then the reaper does what a tidy end would have done. `keep` in the pipe
sends it home. It removes only what its maker made: who takes the cluster first after the kill clears it away.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import traceback
from datetime import UTC, datetime

from cluster import ownership
from cluster.cluster import Cluster
from cluster.settings import PROJECT, Settings, load

KEEP = "keep\n"

LOG = PROJECT / ".cluster" / "reaper.log"
"""A reaper's last words, where it failed: nobody sees what it prints, and the cluster's folder may be gone."""


class Reaper:
    """The maker's end of the pipe."""

    def __init__(self, settings: Settings, maker: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cluster.reaper", maker],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            cwd=settings.project,
            env={**os.environ, **settings.environment},
        )

    def dismiss(self) -> None:
        """Send it home: the cluster is gone already, or is to be kept."""
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._process.communicate(KEEP, timeout=30)


def main() -> int:
    """Wait for the maker's end, then remove the cluster that the environment names, if it is still the maker's."""
    if sys.stdin.readline() == KEEP:
        return 0
    try:
        _remove(load(), sys.argv[1])
    except Exception:
        with LOG.open("a") as log:
            log.write(f"{datetime.now(UTC):%FT%TZ} {os.environ.get('CLUSTER_NAME')}\n{traceback.format_exc()}")
        return 1
    return 0


def _remove(settings: Settings, maker: str) -> None:
    with ownership.held(settings, ownership.REMOVAL):
        if ownership.maker(settings) == maker:
            Cluster(settings).down()


if __name__ == "__main__":
    sys.exit(main())
