"""However a run is killed, and whenever: within a minute nothing of it is left but the images and the evidence."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cluster import dockercli, images, slots
from cluster import settings as meant
from cluster.eventually import eventually, steadily
from cluster.settings import Settings
from kill.remains import reapers
from kill.run import SAID, WAYS, Run

GONE = 60.0
"""Seconds until nothing is left."""

OTHERS = re.compile(r"-kill-[a-z]$")
"""How the evidence of a worker's runs is called."""

COMES = 240.0
"""Seconds until two clusters of two machines are up, while others boot as well."""


@pytest.fixture
def settings(worker_id: str) -> Settings:
    """A cluster of two machines, of which every worker that runs these tests has its own.

    Outside the networks that slots choose from: a second slot of one does not take the place of another's first. What
    evidence goes because there is too much of it is no matter of these tests: these runs remove none.
    """
    number = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    return replace(
        meant.load(),
        name=f"kill-{chr(ord('a') + number)}",
        machines=2,
        subnet=f"10.198.{70 + number}",
        keep_runs=1_000_000,
        keep_megabytes=1_000_000_000,
    )


@pytest.fixture
def kept(settings: Settings) -> Iterator[Callable[[], set[str]]]:
    """Say what stays: the images with their stores, and the evidence of earlier runs and of this one, until the end."""
    known = set(_evidence(settings))

    def look() -> set[str]:
        built = images.read(settings)
        ids = [dockercli.image_id(name) for name in (built.machine, built.elasticsearch)] if built else []
        files = [*_evidence(settings), *(settings.work / "stores").glob("*"), *([settings.images] if built else [])]
        return {*map(str, files), *filter(None, ids)}

    yield look
    for folder in set(_evidence(settings)) - known:
        if folder.name.endswith(f"-{settings.name}"):
            shutil.rmtree(folder, ignore_errors=True)


def _evidence(settings: Settings) -> list[Path]:
    """Return the folders of all runs, but those of the other workers: they are removed when theirs has been judged."""
    runs = (settings.work / "evidence").glob("*/")
    ours = [run for run in runs if run.name.endswith(f"-{settings.name}") or not OTHERS.search(run.name)]
    return [*ours, *(folder for run in ours for folder in run.glob("*/"))]


@pytest.mark.parametrize("workers", [0, 2], ids=["alone", "two workers"])
@pytest.mark.parametrize("moment", SAID)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left_of_a_run_that_was_killed(
    way: str, moment: str, workers: int, settings: Settings, kept: Callable[[], set[str]]
) -> None:
    if slots.allowed_here(settings) < workers:
        pytest.skip(f"this host has not the cores or the memory for {workers} clusters of two machines at once")
    unmade = kept()
    with Run(settings, workers, moment) as run:
        run.await_moment(within=COMES)
        left = run.remains()  # while it tears down, its machines may be gone by now
        assert left
        assert moment == "tear-down" or any(line.startswith("container") for line in left)
        before = kept()
        assert moment != "tear-down" or any(settings.name in new for new in before - unmade), "the run has no evidence"

        WAYS[way](run.process)

        eventually(
            "nothing is left", lambda: not run.remains(), GONE, context=lambda: "\n".join([*run.remains(), run.text()])
        )
        assert run.process.wait(timeout=1) != 0
        assert before <= kept()


def test_what_a_crashed_host_left_is_ended_by_gc(settings: Settings) -> None:
    """The run dies, and those who would tidy up after it: a crash, but for the machines, which go on."""
    with Run(settings, 0, "a test") as run:
        run.await_moment(within=COMES)
        for reaper in reapers(settings):
            reaper.kill()
        run.process.kill()
        steadily("nobody removes it", lambda: bool(run.remains()), during=15)

        gc = [sys.executable, "-m", "cluster.cli", "gc", settings.name]
        subprocess.run(gc, cwd=settings.project, check=True, capture_output=True, timeout=120)
        assert run.remains() == []
