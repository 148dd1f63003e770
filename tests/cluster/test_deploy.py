"""The README's sequence, and what is remembered of a deployment."""

from __future__ import annotations

from typing import cast

from cluster.deploy import SEQUENCE, Deployment
from cluster.es import Node
from cluster.label import LABEL
from cluster.machine import Machine
from cluster.settings import PROJECT


def test_the_sequence_is_the_readmes_line_by_line_and_in_its_order() -> None:
    lines = (PROJECT / "README.md").read_text().splitlines()
    assert [line for line in lines if line in SEQUENCE] == list(SEQUENCE)


def test_the_readme_shows_no_other_command_that_changes_the_elasticsearch_units() -> None:
    verbs = ("stop", "destroy", "submit", "load", "start")
    lines = [line for line in (PROJECT / "README.md").read_text().splitlines() if LABEL in line]
    assert [line for line in lines if line.startswith(tuple(f"fleetctl {verb} " for verb in verbs))] == list(SEQUENCE)


def test_a_deployment_has_taken_no_time_that_could_be_told_until_its_nodes_have_joined() -> None:
    begun = Deployment(cast(Machine, None), (), began=1.0, ended=2.0, revision=7)
    assert begun.took == float("inf")
    assert begun.starts == []


def test_a_deployments_starts_are_its_nodes_own_word() -> None:
    node = Node("id", "es-3", "10.0.0.3", {}, started=5.0)
    done = Deployment(cast(Machine, None), (), began=1.0, ended=2.0, revision=7).with_nodes([node], revision=9)
    assert [(start.node, start.machine, start.at) for start in done.starts] == [("es-3", "10.0.0.3", 5.0)]
    assert done.joined_revision == 9
