"""What a session leaves: run by pytest itself, over fixtures that write a history and boot nothing."""

from __future__ import annotations

import textwrap
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cluster import reporting
from cluster.sabotage import report

pytest_plugins = ["pytester"]

CONFTEST = """
import pytest
from pathlib import Path
from cluster import history
from cluster.plugin import SITE, TROUBLE
from cluster.settings import Settings

pytest_plugins = ["cluster.plugin", "cluster.workers", "cluster.reporting"]
RUN = Path({folder!r}) / ".cluster/evidence/run"
MADE = Settings(name="trial", project=Path({folder!r}))

class Cluster:
    settings = MADE

class Site:
    cluster, run, told_in = Cluster(), RUN, RUN / "history.jsonl"

    def keep_evidence(self, name, failure):
        return RUN / name.rpartition("::")[2]

@pytest.fixture(scope="session")
def site(request):
    request.config.stash[SITE] = Site()
    header = {{"run": "run", "cluster": "trial", "seed": 7, "machines": {{"core-01": "192.168.57.101"}}}}
    with history.opened(RUN / "history.jsonl", header):
        yield Site()
        history.tell("verdict", question="all is well", status="passed", observed=1)

@pytest.fixture(scope="session")
def not_ready(request):
    request.config.stash[TROUBLE] = "docker is missing"
    pytest.exit("docker is missing", returncode=2)
"""

TESTS = """
import pytest
from cluster.errors import InfraError

@pytest.fixture
def gate(site):
    yield
    raise AssertionError("not handed back")
def test_late(gate): pass
def test_good(site): pass
def test_bad(site): assert 0, "the promise is broken"
def test_host(site): raise InfraError("docker is gone")
def test_blind(site): raise AssertionError("one master: unknown, 0 observed")
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give the run's folder of a session that is still to be run."""
    monkeypatch.delenv(reporting.STEP_SUMMARY, raising=False)
    pytester.makeconftest(CONFTEST.format(folder=str(tmp_path)))
    return tmp_path / ".cluster/evidence/run"


def session(pytester: pytest.Pytester, text: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(text)
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio", *options)


def properties(element: ElementTree.Element) -> dict[str, str]:
    return {one.get("name", ""): one.get("value", "") for one in element.findall("properties/property")}


def test_junit_xml_has_the_verdict_the_evidence_the_cluster_and_the_seed(pytester: pytest.Pytester, run: Path) -> None:
    session(pytester, TESTS).assert_outcomes(passed=2, failed=3, errors=1)
    suite = ElementTree.parse(run / "junit.xml").getroot()[0]
    cases = {case.get("name"): properties(case) for case in suite.iter("testcase")}
    verdicts = {name: case["verdict"] for name, case in cases.items()}
    assert verdicts == {
        "test_good": "passed",
        "test_bad": "failed",
        "test_host": "infra",
        "test_blind": "unknown",
        "test_late": "failed",
    }
    assert {case["cluster"] for case in cases.values()} == {"trial"}
    assert cases["test_bad"]["evidence"] == str(run / "test_bad")
    assert "evidence" not in cases["test_good"]
    told = properties(suite)
    assert (told["run"], told["seed"], told["report"]) == ("run", "7", str(run / "report.html"))


def test_a_failure_names_the_report_and_the_report_is_there(pytester: pytest.Pytester, run: Path) -> None:
    result = session(pytester, TESTS)
    result.stdout.fnmatch_lines(["*the promise is broken*", "again: *", "evidence: *", f"report: {run}/report.html"])
    result.stdout.fnmatch_lines(["infrastructure: *says nothing about the units"])
    assert "the promise is broken" in (run / "report.html").read_text()


def test_the_hosts_trouble_is_told_apart_and_the_session_is_red_all_the_same(
    pytester: pytest.Pytester, run: Path
) -> None:
    result = session(pytester, TESTS, "-k", "host or good")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["*= infrastructure =*", "1 of the failures: *says nothing about the units", "  *::test_host"]
    )
    assert "Infrastructure:" not in (run / "summary.md").read_text()
    assert "| infra test |" in (run / "summary.md").read_text()


@pytest.mark.parametrize(
    ("status", "about", "ret"),
    [
        ("failed", None, 1),
        ("unknown", None, 1),
        ("known", None, 0),
        ("passed", None, 0),
        ("failed", "test_good", 0),
    ],
)
def test_a_session_whose_history_is_red_is_red_whatever_its_tests_say(
    pytester: pytest.Pytester, run: Path, status: str, about: str | None, ret: int
) -> None:
    verdict = {"question": "one master", "status": status, "observed": 3, "complaints": ["two at 5.0"], "about": about}
    tells = f"from cluster import history\ndef test_good(site): history.tell('verdict', **{verdict!r})"
    result = session(pytester, tells)
    assert result.ret == ret
    result.assert_outcomes(passed=1)
    lines = ["*= by the run's history =*", f"one master: {status}, 3 observed", "  two at 5.0"]
    if ret:
        result.stdout.fnmatch_lines(lines)
    else:
        result.stdout.no_fnmatch_line(lines[0])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('path.write_text("nonsense")', "history.jsonl cannot be read: *"),
        ('path.write_text(path.read_text() + "{")', "history.jsonl: 1 lines are not whole"),
        (
            'path.write_text("".join(one for one in path.read_text().splitlines(True) if "well" not in one))',
            "history.jsonl was never judged",
        ),
        ('path.with_name("history-a.jsonl").touch()', "history-a.jsonl cannot be read: *"),
    ],
)
def test_a_session_whose_history_is_not_whole_or_was_not_judged_is_red(
    pytester: pytest.Pytester, run: Path, line: str, why: str
) -> None:
    spoil = f"""
        import pytest
        from cluster.plugin import SITE
        @pytest.fixture(scope="session")
        def spoilt(request):
            yield
            path = request.config.stash[SITE].told_in
            {line}
        def test_good(spoilt, site): pass
    """
    result = session(pytester, textwrap.dedent(spoil))
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*= by the run's history =*", why])


def test_junit_xml_has_what_the_history_says_as_a_failed_test(pytester: pytest.Pytester, run: Path) -> None:
    tells = """
        from cluster import history
        def test_good(site):
            history.tell("verdict", question="one master", status="failed", complaints=["two: a, b"])
    """
    session(pytester, textwrap.dedent(tells))
    [suite] = ElementTree.parse(run / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    [failed] = [case for case in suite.iter("testcase") if case.find("failure") is not None]
    assert (failed.get("classname"), failed.get("name")) == ("by the run's history", "one master")
    assert "two: a, b" in (failed.findtext("failure") or "")
    assert "two: a, b" in report.read(run / "junit.xml")[report.question("one master")].messages[0]


def test_what_the_history_says_has_its_verdict_and_its_evidence_in_junit_xml_too(
    pytester: pytest.Pytester, run: Path
) -> None:
    tells = """
        from cluster import history
        def test_good(site):
            history.tell("verdict", question="none is dirty: refused, yet there", status="failed", complaints=["two"])
            history.tell("verdict", question="one master", status="unknown")
            (site.run / "by-the-history-trial").mkdir()
            (site.run / "history-b.jsonl").touch()
    """
    session(pytester, textwrap.dedent(tells))
    [suite] = ElementTree.parse(run / "junit.xml").getroot()
    told = {case.get("name"): properties(case) for case in suite.iter("testcase") if case.find("failure") is not None}
    assert {name: one["verdict"] for name, one in told.items()} == {
        "none is dirty: refused, yet there": "failed",
        "one master": "unknown",
        "history-b.jsonl cannot be read": "unknown",
    }
    assert {one["evidence"] for one in told.values()} == {str(run / "by-the-history-trial")}


def test_the_history_has_each_test_with_its_end_and_its_reason(pytester: pytest.Pytester, run: Path) -> None:
    session(pytester, TESTS)
    summary = (run / "summary.md").read_text()
    assert "| failed test | ` bad ` | ` AssertionError: the promise is broken ` |" in summary
    assert "| failed test | ` late ` | ` AssertionError: not handed back ` |" in summary
    assert summary.startswith("## Red: 3 failed, 1 infra, 2 passed\n")


def test_a_page_that_cannot_be_drawn_hides_no_failure(
    pytester: pytest.Pytester, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path, _trouble: object) -> list[Path]:
        raise OSError("no space left")

    monkeypatch.setattr(reporting.report, "draw_run", full)
    result = session(pytester, TESTS)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*the promise is broken*", "report: could not be made: OSError: no space left"])
    assert (run / "summary.md").exists()


def test_a_history_that_cannot_be_read_costs_neither_junit_xml_nor_the_other_pages(
    pytester: pytest.Pytester, run: Path
) -> None:
    run.mkdir(parents=True)
    (run / "history-a.jsonl").write_text("{")
    result = session(pytester, TESTS, "-k", "good")
    suite = ElementTree.parse(run / "junit.xml").getroot()[0]
    assert properties(suite)["seed"] == "7"
    assert (run / "report.html").exists()
    result.stdout.fnmatch_lines(["JUnit XML: history-a.jsonl: *", "report: could not be made: history-a.jsonl: *"])


def test_a_session_without_a_cluster_leaves_nothing(
    pytester: pytest.Pytester, run: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(reporting.STEP_SUMMARY, str(tmp_path / "page.md"))
    result = session(pytester, "def test_a(): pass")
    assert result.ret == 0
    assert not run.exists()
    assert not (tmp_path / "page.md").exists()
    result.stdout.no_fnmatch_line("*generated xml*")
    result.stdout.no_fnmatch_line("*could not be made*")


def test_junit_xml_goes_where_it_is_wanted(pytester: pytest.Pytester, run: Path) -> None:
    session(pytester, TESTS, "--junitxml=mine.xml")
    assert not (run / "junit.xml").exists()
    assert 'name="verdict" value="infra"' in (pytester.path / "mine.xml").read_text()


def test_the_jobs_page_on_github_gets_the_summary(
    pytester: pytest.Pytester, run: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# before\n")
    monkeypatch.setenv(reporting.STEP_SUMMARY, str(page))
    session(pytester, TESTS)
    assert page.read_text() == f"# before\n{(run / 'summary.md').read_text()}\n"


def test_a_host_that_is_not_ready_is_infrastructure_on_the_jobs_page_too(
    pytester: pytest.Pytester, run: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    monkeypatch.setenv(reporting.STEP_SUMMARY, str(page))
    assert session(pytester, "def test_a(not_ready): pass").ret == 2
    assert page.read_text().startswith("## Red: infrastructure\n")
    assert "docker is missing" in page.read_text()


def test_old_runs_give_way_and_the_current_one_does_not(
    pytester: pytest.Pytester, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spared: list[list[Path]] = []
    monkeypatch.setattr(reporting.runs, "prune", lambda settings, say, spare: spared.append(spare))
    session(pytester, TESTS)
    assert spared == [[run]]
