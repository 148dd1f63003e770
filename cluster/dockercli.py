"""The docker command line of the host, with errors that say what docker said."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from cluster.errors import InfraError


class DockerError(InfraError):
    """A docker command failed; the message has the command and what docker said."""


def docker(*arguments: str, within: float = 60.0) -> str:
    """Run one docker command and return its stdout, stripped; `within` is in seconds."""
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=within, check=False)
    except FileNotFoundError:
        raise DockerError("docker is not installed") from None
    except subprocess.TimeoutExpired:
        raise DockerError(f"docker {' '.join(arguments)}: no answer within {within:.0f} s") from None
    if done.returncode != 0:
        raise DockerError(f"docker {' '.join(arguments)}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip()


def image_id(reference: str) -> str | None:
    """Return the id of a local image, None where there is none."""
    try:
        return docker("image", "inspect", "--format", "{{.Id}}", reference)
    except DockerError as error:
        if "No such image" in str(error):
            return None
        raise


def build(context: Path, tag: str, arguments: Mapping[str, str]) -> None:
    """Build `context` (a folder with a Dockerfile) as `tag`, without a network: all it needs is in the folder."""
    given = [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
    docker("build", "--force-rm", "--network=none", "--tag", tag, *given, str(context), within=600)
