"""Commands on a machine: three outcomes kept apart, and no word split by surprise."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from cluster.errors import CommandFailed, InfraError, MachineUnreachable
from cluster.ssh import Ssh, quoted
from cluster.sshagent import SshAgent


@pytest.fixture
def local(tmp_path: Path) -> Ssh:
    """An ssh that reaches every machine, as it is this one: it runs its last argument in a shell."""
    fake = tmp_path / "ssh"
    fake.write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
    fake.chmod(0o755)
    return Ssh(tmp_path / "config", executable=str(fake))


def test_a_command_gives_its_output_and_status(local: Ssh) -> None:
    result = local.run("core-01", "echo out; echo err >&2; exit 3", check=False)
    assert (result.stdout, result.stderr, result.status, result.ok) == ("out\n", "err\n", 3, False)


def test_a_failed_command_says_where_what_and_why(local: Ssh) -> None:
    with pytest.raises(CommandFailed, match=r"(?s)core-02\$ .*status 3.*err: no such unit"):
        local.run("core-02", "echo no such unit >&2; exit 3")


def test_a_machine_that_is_not_reached_is_no_failed_command(local: Ssh) -> None:
    with pytest.raises(MachineUnreachable, match="status 255"):
        local.run("core-01", "exit 255", check=False)


def test_a_command_without_end_is_ended(local: Ssh) -> None:
    with pytest.raises(MachineUnreachable, match=r"no end after 0\.1 s"):
        local.run("core-01", "sleep 60", within=0.1)


def test_arguments_stay_single_words(local: Ssh) -> None:
    nasty = "a b; echo $HOME 'x'"
    assert local.run("core-01", "printf %%s %s", nasty).stdout == nasty
    assert shlex.split(quoted("cat %s", nasty)) == ["cat", nasty]


def test_without_arguments_a_percent_sign_is_a_percent_sign() -> None:
    assert quoted("date +%s") == "date +%s"


def test_the_operators_agent_is_forwarded(tmp_path: Path) -> None:
    ssh = Ssh(tmp_path / "config", agent="/somewhere/agent")
    assert "-A" in ssh.arguments("core-01", "true")
    assert ssh.environment["SSH_AUTH_SOCK"] == "/somewhere/agent"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    return tmp_path / "key"


def test_the_agent_holds_the_key_and_ends_with_us(key: Path) -> None:
    with SshAgent(key) as agent:
        environment = os.environ | {"SSH_AUTH_SOCK": agent.socket}
        listed = subprocess.run(["ssh-add", "-l"], env=environment, capture_output=True, text=True, check=True)
        assert "ED25519" in listed.stdout
    assert not Path(agent.socket).exists()


def test_a_key_that_is_none_leaves_no_agent_behind(tmp_path: Path) -> None:
    with pytest.raises(InfraError, match="ssh-add"):
        SshAgent(tmp_path / "missing")
