"""Every command of the command line that the documentation shows is one that it takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from cluster import cli

ROOT = Path(__file__).parents[2]
SHOWN = re.compile(r"\./toxw -e (cluster|chaos|bench|sabotage) -- (?P<words>[^`#\n]+)")


def shown(page: Path) -> list[list[str]]:
    """Return the words of each command on a page; `<run>` and the like stand for a word."""
    found = []
    for match in SHOWN.finditer(page.read_text()):
        named = [] if match[1] == "cluster" else [match[1]]
        found.append([*named, *shlex.split(match["words"].replace("<", "").replace(">", ""))])
    return found


PAGES = [path for path in [*ROOT.glob("*.md"), *sorted((ROOT / "docs").glob("*.md"))] if shown(path)]


def test_the_page_for_a_stranger_shows_what_it_is_about() -> None:
    names = {words[0] for words in shown(ROOT / "docs" / "reproduce-a-bug.md")}
    assert names >= {
        "report",
        "recheck",
        "replay",
        "up",
        "deploy",
        "fault",
        "status",
        "logs",
        "ssh",
        "heal",
        "down",
        "gc",
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_each_command_is_taken_as_it_is_shown(page: Path) -> None:
    for words in shown(page):
        command: Any = typer.main.get_command(cli.app)
        rest = words
        while hasattr(command, "commands") and rest[0] != "--help":
            command, rest = command.commands[rest[0]], rest[1:]
        if rest != ["--help"]:
            command.make_context(words[0], [*rest])


def test_the_files_of_a_night_are_named_by_their_place_in_the_clone() -> None:
    """toxw changes to its own folder: a path from anywhere else would not be found."""
    text = (ROOT / "docs" / "reproduce-a-bug.md").read_text()
    paths = re.findall(r"(?:recheck|replay|report) (\S*evidence\S+)", text)
    assert len(paths) >= 4
    assert all(path.startswith(".cluster/nightly/evidence/") for path in paths)
