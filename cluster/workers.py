"""The suite's side of pytest-xdist: what the workers of a run share, and which tests each of them gets.

A worker has a cluster of its own. It gets whole files, the longest first, so that all end at about the same time.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from cluster import evidence, slots
from cluster import settings as meant
from cluster.durations import Durations, remembered
from cluster.relay import Relay
from cluster.say import Say

GUESS = 1.0
"""Seconds of a test that has never been seen."""

TIMER = pytest.StashKey[tuple[pytest.Item, Any]]()
"""The test whose time runs, and what pytest-timeout was told of it."""

RELAY = pytest.StashKey[Relay]()
SHARED = pytest.StashKey[dict[str, Any]]()

LOCK = pytest.StashKey[threading.RLock]()
"""Who holds it has the terminal to itself."""

SHARED_RUN = pytest.StashKey[str]()
"""The name of the run of which this process's workers are parts."""


@dataclass(frozen=True)
class Worker:
    """What a worker is told of its run."""

    address: str
    """Where what it says is printed."""
    run: str
    """The name of the folder with the evidence of all workers."""
    slots: int
    """How many clusters the host may carry at once."""
    durations: Mapping[str, float]
    name: str


def worker_of(config: pytest.Config) -> Worker | None:
    """Return what this worker was told; None for a process that is no worker."""
    given: dict[str, Any] | None = getattr(config, "workerinput", None)
    return Worker(**given["cluster"], name=given["workerid"]) if given and "cluster" in given else None


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """With -n, hand out whole files, in our order, unless another way is wanted."""
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "loadfile"
        config.option.loadscopereorder = False


def pytest_configure(config: pytest.Config) -> None:
    """Have the process with the terminal note what each test took."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Durations())


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker what it needs to know of its run; the first one brings about what they share."""
    config: pytest.Config = node.config
    if RELAY not in config.stash:
        config.stash[RELAY] = Relay(terminal(config))
        config.stash[SHARED] = _shared(config)
        config.stash[SHARED_RUN] = config.stash[SHARED]["run"]
    shared = config.stash[SHARED]
    node.workerinput["cluster"] = {"address": config.stash[RELAY].address, **shared}


def _shared(config: pytest.Config) -> dict[str, Any]:
    try:
        settings = meant.load()
    except meant.SettingsError as error:
        raise pytest.UsageError(str(error)) from None
    run = evidence.run_folder(settings).name
    return {"run": run, "slots": slots.allowed_here(settings), "durations": remembered(config)}


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> None:
    """Note which test's time runs; that it does is pytest-timeout's to see to."""
    item.config.stash[TIMER] = item, settings


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_timeout_cancel_timer(item: pytest.Item) -> None:
    """Note that it runs no more."""
    if TIMER in item.config.stash:
        del item.config.stash[TIMER]


@contextmanager
def untimed(config: pytest.Config) -> Iterator[None]:
    """Stop the clock of the test that runs, and start it anew afterwards: for a wait that is no fault of the test's."""
    timer = config.stash.get(TIMER, None)
    if timer is None:
        yield
        return
    item, settings = timer
    config.hook.pytest_timeout_cancel_timer(item=item)
    yield
    config.hook.pytest_timeout_set_timer(item=item, settings=settings)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a worker, order the files by what they cost; all workers come to the same order."""
    worker = worker_of(config)
    if worker is None:
        return
    costs: dict[str, float] = defaultdict(float)
    for item in items:
        costs[_file(item.nodeid)] += worker.durations.get(item.nodeid, GUESS)
    items.sort(key=lambda item: (-costs[_file(item.nodeid)], _file(item.nodeid)))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Print what is left to print."""
    if RELAY in config.stash:
        config.stash[RELAY].close()


def terminal(config: pytest.Config) -> Say:
    """Return how to tell the person at the terminal something, past pytest's capturing, from any thread."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    capture = config.pluginmanager.getplugin("capturemanager")
    if reporter is not None and LOCK not in config.stash:
        config.stash[LOCK] = _one_at_a_time(reporter._tw)

    def tell(line: str) -> None:
        if reporter is not None and capture is not None:
            with config.stash[LOCK], capture.global_and_fixture_disabled():
                reporter.ensure_newline()
                if reporter._tw.width_of_current_line:  # the dots of a parallel run
                    reporter.write_line("")
                reporter.write_line(f"  {line}")
                reporter.flush()

    return tell


def _one_at_a_time(writer: Any) -> threading.RLock:
    """Have pytest's own writing wait for who holds the lock: its dots come from another thread than workers' words."""
    lock, write = threading.RLock(), writer.write

    def locked(*args: Any, **more: Any) -> None:
        with lock:
            write(*args, **more)

    writer.write = locked
    return lock


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]
