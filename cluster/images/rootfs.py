"""Debian roots as container images: mmdebstrap's output, straight into docker.

apt verifies every package source by its signature; a source that fails the check ends the build.
"""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import tempfile
from pathlib import Path

from cluster.dockercli import DockerError, docker
from cluster.errors import InfraError
from cluster.host.command import as_root

LEFT_OUT = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")
"""What no machine needs of a package."""

KEPT = "/usr/share/doc/*/copyright"
"""What must come with every copy of a package."""

OPTIONS = (*(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT), f"--dpkgopt=path-include={KEPT}")
"""What mmdebstrap is told for every root; of two patterns that match, dpkg takes the later."""


class RootError(InfraError):
    """A Debian root could not be built; the message ends with what mmdebstrap said."""


def packages(listing: Path) -> list[str]:
    """Return the package names of a file: one a line, `#` starts a comment."""
    lines = (line.partition("#")[0].strip() for line in listing.read_text().splitlines())
    return [line for line in lines if line]


def import_root(tag: str, suite: str, included: list[str], hook: Path | None = None) -> None:
    """Build the root of a Debian suite with the packages and import it as `tag`.

    `hook` is run with the root's path before apt is first used: the place to add a package source.
    """
    command = ["mmdebstrap", "--mode=root", "--variant=minbase", f"--include={','.join(included)}", *OPTIONS]
    command += [f'--setup-hook={shlex.quote(str(hook))} "$1"'] if hook else []
    image = _imported(tag, as_root(f"TMPDIR={tempfile.gettempdir()}", *command, suite, "-"), suite)
    docker("tag", image, tag)


def _imported(tag: str, command: list[str], suite: str) -> str:
    """Run mmdebstrap into docker and return the image's id. It has no tag: a broken root must not be taken for one."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as built:
        imported = subprocess.Popen(
            ["docker", "import", "-"], stdin=built.stdout, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert built.stdout is not None
        assert built.stderr is not None
        built.stdout.close()  # mmdebstrap gets SIGPIPE where docker fails
        said = built.stderr.read().decode(errors="replace")
        image, refused = imported.communicate()
    if built.returncode != 0:
        _forget(image.strip())
        raise RootError(f"mmdebstrap {suite}: exit {built.returncode}:\n{_tail(said)}")
    if imported.returncode != 0:
        raise RootError(f"docker import of {tag}: {refused.strip()}")
    return image.strip()


def _forget(image: str) -> None:
    """Remove what docker made of a root that broke off half-way."""
    with contextlib.suppress(DockerError):
        docker("image", "rm", image)


def _tail(text: str, lines: int = 12) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
