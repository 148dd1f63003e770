import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.ctl.commands import COMMANDS, GLOBAL_FLAGS, Command
from fleet.ctl.errors import UsageError
from fleet.ctl.flags import Flag
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


def test_the_old_names_of_a_flag_work_everywhere() -> None:
    assert read("-etcd-cafile", "x", "list-units").flags.text("ca-file") == "x"
    assert read("list-units", FLEETCTL_ETCD_KEYFILE="x").flags.text("key-file") == "x"
    assert read("list-units", FLEETCTL_KEY_FILE="y").flags.text("key-file") == "y"


@pytest.mark.parametrize("style", ["-", "--"])
@pytest.mark.parametrize("flag", GLOBAL_FLAGS, ids=lambda flag: flag.name)
def test_every_flag_of_all_commands_has_both_styles_and_a_variable(flag: Flag, style: str) -> None:
    value = "true" if isinstance(flag.default, bool) else "7"
    variable = f"FLEETCTL_{flag.name.upper().replace('-', '_')}"
    expected = {bool: "True", float: "7.0"}.get(type(flag.default), "7")
    for call in (
        read(f"{style}{flag.name}={value}", "list-units"),
        read("list-units", f"{style}{flag.name}={value}"),
        read("list-units", **{variable: value}),
    ):
        assert call.flags.text(flag.name) == expected


# Reference section 5.3, each by one argument list; what takes a value has one.
_COMMAND_FLAGS = {
    "submit": "replace sign",
    "load": "no-block block-attempts=1 replace sign",
    "start": "no-block block-attempts=1 replace sign",
    "stop": "no-block block-attempts=1",
    "unload": "no-block block-attempts=1",
    "restart": "block-attempts=1",
    "destroy": "no-block block-attempts=1",
    "list-units": "full l no-legend fields=unit",
    "list-machines": "full l no-legend fields=ip",
    "list-unit-files": "full no-legend fields=unit",
    "journal": "lines=1 follow f ssh-port=2 sudo output=cat",
    "status": "ssh-port=2",
    "ssh": "machine=1 unit=a forward-agent A ssh-port=2",
}


@pytest.mark.parametrize(("command", "flags"), _COMMAND_FLAGS.items())
def test_every_flag_of_a_command_is_taken_in_both_styles(command: str, flags: str) -> None:
    for flag in flags.split():
        for style in ("-", "--"):
            call = read(command, f"{style}{flag}")
            assert call.arguments == []
            assert call.flags.given(flag.partition("=")[0]) or flag in ("l", "f", "A")


def test_verify_is_deprecated(fleetctl: Fleetctl) -> None:
    result = fleetctl("verify", "a")
    assert (result.status, result.out, "deprecated" in result.err) == (2, "", True)


def test_debug_tells_what_is_asked_of_fleetd(
    fleetd: Fleetd, fleetctl: Fleetctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "DEBUG GET /fleet/v1/machines -> 200" in fleetctl("--debug", "list-machines").err
    assert fleetctl("list-machines").err == ""
    monkeypatch.setenv("FLEETCTL_DEBUG", "true")
    assert "DEBUG GET" in fleetctl("list-machines").err


def test_there_is_one_driver(fleetd: Fleetd, fleetctl: Fleetctl) -> None:
    assert fleetctl("--driver=api", "list-machines").status == 0
    result = fleetctl("--driver=etcd", "list-machines")
    assert (result.status, "no driver but API" in result.err) == (1, True)
    assert fleetctl("--driver=etcd", "help").status == 0


def test_only_flags_of_all_commands_have_variables() -> None:
    call = read("start", "a", FLEETCTL_REPLACE="true", FLEETCTL_NO_BLOCK="true", FLEETCTL_BLOCK_ATTEMPTS="x")
    assert not call.flags.truth("replace")
    assert not call.flags.truth("no-block")
    assert call.flags.number("block-attempts") == 0


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
        (["restart", "--no-block", "a"], "unknown flag: --no-block"),
        (["list-u"], 'unknown command "list-u"'),
        (["frobnicate"], 'unknown command "frobnicate"'),
        (["status", "--no-block", "g"], "unknown flag: --no-block"),
        (["stop", "--block-attempts=x", "a"], 'invalid value "x" for --block-attempts: must be a whole number'),
        (["stop", "a", "--block-attempts"], "flag needs an argument"),
        (["stop", "--no-block=maybe"], "must be true or false"),
        (["stop", "---no-block"], "unknown flag"),
        (["--ssh-timeout=inf", "ssh", "r1"], 'invalid value "inf" for --ssh-timeout: must be a number'),
        (["--ssh-timeout=nan", "ssh", "r1"], 'invalid value "nan" for --ssh-timeout: must be a number'),
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
        ("http://[::1]:1", "connecting to ::1:1 failed: "),
        ("http://127.0.0.1:70000", 'Unable to initialize client: "127.0.0.1:70000" is not host[:port]'),
        ("http://127.0.0.1:x", 'Unable to initialize client: "127.0.0.1:x" is not host[:port]'),
    ],
)
def test_an_endpoint_that_does_not_work_is_explained(fleetctl: Fleetctl, endpoint: str, message: str) -> None:
    result = fleetctl(f"--endpoint={endpoint}", "list-machines")
    assert (result.status, result.out) == (1, "")
    assert message in result.err
