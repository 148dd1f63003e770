"""What a machine makes of the shared image store when it boots."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "images/machine/files/usr/lib/machine/image-store"


def boot(store: Path, docker: Path, programs: Path) -> list[str]:
    """Run the script beside a `mount` that only notes what it was asked; return that."""
    programs.mkdir(exist_ok=True)
    noted = programs.parent / "mounted"
    noted.unlink(missing_ok=True)
    (programs / "mount").write_text(f'#!/bin/sh\necho "$@" >>{noted}\n')
    (programs / "mountpoint").write_text("#!/bin/sh\nexit 1\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    subprocess.run(["sh", str(SCRIPT), str(store), str(docker)], check=True, env={**os.environ, "PATH": path})
    return noted.read_text().splitlines() if noted.exists() else []


def test_the_layers_content_is_mounted_and_not_copied(tmp_path: Path) -> None:
    store, docker = tmp_path / "store", tmp_path / "docker"
    layer = store / "overlay2/one"
    (layer / "diff/usr").mkdir(parents=True)
    (layer / "diff/usr/java").write_text("large")
    (layer / "link").write_text("ABC")
    (store / "image/overlay2").mkdir(parents=True)
    (store / "image/overlay2/repositories.json").write_text("{}")
    docker.mkdir()

    assert boot(store, docker, tmp_path / "bin") == [f"-o bind,ro {layer}/diff {docker}/overlay2/one/diff"]
    copied = {str(path.relative_to(docker)) for path in docker.rglob("*") if path.is_file()}
    assert copied == {"overlay2/one/link", "image/overlay2/repositories.json", ".from-store"}
    assert (docker / "overlay2/one/diff").is_dir()


def test_what_docker_has_written_since_is_not_copied_over(tmp_path: Path) -> None:
    store, docker = tmp_path / "store", tmp_path / "docker"
    (store / "overlay2/one/diff").mkdir(parents=True)
    (store / "image").mkdir()
    (store / "image/repositories.json").write_text("old")
    docker.mkdir()
    boot(store, docker, tmp_path / "bin")
    (docker / "image/repositories.json").write_text("new")
    assert len(boot(store, docker, tmp_path / "bin")) == 1
    assert (docker / "image/repositories.json").read_text() == "new"


def test_without_a_store_nothing_is_done(tmp_path: Path) -> None:
    assert boot(tmp_path / "none", tmp_path / "docker", tmp_path / "bin") == []
    assert not (tmp_path / "docker").exists()
