"""The image's command: `node`, `lease`, `discovery` or `hosts`."""

from __future__ import annotations

import os
import sys

from .etcd import Etcd, EtcdUnavailable
from .journal import Repeated, say
from .settings import OF_THE_UNIT, BadSettings, Settings, from_environment, from_etcd
from .stopping import Terminated, pause, raise_when_told

USAGE = "usage: node | lease | discovery | hosts; the settings come from the environment"


def main(arguments: list[str] | None = None) -> int:
    """Run the named part and return its exit status; 2 is a usage or a settings error."""
    words = sys.argv[1:] if arguments is None else arguments
    if words not in (["node"], ["lease"], ["discovery"], ["hosts"]):
        say(USAGE)
        return 2
    raise_when_told()
    try:
        settings = from_environment(os.environ)
        etcd = Etcd(settings.etcd)
        return _run(words[0], _with_those_in_etcd(settings, etcd), etcd)
    except (BadSettings, ValueError) as error:
        say(str(error))
        return 2
    except Terminated:
        return 143


def _run(part: str, settings: Settings, etcd: Etcd) -> int:
    # Imported here: each part starts with what it needs, five of each start together on a small machine.
    if part == "node":
        from .node import Node

        return Node(settings, etcd).run()
    if part == "hosts":
        from .hosts import Hosts

        print(",".join(Hosts(etcd, settings).live().values()))
        return 0
    from .elasticsearch import Elasticsearch

    if part == "lease":
        from .lease import Lease

        return Lease(settings, etcd, Elasticsearch(settings)).run()
    from .discovery import Discovery

    return Discovery(settings, etcd, Elasticsearch(settings)).run()


def _with_those_in_etcd(settings: Settings, etcd: Etcd) -> Settings:
    """Add what /config/<label>/<NAME> sets for all machines at once. Waits for etcd: nothing can be done without it."""
    prefix, journal = f"/config/{settings.label}/", Repeated()
    while True:
        try:
            found = {entry.key.removeprefix(prefix): entry.value for entry in etcd.under(prefix)}
            break
        except EtcdUnavailable as error:
            journal.say(f"waiting for etcd: {error}")
            pause(1.0)
    changed, ignored = from_etcd(settings, found)
    for name in ignored:
        why = "only the unit can say it" if name in OF_THE_UNIT else "there is no such setting"
        say(f"ignored, {why}: {prefix}{name}")
    return changed
