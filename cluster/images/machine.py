"""The machine image: a Debian root, the wheels that fleetd and cloudconfig need, and our own packages."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cluster import dockercli
from cluster.errors import InfraError
from cluster.images import rootfs
from cluster.images.contenthash import content_hash

REPOSITORY = "elasticsearch-fleet/machine"
SUITE = "bookworm"
PACKAGES = ("fleet", "cloudconfig")
"""Our packages that live on a machine."""

VAGRANT_KEYS = "**/gems/vagrant-*/keys/vagrant.pub"


@dataclass(frozen=True)
class MachineImage:
    """What a machine boots from.

    `reference` changes with what is ours and what is pinned: our files and packages, the Python packages' versions,
    Vagrant's key. Debian's packages are those of the day on which the root was built.
    """

    project: Path

    @property
    def root(self) -> str:
        """The image of the Debian root."""
        listing = self._source / "packages"
        return f"{REPOSITORY}-root:{content_hash([listing], SUITE, *rootfs.OPTIONS)}"

    @property
    def reference(self) -> str:
        """The machine image."""
        paths = [self._source, vagrant_public_key(), *(self.project / package for package in PACKAGES)]
        return f"{REPOSITORY}:{content_hash(paths, self.root, *self._requirements)}"

    def build(self, reference: str, say: Callable[[str], None]) -> None:
        """Build the image as `reference`, and the root below it, unless they are there."""
        if dockercli.image_id(self.root) is None:
            say("machine image: Debian root with mmdebstrap (about 30 s)")
            rootfs.import_root(self.root, SUITE, rootfs.packages(self._source / "packages"))
        say("machine image: fleet, cloudconfig and what they need")
        with tempfile.TemporaryDirectory(prefix="machine-image-") as folder:
            self._stage(Path(folder))
            dockercli.build(Path(folder), reference, {"ROOT": self.root})

    @property
    def _source(self) -> Path:
        return self.project / "images" / "machine"

    @property
    def _requirements(self) -> list[str]:
        project = tomllib.loads((self.project / "pyproject.toml").read_text())
        return list(project["project"]["optional-dependencies"]["machine"])

    def _stage(self, context: Path) -> None:
        shutil.copy(self._source / "Dockerfile", context)
        shutil.copytree(self._source / "files", context / "files")
        for package in PACKAGES:
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(self.project / package, context / "packages" / package, ignore=ignore)
        shutil.copy(vagrant_public_key(), context / "authorized_keys")
        shutil.copytree(self._wheels(), context / "lib")

    def _wheels(self) -> Path:
        """The machine's Python packages, unpacked; fetched once a set of requirements and constraints."""
        constraints = self._source / "constraints.txt"
        kept = self.project / ".cluster" / "wheels" / content_hash([constraints], *self._requirements)
        if not kept.is_dir():
            part = kept.with_name(f"{kept.name}.part")
            shutil.rmtree(part, ignore_errors=True)
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--only-binary=:all:"]
            command += ["--python-version=3.11", "--disable-pip-version-check", "--root-user-action=ignore"]
            command += [f"--constraint={constraints}"]
            done = subprocess.run(
                [*command, f"--target={part}", *self._requirements], capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                raise InfraError(f"pip could not fetch the machine's packages:\n{done.stderr.strip()}")
            part.rename(kept)
        return kept


def vagrant_public_key() -> Path:
    """Return Vagrant's insecure public key, as the installed Vagrant brings it."""
    for prefix in (Path("/usr/share/rubygems-integration"), Path("/opt/vagrant/embedded")):
        for path in sorted(prefix.glob(VAGRANT_KEYS), reverse=True):
            return path
    raise InfraError("the installed Vagrant has no keys/vagrant.pub")
