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
from cluster.settings import Settings, load

KEEP = "keep\n"


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
    settings = load()
    try:
        _remove(settings, sys.argv[1])
    except Exception:
        # Nobody sees what it prints, and the cluster's folder may be gone: this is where its last words are found.
        with (settings.work / "reaper.log").open("a") as log:
            log.write(f"{datetime.now(UTC):%FT%TZ} {settings.name}\n{traceback.format_exc()}")
        return 1
    return 0


def _remove(settings: Settings, maker: str) -> None:
    with ownership.held(settings, ownership.REMOVAL):
        if ownership.maker(settings) == maker:
            Cluster(settings).down()


if __name__ == "__main__":
    sys.exit(main())
