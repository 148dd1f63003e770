"""The night runs everything, whatever becomes of the one before, keeps what was found, and is safe on a runner."""

from __future__ import annotations

import configparser
import re
import shutil
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".ci" / "nightly"
NIGHT = ["lint", "unit", "functional", "e2e", "sabotage", "kill", "chaos", "bench", "scale"]

TOXW = """#!/bin/sh
set -- "$@" "" ""
echo "$*" | sed 's/ *$//' >>calls
mkdir -p ".cluster/evidence/of-$2"
echo "output of $2"
[ -z "$GITHUB_STEP_SUMMARY" ] || echo told >>"$GITHUB_STEP_SUMMARY"
[ "$RED" != check ] || [ "$5" != check ] || exit 2
case " $RED " in *" $2 "*) exit 1 ;; esac
"""
"""In the place of toxw: notes its options, leaves evidence, and is red where it is told to be."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".ci").mkdir()
    for script in ("nightly", "summary", "keep"):
        shutil.copy(ROOT / ".ci" / script, tmp_path / ".ci" / script)
    (tmp_path / "toxw").write_text(TOXW)
    (tmp_path / "toxw").chmod(stat.S_IRWXU)
    return tmp_path


def night(project: Path, *words: str, red: str = "") -> subprocess.CompletedProcess[str]:
    command = [str(project / ".ci" / "nightly"), *words]
    environment = {"PATH": "/usr/bin:/bin", "RED": red, "GITHUB_STEP_SUMMARY": str(project / "page")}
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def calls(project: Path) -> list[str]:
    return (project / "calls").read_text().splitlines()


def test_everything_is_run_in_turn_after_the_runner_was_cleaned_and_checked(project: Path) -> None:
    done = night(project, "7", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    made = [call.split()[1] for call in calls(project)]
    assert made == [*["cluster"] * 3, *(name.replace("scale", "bench") for name in NIGHT)]
    assert calls(project)[:3] == ["-e cluster -- host", "-e cluster -- gc", "-e cluster -- runner check"]
    assert "-e chaos -- --seed=7 --minutes=2" in calls(project)


def test_a_red_one_stops_no_other_and_the_night_is_red_by_its_name(project: Path) -> None:
    done = night(project, red="e2e kill")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "red: e2e kill"
    assert len(calls(project)) == 3 + len(NIGHT)


def test_what_each_said_its_status_and_its_evidence_are_kept(project: Path) -> None:
    night(project, red="e2e")
    kept = project / ".cluster" / "nightly"
    assert {name: (kept / f"{name}.status").read_text().strip() for name in NIGHT} == {
        name: "1" if name == "e2e" else "0" for name in NIGHT
    }
    assert all((kept / f"{name}.log").read_text().startswith("output of ") for name in NIGHT)
    assert (kept / "evidence" / "e2e" / "of-e2e").is_dir()
    assert not (kept / "evidence" / "kill" / "of-e2e").exists()


def test_no_part_tells_the_page_of_the_job_by_itself(project: Path) -> None:
    night(project)
    assert not (project / "page").exists()


def test_what_the_night_before_kept_is_gone(project: Path) -> None:
    night(project, red="e2e")
    stale = project / ".cluster" / "nightly" / "evidence" / "stale"
    stale.mkdir()
    night(project)
    assert not stale.exists()


def test_a_runner_that_is_not_ready_runs_nothing(project: Path) -> None:
    assert night(project, red="check").returncode == 2
    assert len(calls(project)) == 3


def test_the_seed_of_a_night_is_its_date_and_is_printed(project: Path) -> None:
    before, done, after = (datetime.now(UTC), night(project), datetime.now(UTC))
    assert any(f"the seed of this night is {day:%Y%m%d}" in done.stdout for day in (before, after))


@pytest.mark.parametrize("words", [("x",), ("1; id", "2"), ("-1",), ("5", "1.5")])
def test_what_is_no_number_is_refused_before_anything_is_done(project: Path, words: tuple[str, ...]) -> None:
    done = night(project, *words)
    assert done.returncode == 2
    assert "usage" in done.stderr
    assert not (project / "calls").exists()


def summary(project: Path) -> str:
    done = subprocess.run([str(project / ".ci" / "summary")], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_summary_says_what_was_red_and_what_did_not_end(project: Path) -> None:
    night(project, red="e2e")
    (project / ".cluster" / "nightly" / "bench.status").unlink()
    told = summary(project)
    assert "| lint | green |" in told
    assert "| e2e | **red** |" in told
    assert "| bench | **did not end** |" in told
    assert told.index("| lint |") < told.index("| e2e |") < told.index("| scale |")


def test_what_a_part_that_was_killed_had_found_so_far_is_kept_too(project: Path) -> None:
    night(project)
    kept = project / ".cluster" / "nightly"
    (kept / "before").write_text("of-lint\n")
    (kept / "kill.status").unlink()
    hung = project / ".cluster" / "evidence" / "of-hung"
    hung.mkdir()
    (hung / "history.jsonl").touch()
    shutil.rmtree(kept / "evidence")
    command = project / ".tox" / "cluster" / "bin" / "cluster"
    command.parent.mkdir(parents=True)
    command.write_text('#!/bin/sh\n[ "$1" != report ] || touch "$2/report.html"\n')
    command.chmod(stat.S_IRWXU)
    for _ in range(2):
        assert "| kill | **did not end** |" in summary(project)
    assert (kept / "evidence" / "kill" / "of-hung" / "history.jsonl").is_file()
    assert not (kept / "evidence" / "kill" / "of-lint").exists()
    assert (kept / "evidence" / "kill" / "of-hung" / "report.html").is_file(), "a killed run has drawn none"


def test_the_summary_of_a_night_that_came_to_nothing_says_so(project: Path) -> None:
    assert "came to nothing" in summary(project)


def test_the_summary_has_the_benchmarks_table_and_a_word_on_each_red_run(project: Path) -> None:
    night(project, red="e2e")
    kept = project / ".cluster" / "nightly"
    (kept / "bench.log").write_text("run 1 of 3\n          median  before\nup   16.0  15.8\nkept: x.json\nlater\n")
    for part in ("e2e", "unit"):
        (kept / "evidence" / part / f"of-{part}" / "history.jsonl").touch()
    command = project / ".tox" / "cluster" / "bin" / "cluster"
    command.parent.mkdir(parents=True)
    command.write_text('#!/bin/sh\necho "## Red: of $2"\n')
    command.chmod(stat.S_IRWXU)
    told = summary(project)
    assert "up   16.0  15.8\nkept: x.json\n```" in told
    assert "later" not in told
    assert "### e2e: of-e2e\n\n## Red: of .cluster/nightly/evidence/e2e/of-e2e/" in told
    assert "of-unit" not in told


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    loaded = yaml.safe_load((ROOT / ".github" / "workflows" / "nightly.yml").read_text())
    assert isinstance(loaded, dict)
    return loaded


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    return list(workflow["jobs"]["nightly"]["steps"])


def test_every_environment_that_is_named_is_one_of_tox(workflow: dict[Any, Any]) -> None:
    tox = configparser.ConfigParser()
    tox.read(ROOT / "tox.ini")
    text = SCRIPT.read_text() + "".join(step.get("run", "") for step in steps(workflow))
    named = {*re.findall(r"toxw -e (\w+)", text), *re.findall(r"^run \w+ (\w+)", text, re.MULTILINE)}
    assert {*NIGHT} - {"scale"} <= named
    assert {f"testenv:{name}" for name in named} <= {*tox.sections()}


def test_only_time_and_a_maintainer_start_it_never_a_pull_request(workflow: dict[Any, Any]) -> None:
    assert {*workflow[True]} == {"schedule", "workflow_dispatch"}  # YAML 1.1 reads the word `on` as true
    assert {*workflow[True]["workflow_dispatch"]["inputs"]} == {"seed", "minutes"}


def test_it_may_read_the_code_and_nothing_else_and_runs_one_at_a_time_and_not_for_ever(
    workflow: dict[Any, Any],
) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"] == {"group": "nightly", "cancel-in-progress": False}
    assert workflow["jobs"]["nightly"]["timeout-minutes"] <= 360
    assert "self-hosted" in workflow["jobs"]["nightly"]["runs-on"]


def test_it_uses_two_actions_of_githubs_own_by_their_major_version(workflow: dict[Any, Any]) -> None:
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert all(re.fullmatch(r"actions/(checkout|upload-artifact)@v\d+", action) for action in used)
    assert len(used) == 2


def test_nothing_that_a_person_typed_stands_in_a_script(workflow: dict[Any, Any]) -> None:
    assert [step for step in steps(workflow) if "${{" in step.get("run", "")] == []


def test_what_was_found_is_kept_also_of_a_red_night_with_the_hidden_folder_that_it_is_in(
    workflow: dict[Any, Any],
) -> None:
    (upload,) = (step for step in steps(workflow) if "upload-artifact" in step.get("uses", ""))
    assert upload["if"] == "always()"
    assert upload["with"]["path"] == ".cluster/nightly"
    assert upload["with"]["include-hidden-files"] is True


def test_whatever_became_of_the_night_it_is_told_kept_and_cleaned_up(workflow: dict[Any, Any]) -> None:
    assert [step.get("if") for step in steps(workflow)] == [None, None, "always()", "always()", "always()"]


def test_the_checkout_leaves_what_former_nights_kept(workflow: dict[Any, Any]) -> None:
    assert steps(workflow)[0]["with"] == {"persist-credentials": False, "clean": False}
