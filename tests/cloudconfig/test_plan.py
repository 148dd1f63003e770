"""Which steps a cloud-config means, and in which order."""

from __future__ import annotations

from collections.abc import Callable

from cloudconfig.actions import (
    Action,
    AuthorizeKeys,
    Command,
    Enable,
    EnsureUser,
    Mask,
    MergeLines,
    Reload,
    SetHostname,
    Unmask,
    WriteFile,
    WriteHosts,
)
from cloudconfig.config import File, User

Planned = Callable[[str], list[Action]]
ENVIRONMENT = MergeLines("/etc/environment", (("COREOS_PRIVATE_IPV4", "10.0.0.1"),))

EVERYTHING = """
coreos:
  units:
    - name: a.service
      content: "[Service]\\n"
      drop_ins:
        - {name: 10-x.conf, content: "[Unit]\\n"}
      enable: true
      command: start
    - {name: b.service, mask: true, command: stop}
    - {name: c.service, runtime: true, content: "[Unit]\\n", enable: true}
  fleet: {agent_ttl: 5s}
  etcd2: {name: one}
  update: {reboot_strategy: off, group: beta}
manage_etc_hosts: localhost
write_files:
  - {path: /etc/one, content: "1", permissions: 0600, owner: "core:core"}
ssh_authorized_keys: [" ssh-rsa A "]
users: [{name: kim, ssh_authorized_keys: [ssh-rsa B]}]
hostname: core-01
"""


def drop_in(service: str, text: str) -> WriteFile:
    return WriteFile(File(f"/run/systemd/system/{service}.service.d/20-cloudinit.conf", text.encode()))


def test_the_order_is_coreos_own_whatever_the_order_in_the_file(planned: Planned) -> None:
    assert planned(EVERYTHING) == [
        SetHostname("core-01"),
        EnsureUser(User("kim", ssh_authorized_keys=("ssh-rsa B",))),
        AuthorizeKeys("kim", ("ssh-rsa B",)),
        AuthorizeKeys("core", ("ssh-rsa A",)),
        WriteFile(File("/etc/one", b"1", 0o600, "core:core")),
        MergeLines(
            "/etc/coreos/update.conf", (("GROUP", "beta"), ("REBOOT_STRATEGY", "off")), "/usr/share/coreos/update.conf"
        ),
        WriteHosts("core-01"),
        ENVIRONMENT,
        WriteFile(File("/etc/systemd/system/a.service", b"[Service]\n")),
        WriteFile(File("/etc/systemd/system/a.service.d/10-x.conf", b"[Unit]\n")),
        Enable("a.service", runtime=False),
        Mask("/etc/systemd/system/b.service"),
        WriteFile(File("/run/systemd/system/c.service", b"[Unit]\n")),
        Unmask("/run/systemd/system/c.service"),
        Enable("c.service", runtime=True),
        drop_in("etcd2", '[Service]\nEnvironment="ETCD_NAME=one"\n'),
        Unmask("/run/systemd/system/etcd2.service"),
        drop_in("fleet", '[Service]\nEnvironment="FLEET_AGENT_TTL=5s"\n'),
        Unmask("/run/systemd/system/fleet.service"),
        Mask("/run/systemd/system/locksmithd.service"),
        Reload(),
        Command("start", "a.service"),
        Command("stop", "b.service"),
        Command("stop", "locksmithd.service"),
        Command("restart", "update-engine.service"),
    ]


def test_a_drop_in_has_its_lines_in_cloudinits_order_and_leaves_out_what_is_zero(planned: Planned) -> None:
    text = "coreos: {fleet: {verify_units: false, verbosity: 0, public_ip: 1.2.3.4, etcd_request_timeout: 2.0, "
    text += "engine_reconcile_interval: 2.5, disable_engine: yes, metadata: 'a=b,c=%H', agent_ttl: ''}}"
    wanted = (
        "[Service]\n"
        'Environment="FLEET_DISABLE_ENGINE=true"\n'
        'Environment="FLEET_ENGINE_RECONCILE_INTERVAL=2.5"\n'
        'Environment="FLEET_ETCD_REQUEST_TIMEOUT=2"\n'
        'Environment="FLEET_METADATA=a=b,c=%H"\n'
        'Environment="FLEET_PUBLIC_IP=1.2.3.4"\n'
    )
    assert drop_in("fleet", wanted) in planned(text)


def test_an_empty_section_writes_no_drop_in(planned: Planned) -> None:
    assert planned("coreos: {fleet: {}, etcd2: {debug: false}}") == [ENVIRONMENT]


def test_an_environment_file_of_the_users_own_is_left_alone(planned: Planned) -> None:
    assert planned("write_files: [{path: /etc/environment, content: A=1}]") == [
        WriteFile(File("/etc/environment", b"A=1"))
    ]


def test_a_command_alone_needs_no_reload(planned: Planned) -> None:
    assert planned("coreos: {units: [{name: a.service, command: restart}]}") == [
        ENVIRONMENT,
        Command("restart", "a.service"),
    ]


def test_network_files_go_to_networkd_which_is_restarted_before_any_command(planned: Planned) -> None:
    text = "coreos: {units: [{name: a.service, command: start}, {name: 1.network, content: x, runtime: true}]}"
    assert planned(text)[1:] == [
        WriteFile(File("/run/systemd/network/1.network", b"x")),
        Unmask("/run/systemd/network/1.network"),
        Reload(),
        Command("restart", "systemd-networkd.service"),
        Command("start", "a.service"),
    ]


def test_an_update_strategy_other_than_off_restarts_locksmith(planned: Planned) -> None:
    assert planned("coreos: {update: {reboot_strategy: etcd-lock}}")[-1] == Command("restart", "locksmithd.service")


def test_the_keys_of_core_and_those_at_the_top_level_are_both_let_in(planned: Planned) -> None:
    steps = planned("users: [{name: core, ssh_authorized_keys: [a]}]\nssh_authorized_keys: [b]")
    assert AuthorizeKeys("core", ("a", "b")) in steps
