"""Commands that end on a machine: status, journal, ssh."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fleet.ctl.remote import quoted
from tests.fleet.ctl.fleetd_double import N1, Fleetd
from tests.fleet.ctl.harness import PROJECT, BecameError, Fleetctl


@pytest.fixture
def agent(fleetctl: Fleetctl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/agent")


def test_the_journal_of_a_unit_on_this_machine_is_read_without_ssh(
    fleetd: Fleetd, fleetctl: Fleetctl, becomes: type[BecameError], here: Path
) -> None:
    here.write_text(f"{N1}\n")
    fleetd.know("a.service", "launched")
    with pytest.raises(becomes) as became:
        fleetctl("journal", "-f", "-n", "3", "a")
    assert " ".join(became.value.arguments) == "journalctl --unit a.service --no-pager -n 3 --output short -f"


@pytest.mark.usefixtures("agent", "here")
def test_the_journal_of_a_unit_elsewhere_comes_by_ssh(
    fleetd: Fleetd, fleetctl: Fleetctl, becomes: type[BecameError], tmp_path: Path
) -> None:
    fleetd.know("a.service", "launched")
    with pytest.raises(becomes) as became:
        fleetctl("journal", "--sudo", "a")
    ssh, *options, destination, dashes, command = became.value.arguments
    assert (ssh, destination, dashes) == ("ssh", "core@10.99.0.1", "--")
    assert command == "sudo journalctl --unit a.service --no-pager -n 10 --output short"
    assert f"UserKnownHostsFile={tmp_path}/.fleetctl/known_hosts" in options
    assert {"StrictHostKeyChecking=ask", "ForwardAgent=no", "Port=22", "ConnectTimeout=10", "HashKnownHosts=no"} <= set(
        options
    )


@pytest.mark.usefixtures("agent")
def test_known_hosts_without_a_place_are_explained(fleetd: Fleetd, fleetctl: Fleetctl, tmp_path: Path) -> None:
    (tmp_path / ".fleetctl").write_text("in the way")
    fleetd.know("a.service", "launched")
    result = fleetctl("ssh", "a")
    assert (result.status, result.out) == (255, "")
    assert result.err.startswith(f"Unable to SSH to remote host: no place for {tmp_path}/.fleetctl/known_hosts: ")


@pytest.mark.usefixtures("agent")
def test_ssh_runs_the_words_on_the_machine_and_can_forward_the_agent(
    fleetd: Fleetd, fleetctl: Fleetctl, becomes: type[BecameError]
) -> None:
    with pytest.raises(becomes) as became:
        fleetctl("--strict-host-key-checking=false", "ssh", "-A", "1111", "exit 7")
    assert became.value.arguments[-3:] == ["core@10.99.0.1", "--", "exit 7"]
    assert {"ForwardAgent=yes", "StrictHostKeyChecking=no"} <= set(became.value.arguments)


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("words", [["a"], ["--unit", "a"], ["1"], ["--machine=11"]])
def test_ssh_finds_the_machine_by_unit_or_by_the_start_of_its_id(
    fleetd: Fleetd, fleetctl: Fleetctl, becomes: type[BecameError], words: list[str]
) -> None:
    fleetd.know("a.service", "launched")
    with pytest.raises(becomes) as became:
        fleetctl("ssh", *words)
    assert became.value.arguments[-1] == "core@10.99.0.1"


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("words", [["nobody"], ["--machine=9"], ["--unit=b"]])
def test_ssh_to_nowhere_fails(fleetd: Fleetd, fleetctl: Fleetctl, words: list[str]) -> None:
    fleetd.know("b.service")
    result = fleetctl("ssh", *words)
    assert result == (1, "", "Unable to proceed: could not find matching unit or machine\n")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("words", [["journal", "a"], ["status", "a"], ["ssh", "a"]])
def test_without_an_agent_ssh_is_not_tried(fleetd: Fleetd, fleetctl: Fleetctl, words: list[str]) -> None:
    fleetd.know("a.service", "launched")
    result = fleetctl(*words)
    assert (result.status, "SSH_AUTH_SOCK" in result.err) == (255, True)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("unknown", "Unit unknown.service does not exist.\n"),
        ("idle", "Unit idle.service does not appear to be running.\n"),
        ("everywhere", "Unable to retrieve journal of global unit everywhere.service.\n"),
    ],
)
def test_there_is_not_always_a_journal(fleetd: Fleetd, fleetctl: Fleetctl, name: str, message: str) -> None:
    fleetd.know("idle.service")
    fleetd.know("everywhere.service", "launched", Global="true")
    assert fleetctl("journal", name) == (1, "", message)


def test_status_stops_at_the_first_unit_that_is_not_well(
    fleetd: Fleetd, fleetctl: Fleetctl, here: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here.write_text(N1)
    program(tmp_path / "bin" / "systemctl", 'echo "status of $4"; test "$4" != b.service || exit 3', monkeypatch)
    for name in ("a.service", "b.service", "c.service"):
        fleetd.know(name, "launched")
    result = fleetctl("status", "a", "b", "c")
    assert result == (3, "status of a.service\n\nstatus of b.service\n", "")


def test_status_of_units_that_are_nowhere(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("idle.service")
    assert fleetctl("status", "idle") == (1, "", "Unit idle.service does not appear to be loaded.\n")
    assert fleetctl("status", "no") == (1, "", "Unit no.service does not exist.\n")
    assert fleetctl("status") == (0, "", "")


@pytest.mark.usefixtures("agent")
def test_following_a_journal_ends_with_the_process_and_its_exit_status(
    fleetd: Fleetd, fleetctl: Fleetctl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path / "bin" / "ssh", "echo following; exec sleep 60", monkeypatch)
    fleetd.know("a.service", "launched")
    with fleetctl.process("journal", "-f", "a") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "following\n"
        process.terminate()
        assert process.wait(5) == -15


def test_a_reader_that_leaves_early_causes_no_traceback(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    for number in range(3000):
        fleetd.units[f"s@{number}.service"] = {"name": f"s@{number}.service", "options": [], "desiredState": "inactive"}
    with fleetctl.process("list-unit-files") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


def test_a_call_stays_quick_by_importing_nothing_slow(fleetd: Fleetd) -> None:
    """Each of these takes 10 to 100 ms of a processor, where a whole call takes about 50."""
    fleetd.know("s.service", "launched")
    slow = {"argparse", "asyncio", "email", "hashlib", "http", "inspect", "logging", "ssl", "subprocess"}
    code = f"import sys; from fleet.ctl.main import main; main(); print(*sorted({slow} & set(sys.modules)))"
    command = [sys.executable, "-S", "-c", code, "list-units", "--no-legend"]
    told = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(PROJECT)}, capture_output=True, text=True)
    unit, slow_ones = told.stdout.splitlines()
    assert unit.startswith("s.service")
    assert slow_ones == ""


def test_words_are_quoted_for_the_remote_shell() -> None:
    assert quoted(["a.service", r"dev\x2d", "it's", ""]) == "a.service 'dev\\x2d' 'it'\"'\"'s' ''"


def program(path: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")
