"""Sabotages of: nodes start one at a time, so that they never come up together without finding one another."""

from __future__ import annotations

from cluster.sabotage.catalogue.mistakes import FORGOTTEN
from cluster.sabotage.catalogue.parts import LEASE, MAIN, patched
from cluster.sabotage.report import question
from cluster.sabotage.sabotage import Red, Sabotage

FILE = "e2e/test_sequential_startup.py"
HOLDERS = f"{FILE}::test_no_two_nodes_hold_the_lease_at_once"
IN_TURN = f"{FILE}::test_each_node_starts_after_its_predecessor_released"
ONE_CLUSTER = f"{FILE}::test_all_nodes_end_in_one_cluster_with_one_master"
ANOTHERS = f"{FILE}::test_no_node_starts_while_the_lease_is_anothers"
WITHOUT = f"{FILE}::test_no_node_starts_without_its_lease_unit_and_its_unit_says_why"
FAULTS = (
    "e2e/test_startup_under_faults.py"
    "::test_five_that_start_at_once_start_in_turn_whatever_happens_to_etcd_and_to_the_lease"
)

ONE_AT_A_TIME = "nodes start one at a time"
FIND = "nodes never come up together without finding one another"

HOSTS = (
    "from toolkit import lock, node",
    "wait = node.Node.wait_for_lease",
    "ready = lambda self: len(self._hosts.live()) >= int(self._settings.instance) - 1",
    "queue = lambda self: [node.pause(0.2) for _ in iter(lambda: ready(self), True)]",
)
"""Lets nodes queue by the published hosts: so five nodes find one another, and only what else is broken shows."""

OWN_KEY = (
    "from toolkit import lock",
    "own = lambda self: self.shared + chr(45) + self._settings.instance",
    "lock.Lock.key = property(own, lambda self, key: vars(self).update(shared=key))",
)

SABOTAGES = (
    Sabotage(
        "no-lease",
        ONE_AT_A_TIME,
        (patched(MAIN, *HOSTS, "node.Node.wait_for_lease = queue", "lock.Lock.is_claimed = lambda self: True"),),
        (
            Red(IN_TURN, "each node starts while it holds the lease: failed"),
            Red(ANOTHERS, "says: waiting for the startup lease"),
            Red(WITHOUT, "startup_lease@4.service loaded?"),
            Red(FORGOTTEN, "says what to do"),
            Red(question("each node starts while it holds the lease"), "the lease: failed"),
        ),
        green=(ONE_CLUSTER,),
        patience=0.5,
    ),
    Sabotage(
        "a-node-that-starts-when-etcd-is-away",
        ONE_AT_A_TIME,
        (
            patched(
                MAIN,
                "from toolkit import node",
                "wait = node.Node.wait_for_lease",
                "node.Node.wait_for_lease = lambda self: (setattr(node, chr(110), self), wait(self))",
                "node.pause = lambda seconds: node.n._become([])",
            ),
        ),
        (Red(FAULTS, "for: no node starts"),),
        green=(IN_TURN,),
    ),
    Sabotage(
        "a-lock-of-ones-own",
        ONE_AT_A_TIME,
        (
            patched(LEASE, *OWN_KEY),
            patched(MAIN, *HOSTS, *OWN_KEY, "node.Node.wait_for_lease = lambda self: (wait(self), queue(self))"),
        ),
        (
            Red(HOLDERS, "never two holders of the lease: failed"),
            Red(IN_TURN, "each node starts after its predecessor released: failed"),
        ),
        green=(ONE_CLUSTER,),
    ),
    Sabotage(
        "a-hold-that-is-not-taken-over",
        ONE_AT_A_TIME,
        (
            patched(
                LEASE,
                "from toolkit import lock",
                "acquire = lock.Lock.acquire",
                "lock.Lock.acquire = lambda self, seen: acquire(self, seen) if seen.holder is None"
                " else self.wait_for_change(seen) and None",
            ),
        ),
        (Red(FAULTS, "assert [False"),),
    ),
    Sabotage(
        "a-lease-that-is-let-go-at-once",
        FIND,
        (patched(LEASE, "from toolkit import lease", "lease.Lease._gate_is_open = lease.Lease._is_used"),),
        (Red(ONE_CLUSTER, "for: 5 nodes have joined", setup=True),),
        patience=0.8,
    ),
)
