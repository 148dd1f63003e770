"""Health before and after a fault: what was broken before is not its fault, and what it breaks is healed after it."""

from __future__ import annotations

from typing import Protocol

from cluster.eventually import eventually


class Troubled(Protocol):
    """A cluster, or what knows more of it than its machines."""

    def trouble(self) -> list[str]:
        """Return what is wrong with it, in words; nothing where it is healthy."""


def gate(cluster: Troubled, when: str, within: float = 60) -> None:
    """Return when nothing is wrong with the cluster, at most `within` seconds; `when` tells the phase in the error."""
    __tracebackhide__ = True
    what = f"a healthy cluster {when}"
    eventually(what, lambda: not cluster.trouble(), within, context=lambda: "\n".join(cluster.trouble()))
