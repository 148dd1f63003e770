"""The command, on real files below a folder that stands for a machine."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from cloudconfig.main import main
from tests.cloudconfig.recorder import GROUP, PASSWD

GOOD = """#cloud-config
coreos:
  fleet:
    public_ip: $private_ipv4
  units:
    - name: docker.service
      mask: true
    - name: fleet.service
      command: start
write_files:
  - path: /etc/motd
    permissions: 0600
    content: |
      \\$private_ipv4 is $private_ipv4, $HOME stays
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("COREOS_PRIVATE_IPV4", raising=False)
    etc = tmp_path / "root" / "etc"
    etc.mkdir(parents=True)
    (etc / "passwd").write_text(PASSWD)
    (etc / "group").write_text(GROUP)
    (etc / "environment").write_text("COREOS_PRIVATE_IPV4=10.0.0.7\n")
    return etc.parent


@pytest.fixture
def user_data(tmp_path: Path) -> Path:
    (tmp_path / "user-data").write_text(GOOD)
    return tmp_path / "user-data"


def contents(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("dash", ["-", "--"])
def test_it_applies_with_one_dash_or_two(dash: str, root: Path, user_data: Path) -> None:
    assert main([f"{dash}from-file={user_data}", f"--root={root}"]) == 0
    assert (root / "etc/motd").read_text() == "$private_ipv4 is 10.0.0.7, $HOME stays\n"
    assert (root / "etc/motd").stat().st_mode & 0o777 == 0o600
    drop_in = root / "run/systemd/system/fleet.service.d/20-cloudinit.conf"
    assert drop_in.read_text() == '[Service]\nEnvironment="FLEET_PUBLIC_IP=10.0.0.7"\n'
    assert (root / "etc/systemd/system/docker.service").readlink() == Path("/dev/null")


def test_the_environment_of_the_process_comes_first(
    root: Path, user_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COREOS_PRIVATE_IPV4", "10.0.0.8")
    assert main(["-from-file", str(user_data), f"--root={root}"]) == 0
    assert "10.0.0.8" in (root / "etc/motd").read_text()
    assert (root / "etc/environment").read_text() == "COREOS_PRIVATE_IPV4=10.0.0.8\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mask: true", "masked: true"),
        ("0600", "0888"),
        ("$private_ipv4\n  units", "$public_ipv6\n  units"),
        ("#cloud-config", "#cloud"),
        ("permissions: 0600", "owner: nobody_known"),
    ],
)
def test_bad_input_changes_nothing(
    before: str, after: str, root: Path, user_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    user_data.write_text(GOOD.replace(before, after))
    found = contents(root)
    assert main([f"--from-file={user_data}", f"--root={root}"]) == 1
    assert contents(root) == found
    output = capsys.readouterr()
    assert output.out == ""
    assert "error: " in output.err or "nothing was changed" in output.err


def test_a_good_file_validates_in_silence_on_any_host(user_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-validate", f"-from-file={user_data}"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_bad_file_validates_with_status_1_and_a_line_number(
    user_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    user_data.write_text(GOOD.replace("mask:", "maks:"))
    assert main(["--validate", f"--from-file={user_data}"]) == 1
    assert capsys.readouterr().out == ('line 7: error: unknown key "maks" in coreos.units[0]: did you mean "mask"?\n')


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"--from-file={tmp_path}/none"]) == 1
    assert capsys.readouterr().err == f"cannot read {tmp_path}/none: No such file or directory\n"


def test_compressed_user_data_is_applied(root: Path, user_data: Path) -> None:
    user_data.write_bytes(gzip.compress(GOOD.encode()))
    assert main([f"--from-file={user_data}", f"--root={root}"]) == 0
    assert (root / "etc/motd").exists()


def test_an_ignition_config_is_left_to_ignition(
    root: Path, user_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    user_data.write_text('{"ignition": {"version": "2.0.0"}}')
    assert main([f"--from-file={user_data}", f"--root={root}"]) == 0
    assert "Detected an Ignition config" in capsys.readouterr().out


def test_no_file_at_all_is_a_wrong_command_line() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["-validate"])
    assert caught.value.code == 2


def test_the_projects_own_user_data_has_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    project = Path(__file__).resolve().parent.parent.parent
    assert main(["-validate", f"-from-file={project}/cloud-config/user-data"]) == 0, capsys.readouterr().out
