import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.ctl.commands import COMMANDS, Command
from fleet.ctl.errors import UsageError
from fleet.ctl.invocation import Invocation
from fleet.model.version import VERSION
from tests.fleet.ctl.fleetd_double import Fleetd
from tests.fleet.ctl.harness import Fleetctl


def read(*words: str, **environment: str) -> Invocation:
    return Invocation(list(words), environment)


@pytest.mark.parametrize("words", [["-block-attempts=3"], ["--block-attempts=3"], ["--block-attempts", "3"]])
@pytest.mark.parametrize("first", [True, False])
def test_flags_have_one_or_two_dashes_before_or_after_units(words: list[str], first: bool) -> None:
    call = read("stop", *([*words, "a"] if first else ["a", *words]))
    assert call.arguments == ["a"]
    assert call.flags.number("block-attempts") == 3


def test_global_flags_stand_before_or_after_the_command() -> None:
    for words in (["-endpoint=unix:///x", "list-units"], ["list-units", "--endpoint", "unix:///x"]):
        assert read(*words).flags.text("endpoint") == "unix:///x"


def test_the_command_line_beats_the_environment() -> None:
    assert read("list-units", FLEETCTL_ENDPOINT="http://e").flags.text("endpoint") == "http://e"
    assert read("--endpoint=http://f", "list-units", FLEETCTL_ENDPOINT="http://e").flags.text("endpoint") == "http://f"
    assert (
        read("list-units", FLEETCTL_STRICT_HOST_KEY_CHECKING="false").flags.truth("strict-host-key-checking") is False
    )


def test_only_flags_of_all_commands_have_variables() -> None:
    call = read("start", "a", FLEETCTL_REPLACE="true", FLEETCTL_NO_BLOCK="true", FLEETCTL_BLOCK_ATTEMPTS="x")
    assert not call.flags.truth("replace")
    assert not call.flags.truth("no-block")
    assert call.flags.number("block-attempts") == 0


def test_a_tunnel_to_another_cluster_is_refused(
    fleetd: Fleetd, fleetctl: Fleetctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEETCTL_TUNNEL", "10.0.0.1")
    result = fleetctl("destroy", "a")
    assert (result.status, result.out, fleetd.requests) == (1, "", [])
    assert "FLEETCTL_TUNNEL must be unset" in result.err


def test_help_shows_no_empty_default(fleetctl: Fleetctl) -> None:
    out = fleetctl("help", "ssh").out
    assert "(default 22)" in out
    assert "(default )" not in out


def test_switches_take_a_value_only_after_an_equals_sign() -> None:
    call = read("start", "--no-block", "false", "--replace=false")
    assert call.arguments == ["false"]
    assert call.flags.truth("no-block")
    assert not call.flags.truth("replace")


@pytest.mark.parametrize(
    ("words", "flag", "value"),
    [
        (["journal", "-n", "20", "a"], "lines", "20"),
        (["journal", "-n20", "a"], "lines", "20"),
        (["journal", "-lines=20", "a"], "lines", "20"),
        (["journal", "-f", "a"], "follow", "True"),
        (["journal", "--f", "a"], "follow", "True"),
        (["list-units", "-l"], "full", "True"),
        (["list-unit-files", "-l"], "full", "True"),
        (["ssh", "-A", "a"], "forward-agent", "True"),
    ],
)
def test_shorthands(words: list[str], flag: str, value: str) -> None:
    assert read(*words).flags.text(flag) == value


def test_two_dashes_alone_end_the_flags() -> None:
    assert read("stop", "--", "-a").arguments == ["-a"]
    assert read("ssh", "r1", "--", "uptime", "-p").arguments == ["r1", "uptime", "-p"]


def test_the_remote_command_of_ssh_keeps_its_dashes() -> None:
    assert read("ssh", "r1", "--ssh-port", "23", "ls", "-l").arguments == ["r1", "ls", "-l"]
    assert read("ssh", "--machine", "r1", "ls", "-l").arguments == ["ls", "-l"]


def test_an_unambiguous_beginning_is_the_command() -> None:
    command = read("list-m").command
    assert command is not None
    assert command.name == "list-machines"


@given(st.sampled_from(COMMANDS), st.integers(1, 20))
def test_a_beginning_means_its_command_or_nothing(command: Command, length: int) -> None:
    name = command.name
    try:
        found = read(name[:length]).command
    except UsageError:
        assert sum(other.name.startswith(name[:length]) for other in COMMANDS) > 1
    else:
        assert found is not None
        assert found.name.startswith(name[:length])


plain = st.text("abc@.-", min_size=1, max_size=8).filter(lambda word: not word.startswith("-"))


@given(st.lists(plain, max_size=4), st.integers(0, 99), st.integers(0, 4), st.booleans(), st.booleans())
def test_flags_and_units_mix_in_any_order(units: list[str], attempts: int, at: int, two: bool, apart: bool) -> None:
    flag = ("--" if two else "-") + "block-attempts"
    words = [flag, str(attempts)] if apart else [f"{flag}={attempts}"]
    call = read("stop", *units[:at], *words, *units[at:])
    assert call.arguments == units
    assert call.flags.number("block-attempts") == attempts


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["list-u"], 'unknown command "list-u"'),
        (["frobnicate"], 'unknown command "frobnicate"'),
        (["status", "--no-block", "g"], "unknown flag: --no-block"),
        (["stop", "--block-attempts=x", "a"], 'invalid value "x" for --block-attempts: must be a whole number'),
        (["stop", "a", "--block-attempts"], "flag needs an argument"),
        (["stop", "--no-block=maybe"], "must be true or false"),
        (["stop", "---no-block"], "unknown flag"),
    ],
)
def test_usage_errors_do_nothing_and_exit_2(fleetd: Fleetd, fleetctl: Fleetctl, words: list[str], message: str) -> None:
    result = fleetctl(*words)
    assert (result.status, result.out) == (2, "")
    assert message in result.err
    assert fleetd.requests == []


@pytest.mark.parametrize("words", [[], ["help"], ["-h"], ["--help"], ["-help"]])
def test_help_lists_every_command(fleetctl: Fleetctl, words: list[str]) -> None:
    result = fleetctl(*words)
    assert (result.status, result.err) == (0, "")
    assert all(command.name in result.out for command in COMMANDS)
    assert VERSION in result.out


@pytest.mark.parametrize("words", [["help", "stop"], ["stop", "-h"], ["stop", "a", "--help"], ["stop", "--h"]])
def test_help_of_a_command_names_its_flags(fleetctl: Fleetctl, words: list[str]) -> None:
    result = fleetctl(*words)
    assert result.status == 0
    assert "--block-attempts" in result.out


@pytest.mark.parametrize("word", ["version", "--version", "-v"])
def test_version_is_one_line(fleetctl: Fleetctl, word: str) -> None:
    assert fleetctl(word) == (0, f"fleetctl version {VERSION}\n", "")


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("/var/run/fleet.sock", "Unable to initialize client: URL scheme undefined"),
        ("unix://var/run/fleet.sock", 'unable to connect to host "var" with scheme "unix"'),
        ("unix:///nonexistent/fleet.sock", "connecting to /nonexistent/fleet.sock failed: No such file or directory"),
        ("ftp://x", 'URL scheme "ftp" is not supported'),
        ("http://127.0.0.1:1", "connecting to 127.0.0.1:1 failed: Connection refused"),
    ],
)
def test_an_endpoint_that_does_not_work_is_explained(fleetctl: Fleetctl, endpoint: str, message: str) -> None:
    result = fleetctl(f"--endpoint={endpoint}", "list-machines")
    assert (result.status, result.out) == (1, "")
    assert message in result.err
