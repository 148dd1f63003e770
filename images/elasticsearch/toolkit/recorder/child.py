"""The recorder as a child of the discovery, which starts, revives and ends it, and never waits for it."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from pathlib import Path

from toolkit.journal import say
from toolkit.settings import Settings
from toolkit.stopping import Terminated, pause

REVIVED = 10.0
"""Seconds until a recorder that has died is started again."""

PATIENCE = 1.0
"""Seconds that its end is waited for: with a node that answers, it needs some hundredths."""

NICE = 5
"""The discovery comes first, and so does Elasticsearch."""

PAGE = Path("/usr/share/elasticsearch/plugins/marvel/_site/recorded.js")
"""What reads the history. Another Marvel in its place may keep one of its own under the same names."""


class Child:
    """At most one recorder's process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pid: int | None = None
        self._alive: int | None = None
        self._next = 0.0
        self._has_page, self._has_said = PAGE.exists(), False

    def look(self) -> None:
        """Start the recorder where it should run and does not."""
        if self._settings.marvel_recorder == "off" or not self._is_read():
            return
        if self._pid is not None and self._has_ended():
            say("the recorder of Marvel's history has died; it is started again")
            self._next = time.monotonic() + REVIVED
        if self._pid is None and time.monotonic() >= self._next:
            self._start()

    def _is_read(self) -> bool:
        if not self._has_page and not self._has_said:
            say("another Marvel is in the place of the image's own page: nothing is recorded")
            self._has_said = True
        return self._has_page

    def end(self) -> None:
        """Have the recorder end, soon."""
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None
        deadline = time.monotonic() + PATIENCE
        while self._pid is not None and not self._has_ended():
            if time.monotonic() >= deadline:
                os.kill(self._pid, signal.SIGKILL)
                return
            pause(0.02)

    def _start(self) -> None:
        read, write = os.pipe()
        try:
            pid = os.fork()
        except OSError as error:
            say(f"the recorder of Marvel's history cannot be started: {error}")
            os.close(read)
            os.close(write)
            self._next = time.monotonic() + REVIVED
            return
        if pid == 0:
            _become_the_recorder(self._settings, read)
        os.close(read)
        self._pid, self._alive = pid, write

    def _has_ended(self) -> bool:
        assert self._pid is not None
        if os.waitpid(self._pid, os.WNOHANG) == (0, 0):
            return False
        self._pid = None
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None
        return True


def _become_the_recorder(settings: Settings, parent: int) -> None:
    """Never returns: what the discovery has under way is not this process's to end."""
    status = 1
    try:
        # Among them the discovery's connections: as long as one is open here, nobody sees it closed.
        os.closerange(3, parent)
        os.closerange(parent + 1, max(256, parent + 64))
        os.nice(NICE)
        from .recorder import Recorder

        Recorder(settings, Path(settings.marvel_spool), parent).run()
        status = 0
    except Terminated:
        status = 0
    except BaseException:
        traceback.print_exc(file=sys.stderr)
    finally:
        os._exit(status)
