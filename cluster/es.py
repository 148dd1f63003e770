"""The Elasticsearch cluster, seen through its HTTP API: the one module that knows its client."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import elasticsearch
import requests
from elasticsearch import Elasticsearch

from cluster.checkers import View
from cluster.errors import InfraError
from cluster.machine import Machine

PORT = 9200
TIMEOUT = 5
"""Seconds for one request; nothing is retried by the client, so that an outcome is what one node said."""

SLOW = 30
"""Seconds for a change of the cluster's state: Elasticsearch itself may wait that long for its nodes."""

logging.getLogger("elasticsearch").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Health:
    """_cluster/health, as one node sees it."""

    status: str
    nodes: int
    shards: int
    unsettled: int

    def is_green(self, nodes: int) -> bool:
        """Whether so many nodes are there, with shards to speak of, and every copy of each is started."""
        return self.status == "green" and self.nodes == nodes and self.shards > 0 and not self.unsettled

    def __str__(self) -> str:
        return f"{self.status}, {self.nodes} nodes, {self.shards} shards, {self.unsettled} unsettled"


@dataclass(frozen=True)
class Node:
    """A node of the cluster; its id is another one after each start. `hosts` are those that it was given to look at."""

    id: str
    name: str
    address: str
    attributes: dict[str, str]
    started: float
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Copy:
    """One copy of one shard; `address` is None while it is placed nowhere."""

    index: str
    shard: int
    primary: bool
    state: str
    node: str | None
    address: str | None


class Es:
    """The nodes of the cluster under one label; a question goes to the first node that answers, or to all."""

    def __init__(self, machines: Sequence[Machine], port: int = PORT) -> None:
        self._machines = machines
        self._port = port
        self._clients: dict[str, Elasticsearch] = {}
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy does not know the machines

    def client(self, machine: Machine) -> Any:
        """Return the client of the node on a machine, whether or not there is one."""
        if machine.address not in self._clients:
            host = {"host": machine.address, "port": self._port}
            self._clients[machine.address] = Elasticsearch([host], max_retries=0, timeout=TIMEOUT)
        return self._clients[machine.address]

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            for connection in client.transport.connection_pool.connections:
                connection.pool.close()
        self._clients.clear()
        self._session.close()

    def get(self, machine: Machine, path: str) -> requests.Response:
        """Return a node's plain answer to a GET; a redirect is returned, not followed."""
        url = f"http://{machine.address}:{self._port}{path}"
        return self._session.get(url, allow_redirects=False, timeout=TIMEOUT)

    @contextmanager
    def index(self, name: str, body: Mapping[str, Any] | None = None) -> Iterator[str]:
        """Make an index for the block, in the place of one that a killed run has left."""
        self.any().indices.delete(name, ignore=404, request_timeout=SLOW)
        try:
            self.any().indices.create(name, body=body, request_timeout=SLOW)
            yield name
        finally:
            self.any().indices.delete(name, ignore=404, request_timeout=SLOW)

    def accepting(self) -> list[Machine]:
        """Return the machines on which a node answers GET / with 200: it has joined a cluster."""
        return [machine for machine in self._machines if self.answers(machine)]

    def answers(self, machine: Machine) -> bool:
        """Whether the node on a machine answers GET / with 200; one without power is not asked, it would take long."""
        return machine.is_running and self.status_of(machine) == 200

    def status_of(self, machine: Machine) -> int | None:
        """Return the HTTP status of GET / on a machine, None where nothing answers."""
        try:
            return int(self.client(machine).info().get("status", 200))
        except elasticsearch.ConnectionError:
            return None
        except elasticsearch.TransportError as error:
            return int(error.status_code)

    def any(self) -> Any:
        """Return the client of the first machine whose node has joined; raise InfraError where there is none."""
        for machine in self._machines:
            if self.answers(machine):
                return self.client(machine)
        raise InfraError(f"no Elasticsearch node answers on port {self._port} of {', '.join(map(str, self._machines))}")

    def health(self, machine: Machine | None = None) -> Health:
        """Return the cluster's health; with a machine, as the node there sees it by itself."""
        client = self.any() if machine is None else self.client(machine)
        answer = client.cluster.health(local=machine is not None)
        unsettled = ("relocating_shards", "initializing_shards", "unassigned_shards", "delayed_unassigned_shards")
        return Health(
            status=answer["status"],
            nodes=answer["number_of_nodes"],
            shards=answer["active_shards"],
            unsettled=sum(answer.get(key, 0) for key in unsettled),
        )

    def views(self) -> dict[str, View]:
        """Return whom each answering node takes for the master, and which state it knows, by its machine."""
        return {machine.name: self._view(self.client(machine)) for machine in self._machines if self._listens(machine)}

    def knows_master(self, machine: Machine) -> bool:
        """Whether the node on a machine, which must have power, is in a cluster: it knows a master."""
        return self._view(self.client(machine)).master is not None

    def nodes(self) -> list[Node]:
        """Return the nodes of the cluster."""
        answer = self.any().nodes.info(metric="jvm,settings", flat_settings=True)["nodes"]
        return [_node(id, fields) for id, fields in answer.items()]

    def node_on(self, machine: Machine) -> Node:
        """Return the node on a machine; raise InfraError where the cluster has none there."""
        for node in self.nodes():
            if node.address == machine.address:
                return node
        raise InfraError(f"the cluster has no node on {machine}")

    def master(self) -> Machine:
        """Return the machine of the master."""
        id = self._view(self.any()).master
        address = next((node.address for node in self.nodes() if node.id == id), None)
        for machine in self._machines:
            if machine.address == address:
                return machine
        raise InfraError("the cluster has no master")

    def describe(self) -> str:
        """Return the nodes' own word on their cluster, for a person."""
        try:
            return f"{self.health()}, the master on {self.master()}"
        except (InfraError, elasticsearch.TransportError) as error:
            return str(error)

    def copies(self, index: str) -> list[Copy]:
        """Return every copy of every shard of an index, also those that are placed nowhere."""
        table = self.any().cluster.state(metric="routing_table,nodes", index=index)
        return list(_copies(table))

    def unsettled(self) -> list[str]:
        """Return what _cat/shards says of each copy that is not started."""
        columns = "index,shard,prirep,state,node,unassigned.reason,unassigned.for"
        return [line for line in self.any().cat.shards(h=columns).splitlines() if " STARTED " not in line]

    def _view(self, client: Any) -> View:
        try:
            state = client.cluster.state(metric="version,master_node", local=True)
        except elasticsearch.TransportError:
            return View(None, 0)
        return View(state.get("master_node"), int(state["version"]))

    def _listens(self, machine: Machine) -> bool:
        return machine.is_running and self.status_of(machine) is not None


def _node(id: str, fields: dict[str, Any]) -> Node:
    return Node(
        id=id,
        name=fields["name"],
        address=address_of(fields["transport_address"]),
        attributes=fields.get("attributes", {}),
        started=fields["jvm"]["start_time_in_millis"] / 1000,
        hosts=tuple(filter(None, fields["settings"].get("discovery.zen.ping.unicast.hosts", "").split(","))),
    )


def _copies(state: dict[str, Any]) -> Iterator[Copy]:
    nodes = state["nodes"]
    for index, table in state["routing_table"]["indices"].items():
        for shard, copies in table["shards"].items():
            for copy in copies:
                node = nodes.get(copy["node"])
                address = None if node is None else address_of(node["transport_address"])
                yield Copy(index, int(shard), copy["primary"], copy["state"], copy["node"], address)


def address_of(transport: str) -> str:
    """Return the address in `inet[/192.168.57.101:9300]`."""
    return transport.partition("/")[2].rpartition(":")[0]
