"""Machines of which nothing was heard: an observer that says nothing may have died without a word."""

from __future__ import annotations

from cluster.history import Health, History, Mark, Process, Unit


def of(history: History, relied: str) -> list[str]:
    """Say of which machines nothing came from the journals, or from the nodes' own words, where one relies on those.

    Each machine's journal speaks from its boot on, whatever runs there. Only a machine with a node is asked for health.
    """
    told = []
    if "journal" in relied:
        heard = {entry.machine for entry in history.entries if isinstance(entry, Unit | Process | Mark)}
        told += _missing("the journal", set(history.header.machines) - heard)
    if "health" in relied:
        nodes = {process.machine for process in history.of(Process)}
        told += _missing("the node", nodes - {health.machine for health in history.of(Health)})
    return told


def _missing(what: str, machines: set[str]) -> list[str]:
    return [f"nothing was heard of {what} on {', '.join(sorted(machines))}"] if machines else []
