"""The machines' user-data, checked before a machine boots from it."""

from __future__ import annotations

import subprocess
import sys

from cluster.host import HostNotReady
from cluster.settings import Settings


class UserDataWrong(HostNotReady):
    """The user-data has mistakes; the message has each one with its line."""


def check(settings: Settings) -> None:
    """Raise UserDataWrong where coreos-cloudinit would refuse it: sixty seconds before the machines tell it worse."""
    path = settings.project / "cloud-config" / "user-data"
    command = [sys.executable, "-m", "cloudconfig.main", "--validate", "--from-file", str(path)]
    done = subprocess.run(command, cwd=settings.project, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UserDataWrong(f"{path} cannot be used:\n{done.stdout.strip()}\n{done.stderr.strip()}".strip())
