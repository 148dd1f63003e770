"""Upstream's fleet in the place of the project's: the folder that FLEET_RELEASE names."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

VARIABLE = "FLEET_RELEASE"

BINARIES = ("fleetd", "fleetctl")

PRESENT = "test -x /opt/fleet/fleetd"
"""What succeeds on a machine that has them; the Vagrantfile brings them there, cloud-config/upstream has fleetd run."""

PORT = 2379
LEADER = "/v2/keys/_coreos.com/fleet/lease/engine-leader"


class ReleaseError(ValueError):
    """What FLEET_RELEASE names cannot run on the machines."""


def folder(given: str) -> Path:
    """Return the folder, whole; raises ReleaseError where it does not hold both programs."""
    path = Path(given).expanduser().absolute()
    if not path.is_dir():
        raise ReleaseError(f"{VARIABLE}: {path} is no folder; it is to hold {' and '.join(BINARIES)}")
    for name in BINARIES:
        if not (path / name).is_file():
            raise ReleaseError(f"{VARIABLE}: {path} holds no {name}; it is to hold {' and '.join(BINARIES)}")
        if not os.access(path / name, os.X_OK):
            raise ReleaseError(f"{VARIABLE}: {path / name} is not executable: chmod +x {path / name}")
    return path


def two_dashes(command: str) -> str:
    """Return a command line whose long flags have two dashes: fleet 1.0 took one no more (coreos/fleet#1453)."""
    return re.sub(r"(?<=\s)-(?=[a-z]{2})", "--", command)


def leader(member: str) -> str | None:
    """Return the id of the machine whose fleetd leads, as upstream keeps it in the etcd at that address; or None."""
    try:
        with build_opener(ProxyHandler({})).open(f"http://{member}:{PORT}{LEADER}", timeout=3) as answer:
            return str(json.loads(json.load(answer)["node"]["value"])["MachineID"])
    except HTTPError:  # 404: nobody leads
        return None
