"""fleet.conf and the environment."""

from pathlib import Path

import pytest

from fleet.daemon.config import Config, ConfigError
from fleet.daemon.duration import parse_duration


def conf(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "fleet.conf"
    path.write_text(text)
    return ["--config", str(path)]


def test_the_defaults_are_upstreams(tmp_path: Path) -> None:
    config = Config.load(conf(tmp_path, ""), {})
    assert (config.agent_ttl, config.token_limit, config.etcd_key_prefix) == (30.0, 100, "/_coreos.com/fleet/")


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


def test_a_ttl_without_a_unit_is_fatal() -> None:
    with pytest.raises(ConfigError, match=r'agent_ttl: invalid duration "30"'):
        Config.of({"agent_ttl": "30"})


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("1m30s", 90), ("500ms", 0.5), ("1.5h", 5400), ("0", 0), (".5s", 0.5)]
)
def test_go_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "30", "s", "1 s", "3x", "-1s", "1s2"])
def test_what_is_no_go_duration(text: str) -> None:
    with pytest.raises(ValueError, match="invalid duration"):
        parse_duration(text)
