"""Clients that put the cluster to the test: they write and read, once each time, and tell the history of it."""

from cluster.workloads.clients import Reader, Writer
from cluster.workloads.copies import ReadBack, read_copies
from cluster.workloads.ledger import Ledger, Store
from cluster.workloads.outcome import Outcome, outcome

__all__ = ["Ledger", "Outcome", "ReadBack", "Reader", "Store", "Writer", "outcome", "read_copies"]
