"""Wiring only: what the suite adds to pytest is in cluster/."""

pytest_plugins = ["cluster.plugin", "cluster.workers", "cluster.fixtures", "cluster.reporting"]
