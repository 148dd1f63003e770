"""The host is made ready, or one message says everything that a person must do."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from cluster.host import HostNotReady, ThisHost, prepare
from cluster.host.check import Cure
from cluster.host.command import RootCommandFailed
from cluster.host.engine import Engine, State
from cluster.host.needs import INOTIFY_LIMIT, NEEDS, Place, disk_mib, inotify, memory_mib
from cluster.host.net import Use
from cluster.host.survey import Disk, Facts
from cluster.hostlock import HostLock
from cluster.settings import Settings

SETTINGS = Settings()
READY = Facts(
    kernel="Linux",
    architecture="x86_64",
    distribution="Debian GNU/Linux 12 (bookworm)",
    apt=True,
    systemd=False,
    user="kim",
    root=False,
    sudo=True,
    missing=(),
    bare_client="",
    memory=24 * 1024,
    inotify=128,
    disks=(Disk("/", 50 * 1024, tuple(Place)),),
    engine=Engine(State.ANSWERS),
    uses=(Use("interface eth0", IPv4Network("10.0.0.0/24")),),
)
NOTHING_INSTALLED = replace(READY, missing=NEEDS, engine=Engine(State.SILENT), bare_client="/usr/local/bin/docker")


class DummyHost:
    """A host whose cures work, except those that are named."""

    def __init__(self, facts: Facts, *, useless: tuple[Cure, ...] = (), failing: tuple[Cure, ...] = ()) -> None:
        self._facts = facts
        self._useless = useless
        self._failing = failing
        self.done: list[Cure] = []

    def facts(self) -> Facts:
        return self._facts

    def cure(self, by: Cure, facts: Facts) -> None:
        self.done.append(by)
        if by in self._failing:
            raise RootCommandFailed("apt-get install: exit 100\n      E: Unable to locate package vagrant")
        if by in self._useless:
            return
        if by is Cure.INSTALL:
            self._facts = replace(self._facts, missing=(), bare_client="")
        elif by is Cure.START:
            state = State.ANSWERS if facts.root else State.FORBIDDEN
            self._facts = replace(self._facts, engine=Engine(state))
        elif by is Cure.RAISE:
            self._facts = replace(self._facts, inotify=INOTIFY_LIMIT)
        else:
            self._facts = replace(self._facts, engine=Engine(State.ANSWERS))


def refusal(host: DummyHost, settings: Settings = SETTINGS, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(HostNotReady) as caught:
        prepare(settings, host=host, environment=environment or {})
    assert caught.value.status == 2
    return str(caught.value)


def test_a_ready_host_is_left_alone() -> None:
    host = DummyHost(READY)
    prepare(SETTINGS, host=host, environment={})
    assert host.done == []


@pytest.mark.parametrize("root", [True, False])
def test_a_fresh_host_is_installed_then_docker_started_then_the_user_let_in(root: bool) -> None:
    host = DummyHost(replace(NOTHING_INSTALLED, root=root))
    prepare(SETTINGS, host=host, environment={})
    assert host.done == [Cure.INSTALL, Cure.START, *([] if root else [Cure.ALLOW])]


def test_without_root_or_sudo_nothing_is_done_and_one_command_cures_it() -> None:
    host = DummyHost(replace(NOTHING_INSTALLED, sudo=False))
    words = refusal(host)
    assert host.done == []
    assert (
        "not installed: vagrant (makes and removes the machines), dockerd (the docker engine: runs the machines)"
        in words
    )
    assert "/usr/local/bin/docker is a client without an engine" in words
    assert (
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends vagrant docker.io mmdebstrap "
        "debian-archive-keyring openssh-client chromium chromium-driver etcd-server etcd-client\n"
    ) in words
    assert words.endswith("(nothing was changed: kim is not root and has no passwordless sudo)")


def test_installing_can_be_forbidden() -> None:
    host = DummyHost(NOTHING_INSTALLED)
    words = refusal(host, environment={"CLUSTER_NO_INSTALL": "1"})
    assert host.done == []
    assert "cure: sudo apt-get update" in words
    assert words.endswith("(nothing was changed: CLUSTER_NO_INSTALL is set)")


def test_where_installing_is_forbidden_docker_may_still_be_started() -> None:
    host = DummyHost(replace(READY, root=True, engine=Engine(State.SILENT)))
    prepare(SETTINGS, host=host, environment={"CLUSTER_NO_INSTALL": "1"})
    assert host.done == [Cure.START]


def test_on_a_system_without_apt_everything_is_named_and_left_to_the_user() -> None:
    host = DummyHost(replace(NOTHING_INSTALLED, apt=False, distribution="Fedora Linux 42", root=True))
    words = refusal(host)
    assert host.done == []
    assert "install them the way Fedora Linux 42 does" in words
    assert words.endswith("(nothing was changed)")


def test_a_docker_that_does_not_run_is_said_with_the_command_of_the_init_system() -> None:
    silent = replace(READY, sudo=False, engine=Engine(State.SILENT))
    assert "cure: sudo sh -c 'dockerd " in refusal(DummyHost(silent))
    assert "cure: sudo systemctl start docker\n" in refusal(DummyHost(replace(silent, systemd=True)))


def test_a_user_without_rights_on_docker_is_told_how_to_get_them() -> None:
    words = refusal(DummyHost(replace(READY, sudo=False, engine=Engine(State.FORBIDDEN))))
    assert "no right to docker's socket for kim" in words
    assert "cure: sudo usermod -aG docker kim, then log in again" in words


def test_a_docker_on_another_machine_is_refused() -> None:
    assert "cure: unset DOCKER_HOST" in refusal(DummyHost(replace(READY, engine=Engine(State.ELSEWHERE))))


def test_too_little_memory_is_said_with_figures_and_nothing_is_installed_first() -> None:
    host = DummyHost(replace(NOTHING_INSTALLED, memory=3100))
    words = refusal(host)
    assert host.done == []
    assert "memory: 3.0 GiB available, 4.4 GiB needed for 6 machines" in words
    assert "free another 1.3 GiB, or boot fewer machines: CLUSTER_MACHINES=3 (five instances need five)" in words
    assert "not installed: " in words


def test_memory_that_is_too_little_for_etcds_three_members_has_no_smaller_cluster() -> None:
    words = refusal(DummyHost(replace(READY, memory=memory_mib(3) - 1)))
    assert "CLUSTER_MACHINES" not in words


def test_too_little_disk_is_said_with_its_place_and_what_it_is_for() -> None:
    words = refusal(DummyHost(replace(READY, disks=(Disk("/", 1024, tuple(Place)),))))
    assert "disk at /: 1.0 GiB free, 6.1 GiB needed for 6 machines" in words
    assert "(docker's files, this project's folder, temporary files)" in words


def test_each_disk_must_have_room_for_its_own_share() -> None:
    large = Disk("/var/lib/docker", disk_mib(6, [Place.DOCKER]), (Place.DOCKER,))
    small = Disk("/tmp", 100, (Place.TEMPORARY,))
    words = refusal(DummyHost(replace(READY, disks=(large, small))))
    assert "disk at /tmp: 0.1 GiB free, 1.0 GiB needed for 6 machines (temporary files)" in words
    assert "disk at /var/lib/docker" not in words
    assert "CLUSTER_MACHINES" not in words


def test_a_cluster_that_runs_already_needs_no_room_for_itself() -> None:
    running = replace(
        READY, memory=500, disks=(Disk("/", 500, tuple(Place)),), engine=Engine(State.ANSWERS, machines=6)
    )
    prepare(SETTINGS, host=DummyHost(running), environment={})


@pytest.mark.parametrize("machines", [3, 6])
def test_exactly_what_is_needed_is_enough(machines: int) -> None:
    host = DummyHost(replace(READY, memory=memory_mib(machines), disks=(Disk("/", disk_mib(machines), tuple(Place)),)))
    prepare(Settings(machines=machines), host=host, environment={})


@pytest.mark.parametrize(
    ("others", "beside", "limit", "raised"),
    [(0, 0, inotify(6), 0), (0, 0, inotify(6) - 1, 1), (0, 1, 128, 1), (12, 0, 128, 1), (12, 1, inotify(18), 0)],
)
def test_the_limit_of_inotify_is_raised_where_all_machines_together_would_reach_it(
    others: int, beside: int, limit: int, raised: int
) -> None:
    engine = Engine(State.ANSWERS, machines=6, all_machines=6 + others)
    host = DummyHost(replace(READY, inotify=limit, engine=engine))
    prepare(replace(SETTINGS, beside=beside), host=host, environment={})
    assert host.done == [Cure.RAISE] * raised


def test_the_limit_is_raised_to_what_is_needed_where_that_is_more(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr("cluster.host.run", lambda *words: ran.append(words))
    facts = replace(READY, engine=Engine(State.ANSWERS, all_machines=194))
    ThisHost(SETTINGS, lambda _: None).cure(Cure.RAISE, facts)
    assert ran == [("sysctl", "-w", f"fs.inotify.max_user_instances={inotify(200)}")]


def test_who_waits_for_the_set_up_is_told_of_the_process_that_does_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told: list[str] = []

    class Slow(DummyHost):
        def cure(self, by: Cure, facts: Facts) -> None:
            told.append(HostLock("host").holder())
            super().cure(by, facts)

    prepare(SETTINGS, host=Slow(replace(READY, inotify=50)), environment={})
    assert told == [f"the set-up for esfleet (process {os.getpid()}, {SETTINGS.project})"]


def test_a_limit_of_inotify_that_must_not_be_raised_is_said_with_its_cure() -> None:
    words = refusal(DummyHost(replace(READY, inotify=50)), environment={"CLUSTER_NO_INSTALL": "1"})
    assert "fs.inotify.max_user_instances is 50: 6 machines need 88" in words
    assert "cure: sudo sysctl -w fs.inotify.max_user_instances=1024" in words


def test_a_taken_subnet_is_said_with_its_taker_and_a_free_one() -> None:
    uses = (
        Use("interface wg0", IPv4Network("192.168.57.0/28")),
        Use("docker network other of cluster other", IPv4Network("192.168.58.0/24")),
    )
    words = refusal(DummyHost(replace(READY, uses=uses)))
    assert "subnet 192.168.57.0/24 is taken by interface wg0 (192.168.57.0/28)" in words
    assert "cure: take another subnet: CLUSTER_SUBNET=192.168.59" in words


def test_where_no_choice_is_free_the_user_chooses() -> None:
    words = refusal(DummyHost(replace(READY, uses=(Use("interface eth0", IPv4Network("192.168.0.0/16")),))))
    assert "cure: take another subnet: CLUSTER_SUBNET with the first three numbers of a free network" in words


def test_another_architecture_is_refused() -> None:
    assert "Linux on aarch64: the machines need Linux on x86-64" in refusal(
        DummyHost(replace(READY, architecture="aarch64"))
    )


def test_all_problems_stand_in_one_message() -> None:
    words = refusal(
        DummyHost(replace(NOTHING_INSTALLED, memory=0, disks=(Disk("/", 0, tuple(Place)),), architecture="arm64"))
    )
    assert words.count("  - ") == words.count("      cure: ") == 4


def test_a_cure_that_does_not_help_is_not_tried_for_ever() -> None:
    host = DummyHost(NOTHING_INSTALLED, useless=(Cure.INSTALL,))
    words = refusal(host)
    assert host.done == [Cure.INSTALL]
    assert words.endswith("(tried to install, and it did not help)")


def test_a_cure_that_fails_brings_its_own_words() -> None:
    words = refusal(DummyHost(NOTHING_INSTALLED, failing=(Cure.INSTALL,)))
    assert "tried to install: apt-get install: exit 100\n      E: Unable to locate package vagrant" in words
