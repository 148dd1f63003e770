"""Commands on other machines, and tunnels: V59 to V65."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cluster.ssh import CommandResult
from tests.functional.lab import Lab
from tests.functional.node import TCP, Node

NO_AGENT = "env -u SSH_AUTH_SOCK"
UNCHECKED = "--strict-host-key-checking=false"
KNOWN = "/etc/ssh/ssh_known_hosts"
KEY = "/etc/ssh/ssh_host_ed25519_key"


def test_v59_status_on_the_units_own_machine_needs_no_ssh(lab: Lab) -> None:
    lab.good("start a")
    lab.wait_active("a.service")
    assert "Active: active" in lab.good("status a", given=NO_AGENT).stdout
    lab.good("load b1")
    (here,) = (node for node in lab.nodes if node.place in "".join(lab.units("--fields=unit,machine")[1:]))
    assert lab("status b1", on=here, given=NO_AGENT).status == 3


def test_v60_status_journal_and_ssh_from_another_machine(lab: Lab) -> None:
    lab.good("start a")
    lab.wait_active("a.service")
    assert "Active: active" in lab.good(f"{UNCHECKED} status a", on=lab.n2).stdout
    journal = lab.good(f"{UNCHECKED} journal --lines=3 --sudo a", on=lab.n2)
    assert "a.service" in journal.stdout
    assert lab.good(f"{UNCHECKED} ssh a hostname", on=lab.n2).lines == [lab.n1.machine.name]
    assert lab.good(f"{UNCHECKED} ssh 1111 -- uptime -p", on=lab.n2).stdout.startswith("up ")
    assert lab(f"{UNCHECKED} ssh --machine 1111 'exit 7'", on=lab.n2).status == 7


@pytest.mark.parametrize("command", ["status", "journal"])
def test_v61_without_an_agent_it_says_so(lab: Lab, command: str) -> None:
    lab.good("start a")
    lab.wait_active("a.service")
    done = status_of(lab, f"{NO_AGENT} fleetctl {command} a", lab.n2)
    assert done.lines == ["status 255"]
    assert "SSH_AUTH_SOCK" in done.stderr


def status_of(lab: Lab, command: str, node: Node) -> CommandResult:
    """Run a command whose status may be 255, which would be taken for our own ssh's; it is printed instead."""
    return node.run(f'cd {lab.folder.there}; {command}; echo "status $?"')


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unknown", "does not exist."),
        ("a", "does not appear to be running."),
        ("g", "Unable to retrieve journal of global unit"),
    ],
)
def test_v62_a_journal_that_is_not_there(lab: Lab, name: str, words: str) -> None:
    lab.good("submit a g")
    refused = lab(f"journal {name}")
    assert refused.status == 1
    assert words in refused.stderr


def test_v63_status_of_several_units_ends_with_the_first_that_is_not_well(lab: Lab) -> None:
    lab.write("b1.service", "[Service]\nExecStart=/bin/sleep 100000\n\n[X-Fleet]\nMachineOf=a.service\n")
    lab.good("load a b1")
    lab.good("start a")
    lab.wait_active("a.service")
    done = lab("status a b1")
    assert done.status == 3
    blocks = [index for index, line in enumerate(done.lines) if re.match(r"\W (a|b1)\.service", line)]
    assert len(blocks) == 2
    assert done.lines[blocks[1] - 1] == ""


@pytest.mark.parametrize("more", ["", f"--endpoint=http://{TCP} "], ids=["socket", "tcp"])
def test_v64_a_tunnel_leads_to_another_machines_fleet(lab: Lab, more: str) -> None:
    table = lab.good("list-machines").stdout
    with fleet_is_away(lab.n1):
        assert lab("list-machines").status == 1
        assert lab.good(f"{more}--tunnel={lab.n2.ip} list-machines").stdout == table
        assert lab.good(f"{more}list-machines", given=f"FLEETCTL_TUNNEL={lab.n2.ip}:22").stdout == table


@contextmanager
def fleet_is_away(node: Node) -> Iterator[None]:
    """Have nobody listen at the machine's own endpoints, so that what answers is another machine; it stays listed."""
    node.run("sudo mv /var/run/fleet.sock /var/run/fleet.away")
    try:
        yield
    finally:
        node.run("sudo mv /var/run/fleet.away /var/run/fleet.sock")


def test_v65_a_host_key_is_asked_for_once_and_a_changed_one_is_refused(lab: Lab) -> None:
    with unknown_hosts(lab.n1):
        first = ssh(lab, "yes")
        assert "core-02" in first.stdout, first
        assert lab.n1.run("cat ~/.fleetctl/known_hosts").stdout.startswith(f"{lab.n2.ip} ")
        with another_key(lab.n2):
            refused = ssh(lab, "")
            assert refused.status != 0
            assert "IDENTIFICATION HAS CHANGED" in refused.stdout
            lab.n1.run("rm ~/.fleetctl/known_hosts")
            assert "core-02" in ssh(lab, "yes").stdout


def ssh(lab: Lab, answer: str) -> CommandResult:
    """Run `fleetctl ssh` at a terminal, where OpenSSH asks."""
    command = f"fleetctl ssh {lab.n2.id[:4]} hostname"
    return lab.n1.run(
        "(sleep 1; echo %s; sleep 2) | script --quiet --return --command %s /dev/null; exit $(($? & 127))",
        answer,
        command,
        check=False,
    )


@contextmanager
def unknown_hosts(node: Node) -> Iterator[None]:
    """Have the machine know nobody's key."""
    node.run(f"sudo mv {KNOWN} {KNOWN}.away; rm -rf ~/.fleetctl")
    try:
        yield
    finally:
        node.run(f"sudo mv {KNOWN}.away {KNOWN}; rm -rf ~/.fleetctl")


@contextmanager
def another_key(node: Node) -> Iterator[None]:
    """Give the machine another host key."""
    node.run(
        f"sudo mkdir /etc/ssh/away && sudo mv {KEY} {KEY}.pub /etc/ssh/away/"
        f" && sudo ssh-keygen -q -t ed25519 -N '' -f {KEY} && sudo systemctl restart ssh"
    )
    try:
        yield
    finally:
        node.run("sudo mv -f /etc/ssh/away/* /etc/ssh/ && sudo rmdir /etc/ssh/away && sudo systemctl restart ssh")
