"""What is installed, under which names, and what is said meanwhile."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cluster.host.command import RootCommandFailed, run
from cluster.host.needs import NEEDS
from cluster.host.packages import Progress, chosen, parse_policy

DEBIAN_12 = """vagrant:
  Installed: (none)
  Candidate: 2.3.4+dfsg-1+deb12u1
  Version table:
     2.3.4+dfsg-1+deb12u1 500
docker.io:
  Installed: (none)
  Candidate: 20.10.24+dfsg1-1+deb12u1+b6
docker-ce:
  Installed: (none)
  Candidate: (none)
"""


def test_apts_policy_tells_what_can_be_installed() -> None:
    assert parse_policy(DEBIAN_12) == {"vagrant": True, "docker.io": True, "docker-ce": False}


def test_each_need_gets_its_first_package_that_there_is() -> None:
    everything = {name: True for need in NEEDS for name in need.packages}
    assert "docker-cli" in chosen(NEEDS, everything)
    before = chosen(NEEDS, everything | {"docker-cli": False})
    assert before == [
        "vagrant",
        "docker.io",
        "mmdebstrap",
        "debian-archive-keyring",
        "openssh-client",
        "chromium",
        "chromium-driver",
        "etcd-server",
        "etcd-client",
    ]


def test_an_archive_without_a_package_is_named_before_anything_is_installed() -> None:
    archive = {name: name != "vagrant" for need in NEEDS for name in need.packages}
    with pytest.raises(RootCommandFailed, match=r"has no vagrant \(makes and removes the machines\)"):
        chosen(NEEDS, archive)


def test_progress_is_a_few_lines_and_ends_with_the_last_package() -> None:
    said: list[str] = []
    progress = Progress(said.append)
    progress("0 upgraded, 63 newly installed, 0 to remove and 4 not upgraded.")
    progress("Need to get 176 MB of archives.")
    for step in ("Unpacking", "Setting up"):
        for number in range(63):
            progress(f"{step} package-{number} (1.0) ...")
    assert said == [
        "host: 63 packages, 176 MB of archives.",
        "host: unpacking: 50 of 63",
        "host: unpacking: 63 of 63",
        "host: setting up: 50 of 63",
        "host: setting up: 63 of 63",
    ]


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="runs a command as root")


@needs_root
def test_a_command_that_fails_ends_with_its_last_words_and_leaves_its_log(tmp_path: Path) -> None:
    followed: list[str] = []
    script = "import sys; print('one'); print('two', file=sys.stderr); sys.exit(3)"
    with pytest.raises(RootCommandFailed) as caught:
        run(sys.executable, "-uc", script, log=tmp_path / "logs" / "x.log", follow=followed.append)
    assert str(caught.value).endswith("exit 3\n      one\n      two")
    assert followed == ["one", "two"]
    assert "one\ntwo\n" in (tmp_path / "logs" / "x.log").read_text()
