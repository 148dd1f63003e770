"""Many units at once: how long fleet takes for a thousand on all machines, and for what upstream was measured with."""

from __future__ import annotations

import re
import time
from urllib.request import ProxyHandler, build_opener

from cluster.bench import idling
from cluster.bench.stopwatch import Stopwatch
from cluster.deploy import typed
from cluster.eventually import eventually
from cluster.machine import Machine
from cluster.site import Site

MANY, FEW, THREE = 1000, 100, 3
FOLDER = "/home/core/scale"
WITHIN = 600
"""Seconds that a command may take before it is given up: many times what it takes."""

WRITE = "mkdir -p %s && printf '[Service]\\nExecStart=/bin/sleep infinity\\n%s' >%s/%s@.service"
MARK = (
    "curl --silent --show-error --fail --unix-socket /var/run/fleet.sock --request PATCH "
    "http://fleet/fleet/v1/machines "
    """--data '[{"op": "add", "path": "/%s/metadata/bench", "value": {"value": "yes"}}]'"""
)
ASKED = re.compile(r'^grpc_server_handled_total\{.*grpc_type="unary"\} (\S+)$', re.MULTILINE)
BYTES = re.compile(r"^etcd_network_client_grpc_(?:received|sent)_bytes_total (\S+)$", re.MULTILINE)


class Scale:
    """The measurements on a cluster of machines without Elasticsearch; no unit is left of them."""

    def __init__(self, site: Site, watch: Stopwatch) -> None:
        self._watch, self._cluster = watch, site.cluster

    @property
    def _seat(self) -> Machine:
        return self._cluster.machines[0]

    def measure(self) -> None:
        """Take upstream's measurement, and then ten times as many units on all machines."""
        self._few()
        self._tenth()
        self._many()

    def _few(self) -> None:
        """A hundred units on three machines: when all run, and when all are unloaded."""
        for row in self._cluster.fleet.machine_rows()[:THREE]:
            self._seat.run(MARK.replace("%s", row.id))
        self._write("few", "\\n[X-Fleet]\\nMachineMetadata=bench=yes\\n")
        began = time.time()
        self._do("start", "few", FEW)
        self._all_run(FEW)
        self._watch.note("100 units on 3 machines: all running", time.time() - began)
        self._watch.note("100 units on 3 machines: unloaded", self._do("unload", "few", FEW))
        self._do("destroy", "few", FEW)

    def _tenth(self) -> None:
        """A hundred units on all machines, which a thousand are compared with: the cost is to be linear."""
        self._write("many", "")
        self._watch.note("100 units: fleetctl start", self._do("start", "many", FEW))
        self._watch.note("100 units: fleetctl destroy", self._do("destroy", "many", FEW))

    def _many(self) -> None:
        """A thousand units on all machines: each command, what fleetd costs with them, what etcd is asked for them."""
        before = self._asked()
        for verb in ("submit", "start"):
            self._watch.note(f"1,000 units: fleetctl {verb}", self._do(verb, "many", MANY))
        self._all_run(MANY)
        asked, carried = (now - then for now, then in zip(self._asked(), before, strict=True))
        self._watch.note("requests to etcd for a unit, made and started", asked / MANY)
        self._watch.note("bytes to and from etcd for it", carried / MANY / 1000)
        self._watch.note("1,000 units: fleetctl list-units", self._cluster.fleet.ctl("list-units").took)
        costs = idling.costs(self._cluster.machines)
        self._watch.note("1,000 units: fleetd's memory, most of a machine", max(cost.memory for cost in costs))
        self._watch.note(
            "1,000 units: fleetd's CPU, mean of the machines", sum(cost.cpu for cost in costs) / len(costs)
        )
        for verb in ("stop", "unload"):
            self._watch.note(f"1,000 units: fleetctl {verb}", self._do(verb, "many", MANY))
        self._do("start", "many", MANY)
        self._watch.note("1,000 units: fleetctl destroy", self._do("destroy", "many", MANY))

    def _write(self, name: str, more: str) -> None:
        self._seat.run(WRITE % (FOLDER, more, FOLDER, name))

    def _do(self, verb: str, name: str, count: int) -> float:
        return typed(self._seat, FOLDER, f"fleetctl {verb} {name}@{{1..{count}}}.service", within=WITHIN).took

    def _all_run(self, count: int) -> None:
        def active() -> bool:
            return [row.active for row in self._cluster.fleet.units()].count("active") == count

        eventually(f"{count} units are active", active, 60)

    def _asked(self) -> tuple[float, float]:
        """Return how many requests etcd's members have answered so far, and how many bytes went to and fro."""
        told = "\n".join(_metrics(member.address) for member in self._cluster.members)
        return sum(map(float, ASKED.findall(told))), sum(map(float, BYTES.findall(told)))


def _metrics(address: str) -> str:
    with build_opener(ProxyHandler({})).open(f"http://{address}:2379/metrics", timeout=5) as answer:
        return str(answer.read().decode())
