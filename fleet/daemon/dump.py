"""SIGUSR1: what this fleetd knows and does, as a line of JSON, for people who ask why."""

import json
from typing import Any, TextIO

from fleet.daemon.agent import Agent
from fleet.daemon.daemon import Daemon


def dump(daemon: Daemon, out: TextIO) -> None:
    """Write it."""
    print(json.dumps(state_of(daemon), default=str), file=out, flush=True)


def state_of(daemon: Daemon) -> dict[str, Any]:
    """The machine as it says it is, what its agent has and could not do, who leads, and the registry's size."""
    snapshot = daemon.mirror.snapshot
    me = snapshot.machines.get(daemon.identity.id)
    return {
        "machine": {
            "id": daemon.identity.id,
            "primaryIP": daemon.identity.ip,
            "hostname": daemon.identity.hostname,
            "registered": daemon.presence.lease != 0,
            "metadata": dict(me.metadata) if me else {},
        },
        "agent": _agent(daemon.agent),
        "engine": {"leads": daemon.election.leadership is not None, "leader": snapshot.leader},
        "registry": {
            "connected": daemon.mirror.fresh,
            "revision": snapshot.revision,
            "machines": sorted(snapshot.machines),
            "units": {
                name: {"desiredState": unit.desired, "machineID": unit.machine, "unschedulable": unit.reason}
                for name, unit in snapshot.units.items()
            },
        },
    }


def _agent(agent: Agent) -> dict[str, Any]:
    return {
        "units": {
            name: {"hash": held.hash, "answered": held.answered, "started": held.started}
            for name, held in sorted(agent.held.items())
        },
        "broken": sorted(agent.broken),
        "errors": dict(sorted(agent.errors.items())),
    }
