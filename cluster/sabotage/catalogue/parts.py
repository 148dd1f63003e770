"""What the sabotages are made of: the units by name, and a container whose program is changed before it runs."""

from __future__ import annotations

from cluster import fleetdropin
from cluster.label import LABEL
from cluster.sabotage.sabotage import Command, Edit

MAIN = f"{LABEL}@.service"
LEASE = f"{LABEL}-startup_lease@.service"
DISCOVERY = f"{LABEL}-discovery@.service"

RUNS = {MAIN: "node", LEASE: "lease", DISCOVERY: "discovery"}
"""The word by which each unit tells the image what to run."""

RESTART = "sudo systemctl daemon-reload && sudo systemctl restart fleet.service"


def patched(unit: str, *statements: str) -> Edit:
    """Return the edit by which a unit's container executes these Python statements, and only then its program.

    For what no setting can break. The statements stand within quotes of both kinds, and so have none, nor % nor $.
    """
    word = RUNS[unit]
    code = "; ".join([*statements, "from toolkit.main import main; raise SystemExit(main())"])
    assert not set(code) & set("'\"%$\\\n"), code
    python = "-e PYTHONPATH=/usr/lib/elasticsearch-fleet --entrypoint=/usr/bin/tini ${IMAGE} -- /usr/bin/python3 -c"
    return Edit(unit, f"${{IMAGE}} {word}", f'{python} "{code}" {word}')


def spelled(text: str) -> str:
    """Return Python for a text, without quotes: for `patched`."""
    return f"bytes({list(text.encode())}).decode()".replace(" ", "")


def fleet_set(variable: str, value: str) -> Command:
    """Return the command by which every fleetd is told something else."""
    return Command(*fleetdropin.commands("90-sabotage", {"Environment": f"{variable}={value}"}))


def fleet_patched(program: str, *statements: str, machines: tuple[int, ...] = ()) -> Command:
    """Return the command by which fleetd or fleetctl executes these Python statements before it begins.

    A patched copy is mounted over the program. The statements have no quotes of either kind, no / and no &.
    """
    code, copy, place = "; ".join(statements), f"/opt/sabotage/{program}", f"/usr/bin/{program}"
    assert not set(code) & set("'\"/&\\\n"), code
    after = f" && {RESTART}" if program == "fleetd" else ""
    return Command(
        f"sudo install -D {place} {copy} && sudo sed -i 's/^sys.exit/{code}; sys.exit/' {copy}"
        f" && sudo mount --bind {copy} {place}{after}",
        f"(! mountpoint -q {place} || sudo umount {place}) && sudo rm -rf /opt/sabotage{after}",
        machines,
    )
