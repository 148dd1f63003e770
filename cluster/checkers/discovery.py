"""Discovery: whom a starting node was given to look at."""

from __future__ import annotations

from collections.abc import Sequence

from cluster.checkers.verdict import Verdict
from cluster.listings import Given, Listing


def given_the_live_hosts(given: Sequence[Given], listed: Sequence[Listing], otherwise: frozenset[str]) -> Verdict:
    """Each node was given exactly the other hosts that were published while it started; with none there, `otherwise`.

    Judged by etcd's revisions: published at some moment between the node's claim of the lease and the lease's end.
    """
    complaints = []
    for node in given:
        possible = [_others(node, listing) or otherwise for listing in _while_starting(node, listed)]
        if node.hosts not in possible:
            told = " or ".join(", ".join(sorted(hosts)) or "nobody" for hosts in dict.fromkeys(possible))
            complaints.append(f"{node.node} was given {', '.join(sorted(node.hosts)) or 'nobody'}; live was {told}")
    return Verdict("a starting node is given the live hosts", len(given), tuple(complaints))


def _while_starting(node: Given, listed: Sequence[Listing]) -> list[Listing]:
    """Return the listing that stood when the node claimed its hold, and those that came while the hold lasted."""
    first = [listing for listing in listed if listing.revision <= node.since][-1:]
    last = float("inf") if node.until is None else node.until
    return first + [listing for listing in listed if node.since < listing.revision <= last]


def _others(node: Given, listing: Listing) -> frozenset[str]:
    return frozenset(host for host in listing.hosts.values() if host.partition(":")[0] != node.address)
