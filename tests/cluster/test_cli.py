"""The command line: what it offers, and how it refuses."""

from __future__ import annotations

import sys

import pytest
from typer.testing import CliRunner

from cluster import cli

COMMANDS = (
    *("images", "up", "deploy", "status", "ssh", "down", "gc", "runner"),
    *("fault", "heal", "kill", "start", "logs"),
    *("bench", "sabotage", "chaos", "replay", "recheck", "report", "summary"),
)


def test_the_help_names_every_command() -> None:
    text = CliRunner().invoke(cli.app, ["--help"]).output
    assert [command for command in COMMANDS if f" {command} " not in text] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    assert CliRunner().invoke(cli.app, [command, "--help"]).exit_code == 0


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["cluster", *words])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return int(caught.value.code or 0)


def test_settings_that_cannot_be_meant_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLUSTER_MACHINES", "many")
    assert run(monkeypatch, "status") == 2
    assert "machines: 'many' is not a whole number" in capsys.readouterr().err


def test_a_machine_that_is_none_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "ssh", "core-99") == 1
    assert "no machine core-99; there are core-01" in capsys.readouterr().err


def test_what_looks_like_markup_is_told_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    cli.Progress().say("[core] cannot reach [inet[/192.168.57.101:9300]] [/dim]")
    assert "[core] cannot reach [inet[/192.168.57.101:9300]] [/dim]" in capsys.readouterr().out
