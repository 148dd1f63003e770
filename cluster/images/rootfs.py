"""Debian roots as container images: mmdebstrap's output, straight into docker.

apt verifies every package source by its signature; a source that fails the check ends the build.
"""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

from cluster.dockercli import DockerError, docker
from cluster.errors import InfraError

LEFT_OUT = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")
"""What no machine needs of a package."""


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
    command = ["mmdebstrap", "--variant=minbase", f"--include={','.join(included)}"]
    command += [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
    command += [f'--setup-hook={hook} "$1"'] if hook else []
    with subprocess.Popen([*command, suite, "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as built:
        imported = subprocess.Popen(
            ["docker", "import", "-", tag], stdin=built.stdout, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert built.stdout is not None
        assert built.stderr is not None
        built.stdout.close()  # mmdebstrap gets SIGPIPE where docker fails
        said = built.stderr.read().decode(errors="replace")
        refused = imported.communicate()[1].decode(errors="replace")
    if built.returncode != 0:
        _forget(tag)
        raise RootError(f"mmdebstrap {suite}: exit {built.returncode}:\n{_tail(said)}")
    if imported.returncode != 0:
        raise RootError(f"docker import {tag}: {refused.strip()}")


def _forget(tag: str) -> None:
    """Remove what docker made of a root that broke off half-way."""
    with contextlib.suppress(DockerError):
        docker("image", "rm", tag)


def _tail(text: str, lines: int = 12) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
