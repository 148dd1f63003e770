"""Vagrant, driven: against an executable that behaves as badly as the real one can."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cluster.eventually import eventually
from cluster.settings import Settings
from cluster.sshconfig import Host
from cluster.vagrant import Vagrant, VagrantFailed, environment

Script = Callable[[str], Vagrant]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(name="trial", machines=3, project=tmp_path)


@pytest.fixture
def scripted(settings: Settings, tmp_path: Path) -> Script:
    def make(script: str) -> Vagrant:
        fake = tmp_path / "vagrant"
        fake.write_text(f"#!/bin/sh\n{script}\n")
        fake.chmod(0o755)
        return Vagrant(settings, executable=str(fake))

    return make


def test_up_is_one_command_in_the_clusters_own_environment(scripted: Script, tmp_path: Path) -> None:
    scripted('echo "$@" "$CLUSTER_NAME" "$VAGRANT_DOTFILE_PATH" > told').up()
    assert (tmp_path / "told").read_text().split() == ["up", "trial", str(tmp_path / ".cluster/trial/vagrant")]


def test_the_environment_is_the_callers_and_more(settings: Settings) -> None:
    told = environment(settings)
    assert told["PATH"] == os.environ["PATH"]
    assert told["CLUSTER_MACHINES"] == "3"
    assert told["VAGRANT_NO_PLUGINS"] == "1"


def test_an_error_carries_what_vagrant_said_and_where_the_rest_is(scripted: Script, settings: Settings) -> None:
    with pytest.raises(VagrantFailed) as caught:
        scripted("echo bringing core-01 up; echo 'network esfleet is missing' >&2; exit 1").up()
    text = str(caught.value)
    assert "vagrant up: status 1" in text
    assert "bringing core-01 up" in text
    assert "network esfleet is missing" in text
    assert str(settings.folder / "vagrant.log") in text


def test_a_command_without_end_is_ended_with_its_children(scripted: Script, tmp_path: Path) -> None:
    vagrant = scripted("sleep 60 & echo $! > child; wait")
    started = time.monotonic()
    with pytest.raises(VagrantFailed, match=r"no end after 0\.3 s"):
        vagrant.up(within=0.3)
    assert time.monotonic() - started < 5
    child = Path(f"/proc/{(tmp_path / 'child').read_text().strip()}/stat")
    eventually("the child is dead", lambda: not child.exists() or child.read_text().split()[2] == "Z", within=5)


def test_progress_is_told_while_it_happens(settings: Settings, tmp_path: Path) -> None:
    told: list[str] = []
    fake = tmp_path / "vagrant"
    fake.write_text("#!/bin/sh\necho '==> core-01: starting'\n")
    fake.chmod(0o755)
    Vagrant(settings, executable=str(fake), say=told.append).up()
    assert told == ["==> core-01: starting"]


@pytest.mark.parametrize(
    "said",
    [
        "machine because it is locked!",
        "mtime: No such file or directory @ rb_file_s_mtime - /home/core/.vagrant.d/data/fp-leases/127_0_0_1_2222",
        "No such file or directory @ apply2files - /home/core/.vagrant.d/data/machine-index/7b19a9049cd348abbbe64.lock",
    ],
)
def test_what_vagrant_stumbles_over_in_passing_is_tried_again(scripted: Script, tmp_path: Path, said: str) -> None:
    scripted(f"echo x >> tries; test -f once && exit 0; touch once; echo '{said}' >&2; exit 1").up()
    assert (tmp_path / "tries").read_text().split() == ["x", "x"]


def test_all_tries_have_one_deadline(scripted: Script, tmp_path: Path) -> None:
    vagrant = scripted("echo x >> tries; sleep 0.7; echo 'machine because it is locked!' >&2; exit 1")
    with pytest.raises(VagrantFailed, match=r"no end after 1 s"):
        vagrant.up(within=1)
    assert (tmp_path / "tries").read_text().split() == ["x", "x"]


def test_an_error_of_ruby_is_told_without_the_calls_that_led_to_it(scripted: Script) -> None:
    message = "/usr/lib/a.rb:7:in `open': No such file (Errno::ENOENT)"
    calls = "\n".join(f"\tfrom /usr/lib/b-2.3/c.rb:{line}:in `block (2 levels) in run'" for line in range(40))
    with pytest.raises(VagrantFailed) as failed:
        scripted(f"cat >&2 <<'END'\n{message}\n{calls}\nEND\nexit 1").up()
    assert message in str(failed.value)
    assert "c.rb" not in str(failed.value)


def test_any_other_failure_is_not_tried_again(scripted: Script, tmp_path: Path) -> None:
    with pytest.raises(VagrantFailed):
        scripted("echo x >> tries; exit 1").up()
    assert (tmp_path / "tries").read_text().split() == ["x"]


def test_status_is_read_by_machine(scripted: Script) -> None:
    vagrant = scripted(
        "cat <<END\n1,core-01,metadata,provider,docker\n1,core-01,provider-name,docker\n1,core-01,state,running\n"
        "1,core-01,state-human-short,running\n1,core-01,state-human-long,It runs%!(VAGRANT_COMMA) yes\n"
        "1,core-02,metadata,provider,docker\n1,core-02,provider-name,docker\n1,core-02,state,stopped\nEND"
    )
    assert vagrant.status() == {"core-01": "running", "core-02": "stopped"}


def test_ssh_config_is_asked_once_and_again_after_up(scripted: Script, tmp_path: Path) -> None:
    vagrant = scripted(
        "echo x >> asked; test $1 = ssh-config || exit 0\n"
        "echo Host core-01; echo ' HostName h'; echo ' Port 22'; echo ' User core'; echo ' IdentityFile k'"
    )
    assert vagrant.ssh_config() == vagrant.ssh_config()
    assert (tmp_path / "asked").read_text().split() == ["x"]
    vagrant.up()
    vagrant.ssh_config()
    assert (tmp_path / "asked").read_text().split() == ["x"] * 3


def test_what_is_remembered_is_not_asked(scripted: Script, tmp_path: Path) -> None:
    vagrant = scripted("echo x >> asked")
    vagrant.up()
    host = Host("core-01", "127.0.0.1", 2201, "core", "/key")
    vagrant.remember([host])
    assert vagrant.ssh_config() == {"core-01": host}
    assert (tmp_path / "asked").read_text().split() == ["x"]
