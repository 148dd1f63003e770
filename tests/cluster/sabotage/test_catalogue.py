"""The catalogue agrees with the promises, the units and the image; and no promise is without a sabotage."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from cluster.sabotage import table, units
from cluster.sabotage.catalogue import CATALOGUE, EXEMPT
from cluster.sabotage.sabotage import Command, Sabotage, Setting

ROOT = Path(__file__).parents[3]
RED = {red.test for sabotage in CATALOGUE for red in sabotage.red}

every_sabotage = pytest.mark.parametrize("sabotage", CATALOGUE, ids=lambda sabotage: sabotage.name)


@pytest.fixture(scope="module")
def tests() -> set[str]:
    """The node ids of all promises, as pytest itself collects them."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "e2e"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return {line for line in done.stdout.splitlines() if "::" in line}


def test_the_names_are_unique_and_fit_into_a_command() -> None:
    names = Counter(sabotage.name for sabotage in CATALOGUE)
    assert [name for name, count in names.items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z0-9-]{4,40}", name) for name in names)


@every_sabotage
def test_its_tests_exist_and_none_is_both_red_and_green(sabotage: Sabotage, tests: set[str]) -> None:
    assert set(sabotage.tests) - tests == set()
    assert len(set(sabotage.tests)) == len(sabotage.tests)
    assert sabotage.red
    assert all(red.says for red in sabotage.red)
    assert sabotage.breaks


@pytest.fixture(scope="module")
def waits() -> list[str]:
    """What is waited for in the promises and in what they use, as regular expressions."""
    found = []
    for path in [
        *(ROOT / "e2e").glob("*.py"),
        *(ROOT / "cluster").glob("*.py"),
        *(ROOT / "cluster/faults").glob("*.py"),
    ]:
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("eventually", "steadily"):
                what = call.args[0]
                parts = what.values if isinstance(what, ast.JoinedStr) else [what]
                found += ["".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else ".+" for p in parts)]
    return found


@every_sabotage
def test_what_its_red_tests_wait_for_in_vain_is_waited_for_in_these_words(sabotage: Sabotage, waits: list[str]) -> None:
    awaited = [red.says.removeprefix("for: ") for red in sabotage.red if red.says.startswith("for: ")]
    wrong = [words for words in awaited if not any(wait != ".+" and re.fullmatch(wait, words) for wait in waits)]
    assert wrong == []


@every_sabotage
def test_its_edits_fit_the_units(sabotage: Sabotage) -> None:
    units.edited(units.texts(ROOT), sabotage.edits)


@every_sabotage
def test_its_edits_leave_text_that_fleet_reads_whole(sabotage: Sabotage) -> None:
    """fleet reads 2048 characters of a line, and python -c must be able to read its statements."""
    for text in units.edited(units.texts(ROOT), sabotage.edits).values():
        assert max(map(len, text.splitlines())) < 2048
        for code in re.findall(r'-c "(.*?)"', text):
            compile(code, sabotage.name, "exec")


@every_sabotage
def test_what_it_has_a_program_execute_is_python(sabotage: Sabotage) -> None:
    commands = [part.do for part in sabotage.breaks if isinstance(part, Command)]
    for code in re.findall(r"s/\^sys.exit/(.*); sys.exit/'", "\n".join(commands)):
        compile(code, sabotage.name, "exec")


@every_sabotage
def test_its_settings_are_known_to_the_image(sabotage: Sabotage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "images" / "elasticsearch"))
    from toolkit.settings import Settings

    settings = {part.name: part.value for part in sabotage.breaks if isinstance(part, Setting)}
    plain = Settings("elasticsearch_logging", "1", "")
    assert (plain.changed(settings) != plain) == bool(settings)


def test_every_file_of_promises_has_a_sabotage(tests: set[str]) -> None:
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "e2e").glob("test_*.py")}
    assert files == {test.partition("::")[0] for test in tests}
    assert files - {test.partition("::")[0] for test in RED} == set(), "see docs/write-a-promise.md"


def test_every_promise_is_turned_red_by_some_sabotage_or_it_is_said_why_not(tests: set[str]) -> None:
    assert tests - RED - EXEMPT.keys() == set(), "add a sabotage: docs/write-a-promise.md"
    assert EXEMPT.keys() <= tests
    assert EXEMPT.keys() & RED == set()


def test_the_list_shows_each_of_them() -> None:
    listed = "\n".join(table.catalogue(CATALOGUE))
    assert all(f"  {sabotage.name}\n" in listed for sabotage in CATALOGUE)
