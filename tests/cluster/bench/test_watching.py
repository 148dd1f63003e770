"""What an open page costs is read from what machines print, and nodes that are not there cost no nothing."""

from __future__ import annotations

import subprocess

import pytest

from cluster.bench.idling import cost, measure
from cluster.bench.watching import spent
from cluster.errors import InfraError


def test_the_command_tells_a_processes_time_and_memory() -> None:
    command = measure("echo $PPID") % "0"
    told = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
    assert cost(told, 1).memory > 1


def test_a_process_that_is_not_there_costs_no_nothing() -> None:
    command = measure("true") % "0"
    told = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False).stdout
    with pytest.raises(InfraError, match="cannot be read"):
        cost(told, 1)


def test_no_node_is_an_error() -> None:
    with pytest.raises(InfraError, match="no node runs"):
        spent([], 1)
