"""Clients at work during a step: an index of its own is written to and read, and each of its copies at the end."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

from cluster.bounds import WRITTEN, Since
from cluster.chaos.campaign import FAILURES
from cluster.cluster import Cluster
from cluster.eventually import scaled, steadily
from cluster.workloads import Ledger, Reader, Writer

CLIENTS = 2
"""Writers, and as many readers: while one waits for a node that does not answer, the other one goes on."""


class Load:
    """Clients that are at work."""

    def __init__(self, clients: list[Writer | Reader]) -> None:
        self._clients, self._since = clients, Since()

    def go_on(self, until: float) -> None:
        """Return when they have gone on for so many seconds; raises where one has ended."""
        left = until - self._since.seconds
        if left > 0:
            steadily("the clients go on", self._are_alive, during=left / scaled(1.0))

    def _are_alive(self) -> bool:
        return all(client.is_alive for client in self._clients)


@contextmanager
def loaded(cluster: Cluster, step: int) -> Iterator[Load]:
    """Write and read through every node inside the block. After it, every copy was asked for every document.

    What was lost is not judged here: the history has it all. Raises where writing does not begin or does not go on.
    """
    ledger = Ledger(cluster.es, f"chaos-{step}-{uuid.uuid4().hex[:8]}")
    ledger.create()
    through = cluster.es.accepting()
    try:
        with ExitStack() as stack:
            numbers = range(1, CLIENTS + 1)
            readers = [stack.enter_context(closing(Reader(ledger, lambda: through, f"reader-{n}"))) for n in numbers]
            writers = [stack.enter_context(closing(Writer(ledger, lambda: through, f"writer-{n}"))) for n in numbers]
            writers[0].wait_acked(20)
            yield Load([*readers, *writers])
            writers[0].wait_acked(20, WRITTEN)
    except FAILURES:
        with suppress(*FAILURES):  # what failed is the news; but what is left is worth a look
            ledger.read_back()
        raise
    ledger.read_back()
