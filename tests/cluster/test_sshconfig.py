"""Vagrant's ssh-config, read."""

from __future__ import annotations

import pytest

from cluster.sshconfig import Host, parse, text

BLOCK = """Host {name}
  HostName 127.0.0.1
  User core
  Port {port}
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  PasswordAuthentication no
  IdentityFile "/home/a user/.vagrant.d/insecure_private_key"
  IdentityFile /another
  IdentitiesOnly yes
  LogLevel FATAL

"""


def test_every_machine_of_a_cluster_is_read() -> None:
    hosts = parse(BLOCK.format(name="core-01", port=2222) + BLOCK.format(name="core-02", port=2200))
    assert list(hosts) == ["core-01", "core-02"]
    key = "/home/a user/.vagrant.d/insecure_private_key"
    assert hosts["core-02"] == Host("core-02", "127.0.0.1", 2200, "core", key)


def test_chatter_before_the_first_block_is_passed_over() -> None:
    assert parse("==> vagrant: a new version\n\n" + BLOCK.format(name="core-01", port=1)).keys() == {"core-01"}


def test_a_cut_block_is_named() -> None:
    with pytest.raises(ValueError, match="ssh-config of core-01 has no Port line"):
        parse("Host core-01\n  HostName 127.0.0.1\n")


def test_what_is_written_is_read_again() -> None:
    hosts = [Host(f"core-0{number}", "127.0.0.1", 2200 + number, "core", "/home/a user/key") for number in (1, 2)]
    assert list(parse(text(hosts)).values()) == hosts
