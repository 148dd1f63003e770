"""One sabotage after another, on a stage that only notes what is done to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from cluster.errors import InfraError
from cluster.sabotage import judge, pytestrun, runner, table
from cluster.sabotage.pytestrun import Ran
from cluster.sabotage.report import Result
from cluster.sabotage.sabotage import Red, Sabotage
from cluster.settings import Settings

ONE = Sabotage("one", "a promise", (), (Red("e2e/test_a.py::test_a", "no master"),), patience=0.5)
TWO = Sabotage("two", "a promise", (), (Red("e2e/test_b.py::test_b", "no plugin"),))
AS_STATED = {
    "e2e/test_a.py::test_a": Result("failed", ("no master",)),
    "e2e/test_b.py::test_b": Result("failed", ("no plugin",)),
}


class Noting:
    def __init__(self, folder: Path) -> None:
        self.settings = Settings(name="trial", project=folder)
        self.told: list[str] = []
        self.refused = ""
        self.unmended = ""

    @property
    def run(self) -> Path:
        return self.settings.work / "evidence" / "2026-01-02-030400-trial"

    @contextmanager
    def broken(self, sabotage: Sabotage) -> Iterator[str]:
        if sabotage.name == self.refused:
            raise InfraError("the edit does not fit\nat all")
        self.told.append(f"break {sabotage.name}")
        yield f"units of {sabotage.name}"
        self.told.append(f"undo {sabotage.name}")

    def mend(self) -> None:
        self.told.append("mend")
        if self.unmended and self.told.count("mend") == 2:
            raise InfraError(self.unmended)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Noting:
    stage = Noting(tmp_path)

    def run(settings: Settings, tests: Sequence[str], units: str, factor: float, output: Path) -> Ran:
        stage.told.append(f"{units}, waits * {factor:g}")
        for cluster in ("trial", "two-trial"):
            second = "0ab".index(tests[0][-1])
            (settings.work / "evidence" / f"2026-01-02-03040{second}-{cluster}").mkdir(parents=True)
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text("what pytest printed")
        return Ran({test: AS_STATED[test] for test in tests}, output)

    monkeypatch.setattr(pytestrun, "run", run)
    return stage


def test_each_is_put_in_force_run_taken_back_and_mended_in_turn(stage: Noting) -> None:
    outcomes = list(runner.outcomes(stage, [ONE, TWO], factor=3))
    assert all(outcome.is_good for outcome in outcomes)
    assert stage.told == [
        "mend", "break one", "units of one, waits * 1.5", "undo one",
        "mend", "break two", "units of two, waits * 3", "undo two",
    ]  # fmt: skip


def test_a_verdict_stands_where_the_cluster_cannot_be_mended_and_nothing_that_is_left_is_tried(stage: Noting) -> None:
    stage.unmended = "core-02 is off"
    one, two, three = runner.outcomes(stage, [ONE, TWO, TWO], factor=1)
    assert one.is_good
    words = "the cluster could not be mended: core-02 is off"
    assert [(f.verdict, f.told) for f in (*two.findings, *three.findings)] == [(judge.BROKEN, words)] * 2
    assert stage.told[-2:] == ["undo one", "mend"]


def test_evidence_of_failures_that_were_wanted_goes_and_that_of_others_stays(
    stage: Noting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(AS_STATED, "e2e/test_b.py::test_b", Result("passed"))
    list(runner.outcomes(stage, [ONE, TWO], factor=1))
    kept = {path.name.removeprefix("2026-01-02-03040") for path in stage.run.parent.rglob("*")}
    assert kept == {"1-two-trial", "2-two-trial", "2-trial", "0-trial", "sabotage-two.txt"}


def test_what_cannot_be_tried_is_told_and_stops_no_other(stage: Noting) -> None:
    stage.refused = "one"
    one, two = runner.outcomes(stage, [ONE, TWO], factor=1)
    assert [(f.verdict, f.told) for f in one.findings] == [(judge.BROKEN, "the edit does not fit")]
    assert two.is_good


@pytest.mark.parametrize(("hung", "words"), [(900.0, "pytest hung for 900 s"), (0.0, "pytest ran no test")])
def test_a_run_without_results_is_no_proof(
    stage: Noting, monkeypatch: pytest.MonkeyPatch, hung: float, words: str
) -> None:
    def run(*_: object) -> Ran:
        return Ran(AS_STATED if hung else {}, Path("out.txt"), hung)

    monkeypatch.setattr(pytestrun, "run", run)
    (one,) = runner.outcomes(stage, [ONE], factor=1)
    assert (one.findings[0].verdict, one.findings[0].told) == (judge.BROKEN, f"{words}; its output: out.txt")


def test_the_last_line_names_what_was_not_as_stated(stage: Noting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(AS_STATED, "e2e/test_b.py::test_b", Result("passed"))
    outcomes = list(runner.outcomes(stage, [ONE, TWO], factor=1))
    assert "1 of 2 sabotages turned exactly their tests red" in table.summary(outcomes)
    assert table.summary(outcomes).endswith("; not: two")
    assert "test_b: the test cannot fail: it is green although this is broken" in "\n".join(table.row(outcomes[1]))
