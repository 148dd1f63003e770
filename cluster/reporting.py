"""What a session leaves for people and for CI: its run's report, JUnit XML and summary; and which old runs give way.

All of it is done by the process with the terminal, at the end; where it goes wrong, a line says so and nothing else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from _pytest.junitxml import LogXML, xml_key

from cluster import evidence, history, outcome, report, runs
from cluster import settings as meant
from cluster.checkers import BAD
from cluster.plugin import SITE, TROUBLE
from cluster.settings import Settings
from cluster.workers import SHARED_RUN

STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable in which GitHub Actions names the file of the job's page."""

SHOWN = 5
"""How many of a verdict's complaints the terminal is told; the report has them all."""

JUDGED = re.compile(r"(?P<question>.+): (?P<status>\w+), \d+ observed")
"""How a verdict is told in words; questions may have colons, too."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have JUnit XML written also where nobody asked for it: into the run's folder, which is known at the end."""
    if not hasattr(config, "workerinput"):
        unasked = getattr(config.option, "xmlpath", "") is None
        if unasked:
            config.option.xmlpath = os.devnull
        config.pluginmanager.register(Reporting(config, unasked))


class Reporting:
    """The plugin of the process with the terminal."""

    def __init__(self, config: pytest.Config, unasked: bool) -> None:
        self._config, self._unasked = config, unasked
        self._infra: list[str] = []
        self._broken: list[str] = []
        self._lines: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test of which nothing can be told but the host's trouble."""
        if dict(report.user_properties).get(outcome.VERDICT) == outcome.INFRA:
            self._infra.append(report.nodeid)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Say where JUnit XML goes before it is written; after the cluster is gone, draw and tell what became of it.

        A session whose history is red is red: its tests may all have looked elsewhere.
        """
        run = self._run()
        if run is not None:
            self._broken = [line for path in history.files(run) for line in _against(path)]
        if self._broken and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        self._do("JUnit XML", lambda: self._aim(run))
        result = yield
        if run is not None:
            self._do("report", lambda: self._draw(run))
            self._do("summary", lambda: self._summarize(run))
            self._do("pruning", lambda: runs.prune(self._settings(), self._lines.append, spare=[run]))
        elif trouble := self._config.stash.get(TROUBLE, None):
            self._do("summary", lambda: _to_step_summary(report.unready(trouble)))
        return result

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what the run's history has against it, the host's trouble apart from failures, where everything is."""
        if self._broken:
            terminalreporter.write_sep("=", outcome.HISTORY, red=True)
            for line in self._broken:
                terminalreporter.write_line(line)
        if self._infra:
            terminalreporter.write_sep("=", "infrastructure", yellow=True)
            terminalreporter.write_line(f"{len(self._infra)} of the failures: {outcome.SAYS_NOTHING}")
            for test in self._infra:
                terminalreporter.write_line(f"  {test}")
        for line in self._lines:
            terminalreporter.write_line(line)

    def _do(self, what: str, action: Callable[[], object]) -> None:
        """Do something that must not hide a failure by failing itself."""
        try:
            action()
        except Exception as error:
            self._lines.append(f"{what}: could not be made: {type(error).__name__}: {error}")

    def _settings(self) -> Settings:
        site = self._config.stash.get(SITE, None)
        return meant.load() if site is None else site.cluster.settings

    def _run(self) -> Path | None:
        """Return the folder of the run, where this session had a cluster."""
        site = self._config.stash.get(SITE, None)
        if site is not None:
            return site.run
        name = self._config.stash.get(SHARED_RUN, None)
        run = None if name is None else evidence.run_folder(self._settings(), name)
        return run if run is not None and run.exists() else None

    def _aim(self, run: Path | None) -> None:
        xml = self._config.stash.get(xml_key, None)
        if xml is None:
            return
        if self._unasked and run is None:
            self._config.pluginmanager.unregister(xml)  # else it would say that it has written to nowhere
            del self._config.stash[xml_key]
        if run is not None:
            for line in self._broken:
                _fail(xml, line, run)
            if self._unasked:
                xml.logfile = str(run / "junit.xml")  # first: whatever becomes of the rest, it is written there
            self._lines += [f"JUnit XML: {trouble}" for trouble in _describe(xml, run)]

    def _draw(self, run: Path) -> None:
        troubles: list[str] = []
        self._lines += [f"report: {page}" for page in report.draw_run(run, troubles.append)]
        self._lines += [f"report: could not be made: {trouble}" for trouble in troubles]

    def _summarize(self, run: Path) -> None:
        text = report.summary(run)
        run.mkdir(parents=True, exist_ok=True)
        (run / "summary.md").write_text(text)
        _to_step_summary(text)


def _against(path: Path) -> list[str]:
    """Return what a history has against its run, in words: nobody trusts one that is not whole, or was not judged."""
    try:
        told = history.read(path)
    except (history.HistoryError, OSError, UnicodeError) as error:
        return [f"{path.name} cannot be read: {error}"]
    verdicts = [verdict for verdict in told.of(history.VerdictGiven) if verdict.about is None]
    wrong = [f"{path.name}: {told.cut} lines are not whole"] if told.cut else []
    wrong += [] if verdicts else [f"{path.name} was never judged"]
    return wrong + [_in_words(verdict) for verdict in verdicts if verdict.status in BAD]


def _in_words(verdict: history.VerdictGiven) -> str:
    judged = f"{verdict.question}: {verdict.status}, {verdict.observed} observed"
    return "\n  ".join([judged, *verdict.complaints[:SHOWN]])


def _fail(xml: LogXML, line: str, run: Path) -> None:
    """Have JUnit XML tell it as a failed test: those who read nothing else would take the run for green.

    What is wrong with the history itself leaves unknown what there was to be seen.
    """
    judged = JUDGED.match(line)
    question = judged["question"] if judged else line.partition(": ")[0]
    reporter = xml.node_reporter(f"{outcome.HISTORY}::{question}")
    reporter.add_attribute("classname", outcome.HISTORY)
    reporter.add_attribute("name", question)
    reporter.add_property(outcome.VERDICT, judged["status"] if judged else "unknown")
    kept = list(run.glob(evidence.by_the_history("*")))
    reporter.add_property(outcome.EVIDENCE, str(kept[0] if len(kept) == 1 else run))
    reporter._add_simple("failure", line.splitlines()[0], line)


def _describe(xml: LogXML, run: Path) -> list[str]:
    """Say in JUnit XML which run it was, as properties of the suite; return what histories cannot be read, and why."""
    troubles = []
    xml.add_global_property("run", run.name)
    xml.add_global_property(outcome.EVIDENCE, str(run))
    for path in history.files(run):
        try:
            header = history.read(path).header
        except (history.HistoryError, OSError) as error:
            troubles.append(str(error))
            continue
        xml.add_global_property("cluster", header.cluster)
        xml.add_global_property("report", str(report.page_of(path)))
        if header.seed is not None:
            xml.add_global_property("seed", str(header.seed))
    return troubles


def _to_step_summary(text: str) -> None:
    if path := os.environ.get(STEP_SUMMARY):
        with Path(path).open("a") as page:
            page.write(f"{text}\n")
