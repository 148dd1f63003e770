"""Commands that end on a machine: status, journal, ssh."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fleet.ctl.openssh import quoted
from tests.fleet.ctl.fleetd_double import N1, N2, Fleetd
from tests.fleet.ctl.harness import PROJECT, BecameError, Fleetctl, program


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
    assert "-n" in options, "a script's loop may read from stdin"
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
@pytest.mark.parametrize("words", [["a", "pwd"], ["--unit", "a", "pwd"], ["1", "pwd"], ["--machine=11", "pwd"]])
def test_ssh_finds_the_machine_by_unit_or_by_the_start_of_its_id(
    fleetd: Fleetd, fleetctl: Fleetctl, becomes: type[BecameError], words: list[str]
) -> None:
    fleetd.know("a.service", "launched")
    with pytest.raises(becomes) as became:
        fleetctl("ssh", *words)
    assert became.value.arguments[-3:] == ["core@10.99.0.1", "--", "pwd"]


@pytest.mark.usefixtures("agent", "fleetd")
@pytest.mark.parametrize(("status", "result"), [(0, 0), (3, 0), (255, 255)])
def test_a_shell_is_done_however_its_last_command_went(
    fleetctl: Fleetctl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int, result: int
) -> None:
    program(tmp_path / "bin" / "ssh", f'for last; do true; done; echo "$last"; exit {status}', monkeypatch)
    assert fleetctl("ssh", "1") == (result, "core@10.99.0.1\n", "")


@pytest.mark.usefixtures("agent", "fleetd")
def test_an_id_that_several_machines_begin_with_is_ambiguous(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.machines.append({"id": "1" * 8 + "2" * 24, "primaryIP": "10.99.0.3"})
    result = fleetctl("ssh", "1111")
    assert (result.status, "more than one machine" in result.err) == (1, True)
    assert "only one" in fleetctl("ssh", "--machine=1", "--unit=a").err
    assert fleetctl("ssh").status == 1


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
    ],
)
def test_there_is_not_always_a_journal(fleetd: Fleetd, fleetctl: Fleetctl, name: str, message: str) -> None:
    fleetd.know("idle.service")
    assert fleetctl("journal", name) == (1, "", message)
    assert fleetctl("journal", "a", "b").status == 1


@pytest.fixture
def everywhere(fleetd: Fleetd, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A global unit on two machines, the second of which is not well, by an ssh that says where it was sent."""
    fleetd.know("g.service", "launched", Global="true")
    fleetd.say("g.service", "loaded", "failed", "failed", machine=N2)
    told = 'while test "$1" != --; do last=$1; shift; done; echo "$last $2"; test "$last" != core@10.99.0.2 || exit 3'
    program(tmp_path / "bin" / "ssh", told, monkeypatch)


@pytest.mark.usefixtures("agent", "everywhere", "here")
def test_the_status_of_a_global_unit_is_that_of_every_machine(fleetctl: Fleetctl) -> None:
    told = "systemctl status -l --no-pager g.service"
    first = f"g.service on 11111111.../10.99.0.1:\ncore@10.99.0.1 {told}\n"
    second = f"g.service on 22222222.../10.99.0.2:\ncore@10.99.0.2 {told}\n"
    assert fleetctl("status", "g", "g") == (3, f"{first}\n{second}", "")


@pytest.mark.usefixtures("fleetd", "here")
def test_the_status_of_a_global_unit_that_is_nowhere(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    fleetd.know("g.service", Global="true")
    assert fleetctl("status", "g") == (1, "", "Unit g.service does not appear to be loaded.\n")


@pytest.mark.usefixtures("agent", "everywhere", "here")
def test_the_journal_of_a_global_unit_is_that_of_a_chosen_machine(
    fleetctl: Fleetctl, becomes: type[BecameError]
) -> None:
    result = fleetctl("journal", "g")
    assert (result.status, result.out) == (1, "")
    why, *choice = result.err.splitlines()
    assert why == "Unable to retrieve journal of global unit g.service."
    assert choice == [f"  --machine={N1}  11111111.../10.99.0.1", f"  --machine={N2}  22222222.../10.99.0.2"]
    with pytest.raises(becomes) as became:
        fleetctl("journal", "--machine=22", "-f", "g")
    assert became.value.arguments[-3] == "core@10.99.0.2"
    missing = fleetctl("journal", "--machine=9", "g")
    assert missing == (1, "", "Unit g.service does not appear to be running on 9.\n")


@pytest.mark.usefixtures("agent", "everywhere", "here")
def test_all_journals_of_a_global_unit_are_shown_one_after_the_other(fleetctl: Fleetctl) -> None:
    result = fleetctl("journal", "-machine=all", "-n", "1", "g")
    assert result.status == 3
    assert [line for line in result.out.splitlines() if line.endswith(":")] == [
        "g.service on 11111111.../10.99.0.1:",
        "g.service on 22222222.../10.99.0.2:",
    ]
    assert "Only one journal can be followed." in fleetctl("journal", "--machine=all", "-f", "g").err


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
