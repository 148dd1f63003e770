"""What each test on a cluster took when it ran last: pytest's cache keeps it, and the order of the files follows it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

KEY = "cluster/durations"
"""Where pytest's cache has the seconds of each test by its id."""

PROPERTY = "cluster"
"""The property of a test's report that names the cluster it ran on."""


class Durations:
    """A plugin for the process with the terminal, which gets the reports of all tests."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Add a phase; not the set-up, which may be the boot and the deployment: every cluster pays these once."""
        if report.when != "setup" and PROPERTY in dict(report.user_properties):
            self._seen[report.nodeid] += report.duration

    def pytest_sessionfinish(self, session: Any) -> None:
        """Write it down."""
        cache = getattr(session.config, "cache", None)
        if cache is not None and self._seen:
            taken = {name: round(seconds, 1) for name, seconds in self._seen.items()}
            cache.set(KEY, remembered(session.config) | taken)


def remembered(config: Any) -> dict[str, float]:
    """Return the seconds of each test that has ever run here."""
    cache = getattr(config, "cache", None)
    return dict(cache.get(KEY, {})) if cache is not None else {}
