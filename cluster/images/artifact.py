"""What is taken from Maven's central repository, by its coordinates and a pinned checksum."""

from __future__ import annotations

import contextlib
import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock
from maven_artifact import Artifact, Downloader
from maven_artifact.requestor import RequestException, Requestor

from cluster.errors import InfraError

SILENCE = 30.0
"""Seconds without a byte after which a download has failed."""


class _Patient(Requestor):  # type: ignore[misc]
    """Requests that end: the library's own have no timeout."""

    def request(self, url: str, *given: Any, **options: Any) -> Any:
        return super().request(url, *given, timeout=SILENCE, **options)


class ChecksumMismatch(InfraError):
    """What was downloaded is not what was pinned; it was removed."""


def pins(listing: Path) -> dict[str, tuple[str, str]]:
    """Return coordinates and SHA-256 by artefact, of a file with one "group:artefact:kind version SHA-256" a line."""
    lines = (line.split() for line in listing.read_text().splitlines() if line and not line.startswith("#"))
    return {what.split(":")[1]: (f"{what}:{version}", sha256) for what, version, sha256 in lines}


def fetch(coordinates: str, sha256: str, folder: Path, say: Callable[[str], None]) -> Path:
    """Return the artefact's file in `folder`, downloaded if need be; its SHA-256 is checked each time.

    Raises ChecksumMismatch, and keeps nothing, where the bytes differ from the pin.
    """
    artifact = Artifact.parse(coordinates)
    path = folder / f"{artifact.artifact_id}-{artifact.version}.{artifact.extension}"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{folder.name}.lock")):  # two would write into one part
            if not path.is_file():
                say(f"downloading {coordinates}")
                _complete(artifact, path)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        path.unlink()
        raise ChecksumMismatch(f"{coordinates}: SHA-256 is {found}, pinned is {sha256}; the file was removed")
    return path


def _complete(artifact: Artifact, path: Path) -> None:
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)  # of a run that broke off: the library would ask the network what it is worth
    _download(artifact, part)
    part.rename(path)


def _download(artifact: Artifact, part: Path) -> None:
    """Raises InfraError with the reason, also where nothing has come for SILENCE seconds."""
    downloader = Downloader()
    downloader.requestor = _Patient()
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints addresses
            downloader.download(artifact, filename=str(part))
    except (RequestException, OSError) as error:  # the latter are those of requests and of the disk
        part.unlink(missing_ok=True)
        why = getattr(error, "msg", None) or str(error)
        raise InfraError(f"{artifact}: the download failed: {' '.join(why.split())}") from error


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a .tar.gz into `folder` without its top folder."""
    folder.mkdir(parents=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            member.name = member.name.partition("/")[2]
            if member.name:
                tar.extract(member, folder, filter="data")
