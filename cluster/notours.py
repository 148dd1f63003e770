"""A person's cluster stands where the suite wanted to make its own."""

from __future__ import annotations

from cluster.host import HostNotReady
from cluster.settings import Settings, again


class NotOurs(HostNotReady):
    """Nothing is done to it; the message says what can be done."""

    def __init__(self, settings: Settings) -> None:
        """Take what names the cluster."""
        super().__init__(
            f"the cluster {settings.name} is running, and a person made it. Remove it "
            f"({again('./toxw -e cluster -- down')}), or run the tests on it (--cluster-reuse, all machines on), "
            "or take another name and subnet (CLUSTER_NAME=… CLUSTER_SUBNET=…)."
        )
