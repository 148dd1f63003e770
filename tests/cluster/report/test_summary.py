"""The summary of a run, and the commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cluster import cli
from cluster.errors import InfraError
from cluster.report import summary
from cluster.report.command import newest
from cluster.report.summary import code
from tests.cluster.report.sample import TEST, Sample, red_night


def test_the_first_failure_its_reason_and_what_was_at_work_are_told(tmp_path: Path) -> None:
    red_night().write(tmp_path)
    text = summary(tmp_path)
    assert text.startswith("## Red: 2 failed, 1 unknown, 5 passed under 1 fault\n")
    assert "**First failure:** ` acknowledged documents lost ` during ` kill-machine core-03 `" in text
    assert "- ` document d233 was acknowledged, and is on no copy `" in text
    assert f"| 92.0 | ` {TEST} ` |" in text
    assert str(tmp_path) in text


def test_a_green_run_is_short(tmp_path: Path) -> None:
    told = Sample()
    told.test(1, 5)
    told.write(tmp_path)
    text = summary(tmp_path)
    assert text.startswith("## Green: All 1 checks and tests passed\n")
    assert "First failure" not in text


def test_a_folder_without_a_history_and_one_with_a_broken_one_say_so(tmp_path: Path) -> None:
    assert "no history" in summary(tmp_path)
    (tmp_path / "history.jsonl").write_text("{")
    assert "## Unknown" in summary(tmp_path)


@pytest.mark.parametrize("text", ["a`b", "``", "a|b", "<b>bold</b>\n# title", "`" * 5])
def test_what_a_cluster_wrote_stays_in_its_code_span(text: str) -> None:
    span = code(text)
    fence = span[: len(span) - len(span.lstrip("`"))]
    assert span.endswith(f" {fence}")
    assert fence not in span[len(fence) : -len(fence)]
    assert "\n" not in span
    assert "|" not in span.replace(r"\|", "")


def test_the_commands_draw_and_tell(tmp_path: Path) -> None:
    red_night().write(tmp_path)
    drawn = CliRunner().invoke(cli.app, ["report", str(tmp_path)])
    assert drawn.output == f"{tmp_path / 'report.html'}\n"
    assert (tmp_path / "report.html").exists()
    assert CliRunner().invoke(cli.app, ["report", str(tmp_path / "history.jsonl")]).output == drawn.output
    assert "## Red" in CliRunner().invoke(cli.app, ["summary", str(tmp_path)]).output


def test_a_folder_without_a_history_has_no_report(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.app, ["report", str(tmp_path)])
    assert isinstance(result.exception, InfraError)
    assert "has no history" in str(result.exception)


def test_the_newest_run_is_the_one_that_was_written_last(tmp_path: Path) -> None:
    with pytest.raises(InfraError, match="no run"):
        newest(tmp_path)
    for name in ("b", "a"):
        path = Sample().write(tmp_path / name)
        path.touch()
    (tmp_path / "c").mkdir()
    assert newest(tmp_path) == tmp_path / "a"
