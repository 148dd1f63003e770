"""The hosts of a label: whose transport port accepts at this moment.

/services/<label>/hosts/<ip> holds JSON and is bound to an etcd lease, so a machine that dies drops out by itself.
/services/<label>/seen stays for ever: it tells a label that has never been up from one that is down.
"""

from __future__ import annotations

import json

from .etcd import Etcd, put
from .settings import Settings

LAST_WORD = 1.5
"""Seconds for an answer to who withdraws a host: whoever stops the node waits for that, and what is not withdrawn drops
out by itself. An etcd without a quorum takes seven to say that it is none."""


class Hosts:
    """The published hosts of the settings' label."""

    def __init__(self, etcd: Etcd, settings: Settings) -> None:
        self._etcd = etcd
        self._settings = settings
        self._prefix = f"/services/{settings.label}/hosts/"
        self._seen = f"/services/{settings.label}/seen"

    def publish(self) -> str:
        """Publish this instance's host and return the etcd lease that keeps it."""
        me = self._settings
        value = {
            "host": me.node,
            "label": me.label,
            "ip": me.ip,
            "http_port": me.http_port,
            "transport_port": me.transport_port,
            "instance": me.instance,
            "machine": me.machine,
        }
        lease = self._etcd.grant(me.host_ttl)
        entries = [put(self._prefix + me.ip, json.dumps(value), lease), put(self._seen, "once")]
        self._etcd.transact([], entries)
        return lease

    def keep(self, lease: str) -> bool:
        """Keep the host published; False when etcd has dropped it, or somebody has removed the key."""
        return self._etcd.keep_alive(lease) and self._etcd.get(self._prefix + self._settings.ip)[0] is not None

    def withdraw(self, lease: str) -> None:
        """Take this instance's host out of the list."""
        self._etcd.revoke(lease, LAST_WORD)

    def live(self) -> dict[str, str]:
        """Return the transport addresses (ip:port) of the published hosts by their IP."""
        return {entry.key.removeprefix(self._prefix): _address(entry.value) for entry in self._etcd.under(self._prefix)}

    def have_been_up(self) -> bool:
        """Say whether any host of the label has ever been published."""
        return self._etcd.get(self._seen)[0] is not None


def _address(value: str) -> str:
    host = json.loads(value)
    return f"{host['ip']}:{host['transport_port']}"
