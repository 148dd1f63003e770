"""What Marvel costs: the bytes of its page, how soon it tells something, and what an open page asks of the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cluster.bench.idling import Cost, cost, measure
from cluster.browser import Browser
from cluster.errors import InfraError
from cluster.es import PORT
from cluster.eventually import eventually
from cluster.machine import Machine, at_once
from cluster.marvel import PATH

SLICE = 60
"""Seconds for which the nodes are watched at a time, with a page that asks or with a paused one."""

ASKING = (False, True, True, False, False, True, True, False, False, True)
"""Whether the page asks, slice by slice: five minutes each. Nodes that were just started need less and less by
themselves; in this order that falls on both alike."""

NODE = "pgrep -o -x java"
"""The command that tells a node's process on its machine."""

LOADED = """
const page = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/_plugin/marvel/"));
const [start] = performance.getEntriesByType("navigation");
const [verdict] = performance.getEntriesByName("verdict");
return verdict && {
  verdict: verdict.startTime / 1000,
  bytes: [start, ...page].reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0) / 1000,
  sent: [start, ...page].reduce((sum, { transferSize }) => sum + transferSize, 0) / 1000,
};"""


@dataclass(frozen=True)
class Loaded:
    """A page that has told its verdict: after so many seconds, with so many kB unpacked, and sent."""

    verdict: float
    bytes: float
    sent: float


def loaded(browser: Browser, machine: Machine) -> Loaded:
    """Open the page of a machine's node, and return when it said its first verdict and what it consists of."""
    browser.open(f"http://{machine.address}:{PORT}{PATH}/")
    told = eventually("the page tells a verdict", lambda: _told(browser), 20, context=browser.page)
    return Loaded(told["verdict"], told["bytes"], told["sent"])


def _told(browser: Browser) -> dict[str, float]:
    told: dict[str, float] | None = browser.driver.execute_script(LOADED)  # type: ignore[no-untyped-call]
    return told or {}


def added(browser: Browser, machines: Sequence[Machine]) -> tuple[float, float]:
    """Return what all nodes spend while the page is paused, and what one that asks adds, in percent of one processor.

    The second one is as it was measured: below nought where the page costs less than the nodes vary by themselves.
    """
    spends: dict[bool, list[float]] = {False: [], True: []}
    for asks in ASKING:
        _have_it_ask(browser, asks)
        spends[asks].append(spent(machines, SLICE))
    quiet, asked = (sum(spends[asks]) / len(spends[asks]) for asks in (False, True))
    return quiet, asked - quiet


def _have_it_ask(browser: Browser, asks: bool) -> None:
    """Press the page's one button that pauses it and lets it go on, where it is not so already."""
    [button] = browser.all("#pause")
    if (button.text == "Pause") != asks:
        button.click()


def nodes(machines: Sequence[Machine]) -> list[Machine]:
    """Return the machines on which a node runs."""
    return [machine for machine in machines if machine.runs("java")]


def spent(machines: Sequence[Machine], seconds: int) -> float:
    """Return the processor time of all nodes together, in percent of one processor, over so many seconds."""
    if not machines:
        raise InfraError("no node runs: there is nothing to be watched")
    command = measure(NODE)

    def one(machine: Machine) -> Cost:
        return cost(machine.run(command, str(seconds), within=seconds + 60).stdout, seconds)

    return sum(one.cpu for one in at_once(one, machines))
