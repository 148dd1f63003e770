"""One sabotage after another: the cluster mended, the sabotage put in force, tests run, judged, taken back."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cluster.sabotage import pytestrun
from cluster.sabotage.judge import BROKEN, Finding, judge
from cluster.sabotage.pytestrun import Ran
from cluster.sabotage.sabotage import Sabotage
from cluster.sabotage.stage import FAILURES
from cluster.settings import Settings


class OnStage(Protocol):
    """What a run needs of the cluster; the fast tests have one in memory."""

    settings: Settings

    @property
    def run(self) -> Path:
        """Where what a person may want to read is kept."""

    def broken(self, sabotage: Sabotage) -> AbstractContextManager[str]:
        """Have a sabotage in force; gives the folder of its units."""

    def mend(self) -> None:
        """Return when the cluster is as it was after its boot."""


@dataclass(frozen=True)
class Outcome:
    """What one sabotage brought: its findings, and the seconds that it took, the mending before it included."""

    sabotage: Sabotage
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def is_good(self) -> bool:
        """Whether exactly its tests turned red, for the stated reason."""
        return all(finding.is_good for finding in self.findings)


def outcomes(stage: OnStage, sabotages: Iterable[Sabotage], factor: float) -> Iterator[Outcome]:
    """Yield what each sabotage brings, in turn; the waits' limits are multiplied with `factor`.

    Each is told before the cluster is mended for the next: where that fails, nothing that is left can be tried.
    """
    unmended = ""
    for sabotage in sabotages:
        began = time.monotonic()
        unmended = unmended or _mended(stage)
        findings = [_broken(sabotage, unmended)] if unmended else _tried(stage, sabotage, factor)
        yield Outcome(sabotage, tuple(findings), time.monotonic() - began)


def _mended(stage: OnStage) -> str:
    """Mend the cluster; return why it could not be mended, nothing where it could."""
    try:
        stage.mend()
    except FAILURES as error:
        return f"the cluster could not be mended: {_first_line(error)}"
    return ""


def _tried(stage: OnStage, sabotage: Sabotage, factor: float) -> list[Finding]:
    """Return the findings. Evidence of failures that were wanted is removed: the next reader shall find the others."""
    known = _evidence(stage.settings)
    output = stage.run / f"sabotage-{sabotage.name}.txt"
    try:
        with stage.broken(sabotage) as units:
            ran = pytestrun.run(stage.settings, sabotage.tests, units, factor * sabotage.patience, output)
    except FAILURES as error:
        return [_broken(sabotage, _first_line(error))]
    findings = _findings(sabotage, ran)
    if all(finding.is_good for finding in findings):
        for path in [output, output.with_suffix(".xml")]:
            path.unlink(missing_ok=True)
        for folder in _evidence(stage.settings) - known - {stage.run}:
            shutil.rmtree(folder, ignore_errors=True)
    return findings


def _findings(sabotage: Sabotage, ran: Ran) -> list[Finding]:
    if ran.hung or not ran.results:
        why = f"pytest hung for {ran.hung:.0f} s" if ran.hung else "pytest ran no test"
        return [_broken(sabotage, f"{why}; its output: {ran.output}")]
    return judge(sabotage, ran.results)


def _broken(sabotage: Sabotage, why: str) -> Finding:
    return Finding(sabotage.name, BROKEN, why)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _evidence(settings: Settings) -> set[Path]:
    """Return the folders of this cluster's runs: not those of one whose name only ends like its."""
    name = re.compile(rf"\d{{4}}-\d\d-\d\d-\d{{6}}-{re.escape(settings.name)}")
    return {path for path in (settings.work / "evidence").glob("*") if name.fullmatch(path.name)}
