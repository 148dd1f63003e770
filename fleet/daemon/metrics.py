"""`/metrics`: what an operator watches, in the text format of Prometheus.

Counters count since this fleetd was started. What is about the whole cluster (machines, units, states) is this
machine's copy of the registry, so any machine may be asked; `fleet_registry_connected` tells whether to believe it.
"""

import os
import resource
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fleet.model.states import STATES
from fleet.model.version import VERSION

if TYPE_CHECKING:
    from fleet.daemon.daemon import Daemon


class Family(NamedTuple):
    """A metric: its values by what its labels are."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...]
    values: Mapping[Any, float]  # the key is a label's value, or a tuple of those of all labels


def exposition(daemon: "Daemon") -> str:
    """Everything, as text."""
    parts = (_engine(daemon), _registry(daemon), _cluster(daemon), _agent(daemon), _api(daemon), _process())
    return "".join(line for part in parts for family in part for line in _lines(family))


def _engine(daemon: "Daemon") -> Iterator[Family]:
    engine, units = daemon.engine, daemon.mirror.snapshot.units
    waiting = sum(1 for unit in units.values() if unit.reason)
    yield _gauge("fleet_engine_leader", "Whether this machine places units.", daemon.election.leadership is not None)
    yield Family(
        "fleet_engine_passes_total", "counter", "Looks at the cluster, by their end.", ("outcome",), engine.passes
    )
    yield _counter("fleet_engine_placements_total", "Units put on a machine, or taken off one.", engine.placements)
    yield _gauge("fleet_engine_unschedulable_units", "Units that no machine takes.", waiting)


def _registry(daemon: "Daemon") -> Iterator[Family]:
    etcd, by = daemon.etcd, ("operation",)
    name = "fleet_registry_request"
    yield _gauge("fleet_registry_connected", "Whether etcd is followed.", daemon.mirror.fresh)
    yield _gauge("fleet_registry_revision", "etcd's revision of the copy at hand.", daemon.mirror.snapshot.revision)
    yield Family(f"{name}s_total", "counter", "Requests to etcd.", by, etcd.requests.done)
    yield Family(f"{name}_failures_total", "counter", "Requests that etcd did not fulfil.", by, etcd.requests.failed)
    yield Family(f"{name}_seconds_total", "counter", "Time spent on requests to etcd.", by, etcd.requests.seconds)
    yield _counter("fleet_registry_sent_bytes_total", "Bytes of the requests.", etcd.sent)
    yield _counter("fleet_registry_received_bytes_total", "Bytes of the answers, and of what changed.", etcd.received)


def _cluster(daemon: "Daemon") -> Iterator[Family]:
    snapshot = daemon.mirror.snapshot
    desired = Counter(unit.desired for unit in snapshot.units.values())
    active = Counter(state.active for state in snapshot.states.values())
    yield _gauge("fleet_registry_machines", "Machines of the cluster.", len(snapshot.machines))
    yield Family(
        "fleet_registry_units", "gauge", "Units by desired state.", ("desired",), {one: desired[one] for one in STATES}
    )
    yield Family("fleet_registry_unit_states", "gauge", "Units on machines, as systemd says.", ("active",), active)


def _agent(daemon: "Daemon") -> Iterator[Family]:
    agent = daemon.agent
    started = sum(1 for held in agent.held.values() if held.started)
    units = {"launched": started, "loaded": len(agent.held) - started}
    yield _gauge("fleet_agent_registered", "Whether this machine is in the registry.", daemon.presence.lease != 0)
    yield Family("fleet_agent_units", "gauge", "Units on this machine.", ("state",), units)
    yield _gauge("fleet_agent_broken_units", "Units that could not be loaded here.", len(agent.broken))
    yield _gauge("fleet_agent_unit_errors", "Units with which something went wrong last.", len(agent.errors))


def _api(daemon: "Daemon") -> Iterator[Family]:
    yield Family(
        "fleet_api_requests_total", "counter", "Requests answered.", ("method", "code"), daemon.context.answers
    )


def _process() -> Iterator[Family]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    yield Family("fleet_build_info", "gauge", "This fleetd.", ("version",), {VERSION: 1})
    yield _counter("process_cpu_seconds_total", "Processor time used.", used.ru_utime + used.ru_stime)
    yield _gauge("process_resident_memory_bytes", "Memory used.", pages * os.sysconf("SC_PAGE_SIZE"))
    yield _gauge("process_open_fds", "Open files.", sum(1 for _ in Path("/proc/self/fd").iterdir()))


def _gauge(name: str, text: str, value: float) -> Family:
    return Family(name, "gauge", text, (), {(): value})


def _counter(name: str, text: str, value: float) -> Family:
    return Family(name, "counter", text, (), {(): value})


def _lines(family: Family) -> Iterable[str]:
    yield f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n"
    for key, value in sorted(family.values.items()):
        values = key if isinstance(key, tuple) else (key,)
        labels = ",".join(f'{label}="{_quoted(one)}"' for label, one in zip(family.labels, values, strict=True))
        yield f"{family.name}{{{labels}}} {float(value):.17g}\n" if labels else f"{family.name} {float(value):.17g}\n"


def _quoted(value: object) -> str:
    return str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
