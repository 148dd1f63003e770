"""How long a loss may take to be noticed and mended: seconds since the loss, with the sum of each on a quiet host.

A limit is twice its sum: hosts are seldom quiet, and what is broken takes for ever. How fast it is, the benchmark says.

The settings that they consist of are in cloud-config/user-data; docs/how-it-works.md tells them to a reader.
"""

from __future__ import annotations

import time

from cluster.eventually import scaled

DEAD_NODE_MISSED = 2 * 10.0
"""A node whose machine died leaves its cluster: its connections end (under 1). If it was the master: the others
answer again when they have elected another one (2 to 5, as a connection to the dead one is given up after 5)."""

NODE_MISSED = 2 * 13.0
"""A silent node leaves its cluster: a ping each second and three of them in vain, 3 s each (10); its master publishes
that, and waits for its answer no more (1); 2 to spare."""

ELECTED = 2 * 17.0
"""A silent master is replaced: NODE_MISSED, then rounds of pings of half a second, until a quorum has joined one node
(2 to 4)."""

MACHINE_MISSED = 2 * 10.0
"""fleet misses a machine: agent_ttl (5), and etcd looks for leases that ran out twice a second (1). If etcd's leader
was lost as well: another one is elected (1 to 2), and gives each lease its whole time again."""

HOST_GONE = 2 * 13.0
"""The host of a lost machine is no longer in etcd: HOST_TTL (10), and etcd looks for leases that ran out twice a second
(1). If etcd's leader was lost as well: another one is elected (1 to 2), and gives each lease its whole time again."""

ELSEWHERE = 2 * 14.0
"""The instance is active on another machine: MACHINE_MISSED; the engine places it at once (its own leader was replaced
3 s after its loss), and its units are loaded and started (2, of which docker's run is most); 2 to spare."""

WRITTEN = 2 * 24.0
"""Twenty more writes are acknowledged: ELECTED, and the one that hung is given up by its client (5); 2 to spare."""

GREEN = 2 * 30.0
"""Five nodes, every copy started: ELSEWHERE or ELECTED, whichever is later; a node that joins (5: lease, Java, join);
copies (1 to 3); 8 to spare."""

FOUR_GREEN = 2 * 25.0
"""Four nodes, every copy started, where no machine is left for a fifth: ELECTED, copies (1 to 3); 5 to spare."""

LISTED = 2 * 10.0
"""fleet lists a machine that is back: after a boot 5, else 1. Seconds since it answers ssh."""

STAYS = 3.0
"""For so long nothing moves back, or it never will: fleet acts on events, and each has had its time by then."""

TOLD = 2 * 1.5
"""A machine that returns tells what others took over to stop: its etcd has found the others (1), its fleetd reads what
has happened (0.2, or 1 more where the first question got lost). Seconds since its return; 0.1 to 1.3 were measured."""

SETTLED = 2 * 2.5
"""And it has stopped: TOLD, then docker stops the discovery, and then the node (1); 0.8 to 2.5 in all were measured."""

HEALED = 0.3
"""A fault that is told to heal has healed: docker lets the machine go on, or iptables drops nothing any more."""

RESTARTED = 2 * 60.0
"""All machines on, five nodes green: five nodes start one after another (4 s each), the state is recovered when all
have joined or the quorum has waited RECOVER_AFTER_TIME (10); 30 to spare, as six machines boot meanwhile."""


ANSWER = 3.0
"""One question to fleetctl or a node, asked and answered, where all machines are busy."""


class Since:
    """A moment, from which bounds count."""

    def __init__(self) -> None:
        self._at = time.monotonic()

    def within(self, bound: float) -> float:
        """Return how much of a bound is left, for a wait that begins now; at least the time of one answer.

        What is asked only after its bound, as a story has one line after another, has happened long ago: the answer is
        then a look back, and the look itself (ssh, fleetctl, an HTTP request) takes its time.
        """
        return max(ANSWER, bound - self.seconds / scaled(1.0))

    @property
    def seconds(self) -> float:
        """How long ago it was."""
        return time.monotonic() - self._at
