"""What a benchmark measures: each figure's name, phase and unit, in the table's order, and how far it is to reach."""

from __future__ import annotations

from dataclasses import dataclass

from cluster.label import INSTANCES

PHASES = ("host", "images", "up", "scale", "deploy", "idle", "marvel", "loss", "down")
"""In their order; each needs a cluster that the ones before it have made. Nothing needs `scale`, which leaves none."""

USUAL = tuple(phase for phase in PHASES if phase not in ("scale", "marvel"))
"""What is measured if nothing else is said."""

UPSTREAM = (
    "upstream's fleet 1.0 for comparison: 100 units on 3 machines all running 4.1 s after start, unloaded after 161 s;",
    "its README advises against more than 100 machines or 1,000 services, its scaling document against 500 units",
)
"""Its own limits, and what was measured of it (on systemd 252); the table has them where scale was measured."""

PLAIN, ENGINE, ETCD = "plain machine", "engine leader", "etcd leader"
LOSSES = (PLAIN, ENGINE, ETCD)
"""Whose machine is killed: one that leads nothing, the one whose fleetd places the units, the one that leads etcd.

No one of them leads both: with etcd's leader all leases begin anew, so that every death is noticed later.
"""


@dataclass(frozen=True)
class Figure:
    """One line of the table; `reach` is the most that its median is meant to be, on 2 cores and 24 GiB."""

    name: str
    phase: str
    unit: str = "s"
    reach: float | None = None


VERBS = ("stop", "destroy", "submit", "load", "start")
"""The five commands of the README, in their order."""

MANY_VERBS = ("submit", "start", "list-units", "stop", "unload", "destroy")

FIGURES = (
    Figure("host set-up, warm", "host"),
    Figure("images, nothing to do", "images"),
    Figure("vagrant up", "up"),
    Figure("machines up and fleet ready", "up", reach=12),
    Figure("Elasticsearch image on the slowest machine", "up", reach=2),
    Figure("100 units on 3 machines: all running", "scale", reach=4.1),
    Figure("100 units on 3 machines: unloaded", "scale", reach=15),
    Figure("100 units: fleetctl start", "scale"),
    Figure("100 units: fleetctl destroy", "scale"),
    *(Figure(f"1,000 units: fleetctl {verb}", "scale") for verb in MANY_VERBS),
    Figure("1,000 units: fleetd's memory, most of a machine", "scale", "MB", reach=60),
    Figure("1,000 units: fleetd's CPU, mean of the machines", "scale", "%", reach=0.5),
    Figure("requests to etcd for a unit, made and started", "scale", ""),
    Figure("bytes to and from etcd for it", "scale", "kB"),
    *(Figure(f"fleetctl {verb}", "deploy") for verb in VERBS),
    Figure("the five commands", "deploy", reach=2),
    *(Figure(f"node {number} joined, after fleetctl start", "deploy") for number in INSTANCES),
    Figure("five nodes green, after fleetctl start", "deploy", reach=16),
    Figure("fleetd's memory, most of a machine", "idle", "MB", reach=60),
    Figure("fleetd's CPU, mean of the machines", "idle", "%", reach=0.5),
    Figure("Marvel's recorder's memory, most of a machine", "idle", "MB", reach=20),
    Figure("Marvel's recorder's CPU, mean of the machines", "idle", "%", reach=0.5),
    Figure("Marvel's page, unpacked", "marvel", "kB"),
    Figure("Marvel's page, as it is sent", "marvel", "kB", reach=150),
    Figure("Marvel's first verdict, after the address was entered", "marvel", reach=1),
    Figure("five nodes' CPU, unwatched", "marvel", "%"),
    Figure("what an open page adds to it", "marvel", "%", reach=1),
    *(
        Figure(f"{lost} killed: {what}", "loss", reach=reach)
        for lost in LOSSES
        for what, reach in (("noticed", None), ("active elsewhere", 7), ("joined", 12), ("green", None))
    ),
    Figure("tear-down", "down"),
)
