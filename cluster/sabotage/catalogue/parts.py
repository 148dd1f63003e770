"""What the sabotages are made of: the units by name, and a container whose program is changed before it runs."""

from __future__ import annotations

from cluster.deploy import LABEL
from cluster.sabotage.sabotage import Edit

MAIN = f"{LABEL}@.service"
LEASE = f"{LABEL}-startup_lease@.service"
DISCOVERY = f"{LABEL}-discovery@.service"

RUNS = {MAIN: "node", LEASE: "lease", DISCOVERY: "discovery"}
"""The word by which each unit tells the image what to run."""

NOT_JOINED = "waited * for: five nodes have joined"


def patched(unit: str, *statements: str) -> Edit:
    """Return the edit by which a unit's container executes these Python statements, and only then its program.

    For what no setting can break. The statements stand within quotes of both kinds, and so have none, nor % nor $.
    """
    word = RUNS[unit]
    code = "; ".join([*statements, "from toolkit.main import main; raise SystemExit(main())"])
    assert not set(code) & set("'\"%$\\\n"), code
    python = "-e PYTHONPATH=/usr/lib/elasticsearch-fleet --entrypoint=/usr/bin/python3 ${IMAGE} -c"
    return Edit(unit, f"${{IMAGE}} {word}", f'{python} "{code}" {word}')
