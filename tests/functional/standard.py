"""The standard set-up of the cases, and how the machines are brought back to it after each."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import dedent

from cluster.eventually import TimedOut, eventually
from cluster.machine import Machine
from tests.functional.lab import Lab
from tests.functional.node import SOCKET, TCP, UNITS, Node

IDS = ("11111111aaaa0000000000000000000a", "22222222bbbb0000000000000000000b", "33333333cccc0000000000000000000c")
METADATA = (
    {"region": "a", "disk": "ssd"},
    {"region": "b", "disk": "ssd"},
    {"region": "b", "disk": "hdd"},
)
PREFIX = "/_coreos.com/fleet/"


def nodes(machines: Sequence[Machine]) -> list[Node]:
    """Return the machines as the cases know them."""
    return [Node(*one) for one in zip(machines, IDS, METADATA, strict=True)]


def configuration(node: Node) -> str:
    """Return the machine's fleet.conf."""
    return "metadata=" + ",".join(f"{key}={value}" for key, value in node.metadata.items()) + "\n"


def give_identities(lab: Lab) -> None:
    """Give the machines their ids, metadata and loopback endpoints, with an empty registry; nothing where they have."""
    if not all(lab.everywhere(_has_identity)):
        make_anew(lab)
    eventually("the machines are as in the cases", lambda: not trouble(lab), 20, context=lambda: _told(lab))


def make_anew(lab: Lab) -> None:
    """Bring about the standard set-up whatever is there: fleetd is killed, its units and the registry removed."""
    lab.everywhere(_strip)
    lab.n1.run(f"etcdctl del --prefix {PREFIX}")
    lab.everywhere(_start)


def clean(lab: Lab) -> None:
    """Remove all units and bring metadata back, as any client might; prove that nothing is left.

    Raises TimedOut where that cannot be had; then everything is made anew for the next case.
    """
    try:
        eventually("all units are destroyed", lambda: _destroyed(lab), within=10)
        eventually("nothing is left", lambda: not trouble(lab), within=20, context=lambda: _told(lab), every=0.1)
    except TimedOut:
        make_anew(lab)
        eventually("the machines are as in the cases", lambda: not trouble(lab), 20, context=lambda: _told(lab))
        raise


def trouble(lab: Lab) -> list[str]:
    """Return what is not as in an empty cluster of the standard set-up."""
    listed = [(one["id"], one["primaryIP"], one.get("metadata")) for one in _page(lab.n1, "machines")]
    found = [] if listed == [(node.id, node.ip, node.metadata) for node in lab.nodes] else [f"machines: {listed}"]
    found += [f"unit: {one}" for one in _page(lab.n1, "units")]
    found += [f"state: {one}" for one in _page(lab.n1, "state")]
    return [*found, *(line for lines in lab.everywhere(_left) for line in lines)]


def _told(lab: Lab) -> str:
    return "\n".join(trouble(lab))


def _page(node: Node, what: str) -> list[dict[str, object]]:
    reply = node.api("GET", f"/fleet/v1/{what}")
    assert reply.status == 200, reply
    (items,) = [value for key, value in reply.json.items() if key != "nextPageToken"] or [[]]
    return list(items)


def _destroyed(lab: Lab) -> bool:
    names = [str(one["name"]) for one in _page(lab.n1, "units")]
    if names:
        where = [f"http://fleet/fleet/v1/units/{name}" for name in names]
        lab.n1.run(f"curl -s -X DELETE --unix-socket {SOCKET} {' '.join(['%s'] * len(names))}", *where)
    changes = [change for one in _page(lab.n1, "machines") for change in _changes(lab, one)]
    if changes:
        assert lab.n1.api("PATCH", "/fleet/v1/machines", changes).status == 204
    return not _page(lab.n1, "units")


def _changes(lab: Lab, entity: dict[str, object]) -> list[dict[str, object]]:
    """Return what makes a machine's metadata what its fleet.conf says; what else it has is hidden."""
    meant = next((node.metadata for node in lab.nodes if node.id == entity["id"]), {})
    shown: dict[str, str] = entity.get("metadata", {})  # type: ignore[assignment]
    if meant == shown:
        return []
    path = f"/{entity['id']}/metadata/"
    changes: list[dict[str, object]] = [
        {"op": "replace", "path": path + key, "value": {"value": value}} for key, value in meant.items()
    ]
    return changes + [{"op": "remove", "path": path + key} for key in shown.keys() - meant.keys()]


def _left(node: Node) -> list[str]:
    """Return what a machine still has of units: files, links, processes, failures; and what ails it."""
    left = node.run(
        f"ls {UNITS} 2>/dev/null; find /run/systemd/system -lname '{UNITS}/*'; pgrep -af '^/bin/(sleep|sh) .*100000';"
        " systemctl --failed --plain --no-legend; systemctl is-active fleet etcd2 | grep -v ^active$; true"
    ).lines
    return [f"{node}: {line}" for line in left]


def _has_identity(node: Node) -> bool:
    said = node.run("cat /etc/machine-id /etc/fleet/fleet.conf; systemctl is-active fleet", check=False).stdout
    return said == f"{node.id}\n{configuration(node)}active\n"


def _strip(node: Node) -> None:
    """End fleetd as a crash does, then all of its units; with the machine's id, its journal's folder changes."""
    script = f"""\
        systemctl start etcd2
        systemctl kill --signal=KILL fleet.service
        systemctl stop fleet.service fleet.socket
        systemctl stop $(ls {UNITS} 2>/dev/null) none.service 2>/dev/null
        find /run/systemd /etc/systemd -lname '{UNITS}/*' -delete
        rm -rf /run/fleet /etc/systemd/system/fleet.service.d/5*
        mkdir -p /etc/systemd/system/fleet.socket.d /etc/fleet
        printf '[Socket]\\nListenStream={TCP}\\n' >/etc/systemd/system/fleet.socket.d/50-loopback.conf
        echo '{configuration(node).strip()}' >/etc/fleet/fleet.conf
        echo {node.id} >/etc/machine-id
        systemctl restart systemd-journald follow-journal
        systemctl daemon-reload
        systemctl reset-failed"""
    node.run("sudo sh -c %s", dedent(script))


def _start(node: Node) -> None:
    node.run("sudo systemctl start fleet.socket fleet.service")
