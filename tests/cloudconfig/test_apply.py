"""What the steps do to a machine."""

from __future__ import annotations

import pytest

from cloudconfig import config
from cloudconfig.apply import Applier, Failed
from cloudconfig.plan import plan
from tests.cloudconfig.recorder import Recorder

ADDRESSES = {"COREOS_PRIVATE_IPV4": "10.0.0.1"}


def apply(text: str, machine: Recorder, *, no_block: bool = False) -> list[str]:
    said: list[str] = []
    Applier(machine, said.append, no_block=no_block).apply(plan(config.read(text), ADDRESSES))
    return said


THREE = """
coreos:
  units:
    - {name: a.service, command: start}
    - {name: b.service, command: start}
    - {name: c.service, command: stop, content: x, enable: true}
"""


def test_commands_come_last_one_by_one_and_their_failure_is_only_logged() -> None:
    machine = Recorder(failing=("b.service",))
    said = apply(THREE, machine)
    assert machine.commands == [
        "systemctl enable --no-reload --force c.service",
        "systemctl daemon-reload",
        "systemctl start --job-mode=replace a.service",
        "systemctl start --job-mode=replace b.service",
        "systemctl stop --job-mode=replace c.service",
    ]
    assert said[-3:] == ["start a.service: done", "start b.service: failed (exit 1)", "stop c.service: done"]


def test_during_boot_commands_are_queued_and_not_waited_for() -> None:
    machine = Recorder()
    said = apply(THREE, machine, no_block=True)
    assert machine.commands[2:] == [
        "systemctl start --job-mode=replace --no-block a.service b.service",
        "systemctl stop --job-mode=replace --no-block c.service",
    ]
    assert said[-2:] == ["start a.service b.service: queued", "stop c.service: queued"]


def test_nothing_is_started_or_reloaded_below_another_root() -> None:
    machine = Recorder(live=False)
    apply(THREE + "hostname: x\n", machine)
    assert machine.commands == ["systemctl enable --no-reload --force c.service"]
    assert machine.files["/etc/hostname"] == b"x\n"
    assert "hostname x" not in machine.changes


def test_an_enable_that_fails_ends_the_application() -> None:
    machine = Recorder(failing=("enable",))
    with pytest.raises(Failed, match=r"systemctl enable .* c.service: exit 1"):
        apply(THREE, machine)
    assert len(machine.commands) == 1


def test_a_mask_takes_the_place_of_the_units_file() -> None:
    machine = Recorder()
    machine.files["/etc/systemd/system/a.service"] = b"[Service]\n"
    apply("coreos: {units: [{name: a.service, mask: true}]}", machine)
    assert machine.links == {"/etc/systemd/system/a.service": "/dev/null"}
    assert "/etc/systemd/system/a.service" not in machine.files


def test_the_section_of_a_daemon_lifts_its_runtime_mask() -> None:
    machine = Recorder()
    machine.links["/run/systemd/system/fleet.service"] = "/dev/null"
    apply("coreos: {fleet: {agent_ttl: 5s}}", machine)
    assert machine.links == {}


def test_a_runtime_unit_with_content_is_not_taken_for_a_mask() -> None:
    machine = Recorder()
    apply("coreos: {units: [{name: a.service, runtime: true, content: x}]}", machine)
    assert machine.files["/run/systemd/system/a.service"] == b"x"


def test_addresses_are_merged_into_the_environment_and_the_rest_stays() -> None:
    machine = Recorder()
    machine.files["/etc/environment"] = b"# mine\nCOREOS_PRIVATE_IPV4=1.1.1.1\nA=b"
    apply("", machine)
    assert machine.files["/etc/environment"] == b"# mine\nCOREOS_PRIVATE_IPV4=10.0.0.1\nA=b\n"


def test_a_second_run_does_not_touch_the_environment() -> None:
    machine = Recorder()
    apply("", machine)
    machine.changes.clear()
    assert apply("", machine) == []
    assert machine.changes == []


def test_the_update_file_starts_from_the_one_of_the_system() -> None:
    machine = Recorder()
    machine.files["/usr/share/coreos/update.conf"] = b"GROUP=stable\n"
    apply("coreos: {update: {reboot_strategy: off}}", machine)
    assert machine.files["/etc/coreos/update.conf"] == b"GROUP=stable\nREBOOT_STRATEGY=off\n"


def test_localhost_still_resolves_when_the_hosts_are_managed() -> None:
    machine = Recorder()
    apply("manage_etc_hosts: localhost", machine)
    assert machine.files["/etc/hosts"] == b"127.0.0.1 localhost\n127.0.0.1 found\n"


def test_a_file_gets_its_mode_and_its_owner() -> None:
    machine = Recorder()
    apply("write_files: [{path: /x, permissions: '4755', owner: 'core:sudo'}, {path: /y, owner: '7:8'}]", machine)
    assert machine.modes["/x"] == (0o4755, (500, 27))
    assert machine.modes["/y"] == (0o644, (7, 8))


KIM = """
users:
  - name: kim
    passwd: $6$hash
    gecos: Kim K
    groups: [sudo, docker]
    shell: /bin/sh
    no_user_group: true
"""


def test_a_new_user_is_made_and_its_hash_is_in_no_command_line() -> None:
    machine = Recorder()
    apply(KIM, machine)
    assert machine.commands == [
        "useradd --password * --create-home --comment Kim K --groups sudo,docker --shell /bin/sh --no-user-group kim",
        "chpasswd -e",
    ]
    assert machine.inputs[1] == "kim:$6$hash\n"


def test_of_a_user_that_exists_only_password_and_keys_change() -> None:
    machine = Recorder()
    apply("users: [{name: core, shell: /bin/sh, passwd: h, ssh_authorized_keys: [k]}]", machine)
    assert machine.commands == ["chpasswd -e"]
    assert machine.files["/home/core/.ssh/authorized_keys"] == b"k\n"


def test_keys_that_were_there_stay_and_changed_ones_replace_their_own_only() -> None:
    machine = Recorder()
    machine.files["/home/core/.ssh/authorized_keys"] = b"vagrant"
    apply("ssh_authorized_keys: [one]", machine)
    apply("ssh_authorized_keys: [two]", machine)
    assert machine.files["/home/core/.ssh/authorized_keys"] == b"two\nvagrant\n"
    assert machine.modes["/home/core/.ssh/authorized_keys"] == (0o600, (500, 501))
    assert machine.modes["/home/core/.ssh"] == (0o700, (500, 501))
