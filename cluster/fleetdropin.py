"""A drop-in of a machine's fleetd: what an operator writes to have it run otherwise."""

from __future__ import annotations

import shlex

FOLDER = "/etc/systemd/system/fleet.service.d"
"""Not in /run: a machine that is killed and comes back shall have it still."""

_RESTART = "sudo systemctl daemon-reload && sudo systemctl restart fleet.service"


def commands(name: str, settings: dict[str, str]) -> tuple[str, str]:
    """Return the commands that write and remove a drop-in with these settings of [Service]; each restarts fleetd.

    Settings as in systemd.service(5), `Environment` for one; drop-ins are read in the order of their names.
    """
    path = f"{FOLDER}/{name}.conf"
    text = "\n".join(["[Service]", *(f"{key}={value}" for key, value in settings.items())])
    write = f"sudo mkdir -p {FOLDER} && echo {shlex.quote(text)} | sudo tee {path} >/dev/null && {_RESTART}"
    return write, f"sudo rm -f {path} && {_RESTART}"
