"""Clients at work on the cluster during a step: an index of its own is written to, and read back at the end."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from cluster.bounds import WRITTEN, Since
from cluster.cluster import Cluster
from cluster.eventually import scaled, steadily
from cluster.label import COPIES
from cluster.workloads import Ledger, Outcome, Writer

FATES = {"acknowledged": Outcome.ACKED, "unknown": Outcome.UNKNOWN, "refused": Outcome.REFUSED}


class LedgerLoad:
    """Writing in the background; begins when it is made."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self._since = writer, Since()

    def go_on(self, until: float) -> None:
        """Return when it has gone on for so many seconds."""
        left = until - self._since.seconds
        if left > 0:
            steadily("the load goes on", lambda: self._writer.is_alive, during=left / scaled(1.0))


@contextmanager
def loaded(cluster: Cluster, step: int, documents: Counter[str]) -> Iterator[LedgerLoad]:
    """Write through every node inside the block; after it, every acknowledged document must be on every copy.

    `documents` is added what became of them.
    """
    ledger = Ledger(cluster.es, f"chaos-{step}-{uuid.uuid4().hex[:8]}")
    ledger.create()
    through = cluster.es.accepting()
    try:
        with ledger.reading(lambda: through), ledger.writing(lambda: through) as writer:
            writer.wait_acked(20)
            yield LedgerLoad(writer)
            writer.wait_acked(20, WRITTEN)
        read = ledger.read_back()
        lost = {document for documents in read.missing.values() for document in documents}
        documents["lost"] += len(lost)
        assert read.acked, "no document was acknowledged"
        assert read.copies == COPIES, f"{read.copies} copies, {COPIES} were wanted"
        assert not lost, str(read)
        assert not read.ghosts, str(read)
    finally:
        documents.update({fate: len(ledger.documents(outcome)) for fate, outcome in FATES.items()})
