"""fleet.conf and the environment."""

import math
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.daemon.config import Config, ConfigError
from fleet.daemon.duration import parse_duration


def conf(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "fleet.conf"
    path.write_text(text)
    return ["--config", str(path)]


def test_the_defaults_are_upstreams(tmp_path: Path) -> None:
    config = Config.load(conf(tmp_path, ""), {})
    assert (config.agent_ttl, config.token_limit, config.etcd_key_prefix) == (30.0, 100, "/_coreos.com/fleet/")
    assert config.etcd_servers == ("http://127.0.0.1:2379", "http://127.0.0.1:4001")


EVERY_KEY = {
    "verbosity": ("2", 2),
    "public_ip": ("10.0.0.7", "10.0.0.7"),
    "metadata": ("a=b", {"a": "b"}),
    "etcd_servers": ("http://a:1", ("http://a:1",)),
    "etcd_username": ("fleet", "fleet"),
    "etcd_password": ("pass", "pass"),
    "etcd_cafile": ("/ca", "/ca"),
    "etcd_certfile": ("/crt", "/crt"),
    "etcd_keyfile": ("/key", "/key"),
    "etcd_key_prefix": ("/f/", "/f/"),
    "etcd_request_timeout": ("2.5", 2.5),
    "agent_ttl": ("5s", 5.0),
    "token_limit": ("7", 7),
    "units_directory": ("/run/units", Path("/run/units")),
    "systemd_user": ("true", True),
    "disable_engine": ("true", True),
    "engine_reconcile_interval": ("4.0", 4.0),
    "disable_watches": ("true", True),
    "enable_grpc": ("true", True),
    "verify_units": ("true", True),
    "authorized_keys_file": ("/keys", "/keys"),
}


@pytest.mark.parametrize("key", EVERY_KEY)
def test_upstreams_keys_are_read_from_the_file_and_from_the_environment(tmp_path: Path, key: str) -> None:
    text, value = EVERY_KEY[key]
    assert getattr(Config.load(conf(tmp_path, f"{key}={text}\n"), {}), key) == value
    assert getattr(Config.load(conf(tmp_path, ""), {f"FLEET_{key.upper()}": text}), key) == value


OURS = {"fence"}


def test_no_key_is_read_that_is_not_upstreams_and_each_is_documented() -> None:
    assert {one.name for one in fields(Config)} - OURS == EVERY_KEY.keys()
    manual = (Path(__file__).parents[3] / "docs/fleetd.md").read_text()
    assert [key for key in EVERY_KEY if f"`{key}`" not in manual] == []


def test_what_is_set_in_vain_is_complained_about() -> None:
    assert Config().complaints == ()
    vain = {
        key: EVERY_KEY[key][0] for key in ("verify_units", "authorized_keys_file", "disable_watches", "enable_grpc")
    }
    complaints = Config.of(vain).complaints
    assert [key for key in vain if any(f"config option {key} " in one for one in complaints)] == list(vain)


@pytest.mark.parametrize(("key", "text"), [("token_limit", "0"), ("token_limit", "65536"), ("token_limit", "-1")])
def test_numbers_that_cannot_be_are_ignored(key: str, text: str) -> None:
    assert Config.of({key: text, "etcd_request_timeout": "-1", "units_directory": ""}) == Config()


def test_the_file_is_read_with_its_quotes_and_comments(tmp_path: Path) -> None:
    text = (
        "# a comment\n[ignored]\nPublic_IP=\"10.0.0.7\"\nagent_ttl=5s # quick\nmetadata='region=a, disk = ssd ,junk'\n"
    )
    config = Config.load(conf(tmp_path, text), {})
    assert (config.public_ip, config.agent_ttl, config.metadata) == ("10.0.0.7", 5.0, {"region": "a", "disk": "ssd"})


def test_the_environment_beats_the_file_even_if_it_is_empty(tmp_path: Path) -> None:
    arguments = conf(tmp_path, "public_ip=10.0.0.7\nagent_ttl=9s\n")
    config = Config.load(arguments, {"FLEET_PUBLIC_IP": "", "FLEET_AGENT_TTL": "1m30s", "PATH": "/bin"})
    assert (config.public_ip, config.agent_ttl) == ("", 90.0)


@pytest.mark.parametrize(
    "text", ["http://a:2379,http://b:4001", '["http://a:2379", "http://b:4001"]', " http://a:2379 , http://b:4001"]
)
def test_several_etcd_servers(text: str) -> None:
    assert Config.of({"etcd_servers": text}).etcd_servers == ("http://a:2379", "http://b:4001")


def test_unknown_keys_and_unreadable_numbers_are_ignored() -> None:
    assert Config.of({"weather": "fine", "token_limit": "many"}) == Config()


def test_the_prefix_is_closed_by_slashes() -> None:
    assert Config.of({"etcd_key_prefix": "fleet/test"}).etcd_key_prefix == "/fleet/test/"


def test_a_line_that_means_nothing_is_fatal_and_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"fleet\.conf:2: neither a comment nor key=value: nonsense"):
        Config.load(conf(tmp_path, "verbosity=1\nnonsense\n"), {})


@pytest.mark.parametrize("arguments", [["--config"], ["--config=/does/not/exist"], ["--weather"]])
def test_bad_arguments_are_fatal(arguments: list[str]) -> None:
    with pytest.raises(ConfigError):
        Config.load(arguments, {})


@pytest.mark.parametrize(
    ("text", "why"), [("30", 'invalid duration "30"'), ("0", "dead at once"), ("9" * 400 + "h", "alive")]
)
def test_a_ttl_without_a_unit_or_of_nothing_is_fatal(text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=f"agent_ttl: .*{why}"):
        Config.of({"agent_ttl": text})


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(EVERY_KEY)), st.text() | st.integers().map(str))))
def test_whatever_is_written_it_is_a_configuration_or_refused_in_words(pairs: list[tuple[str, str]]) -> None:
    with suppress(ConfigError):
        config = Config.of(dict(pairs))
        assert 0 < math.ceil(config.agent_ttl) <= 9e9
        assert config.etcd_servers
        assert config.etcd_key_prefix.startswith("/")
        assert config.etcd_key_prefix.endswith("/")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary() | st.text(alphabet="[]=#;\"' \nabc_").map(str.encode))
def test_whatever_the_file_holds_it_is_read_or_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.conf"
    path.write_bytes(content)
    with suppress(ConfigError):
        Config.load(["-config", str(path)], {})


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("1m30s", 90), ("500ms", 0.5), ("1.5h", 5400), ("0", 0), (".5s", 0.5)]
)
def test_go_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "30", "s", "1 s", "3x", "-1s", "1s2"])
def test_what_is_no_go_duration(text: str) -> None:
    with pytest.raises(ValueError, match="invalid duration"):
        parse_duration(text)


def test_there_is_no_fence_unless_it_is_asked_for() -> None:
    assert not Config().fence
    assert Config.of({"fence": "true"}).fence
    assert not Config.of({"fence": "false"}).fence


@pytest.mark.parametrize("ttl", ["4.9s", "1s", "0.5s"])
def test_a_ttl_that_leaves_no_time_for_stopping_is_refused_with_a_fence(ttl: str) -> None:
    with pytest.raises(ConfigError, match=rf"agent_ttl={ttl} is too small for fence=true: .* the least is 5s"):
        Config.of({"fence": "true", "agent_ttl": ttl})
    assert Config.of({"fence": "true", "agent_ttl": "5s"}).fence
    assert Config.of({"agent_ttl": ttl}).agent_ttl


def test_nobody_takes_himself_for_fenced_who_is_not() -> None:
    with pytest.raises(ConfigError, match='fence: neither true nor false: "ture"'):
        Config.of({"fence": "ture"})
    with pytest.raises(ConfigError, match="cannot be had with systemd_user=true"):
        Config.of({"fence": "true", "systemd_user": "true"})
