"""The commands `cluster fault` and `cluster heal`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from cluster import commandline
from cluster.cluster import Cluster
from cluster.commandline import emit, say
from cluster.errors import CommandFailed, InfraError
from cluster.faults import listing
from cluster.faults.gate import gate
from cluster.faults.holding import Holder, Tell, until_told
from cluster.faults.kinds import complete, kinds
from cluster.faults.order import Order, Value
from cluster.faults.store import Held
from cluster.faults.targets import ETCD, FLEET

JSON = Annotated[bool, typer.Option("--json", help="one JSON object a line, for a script")]


def fault(
    kind: Annotated[str, typer.Argument(help="what is done: see --list")] = "",
    target: Annotated[str, typer.Argument(help="what it is done to: see --list")] = "",
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", metavar="NAME=VALUE", help="may be repeated")
    ] = None,
    during: Annotated[str, typer.Option("--for", metavar="30s", help="how long; without it, until Ctrl-C")] = "",
    hold: Annotated[bool, typer.Option("--hold", help="leave it in place; `heal` ends it")] = False,
    listed: Annotated[bool, typer.Option("--list", help="show kinds, targets, options, and what can be had")] = False,
    json: JSON = False,
) -> None:
    """Do something bad to the cluster; prove that it bites; then heal it, and prove that it is healed.

    For instance: fault kill-machine core-03 --for 30s; fault partition core-01,core-02 -o direction=in --hold
    """
    if listed:
        listing.show(json)
        return
    order, within = ordered(kind, target, option or []), commandline.seconds(during) if during else None
    if hold and within is not None:
        raise InfraError("--hold leaves the fault in place, --for ends it: one of them")
    with commandline.owned(f"cluster fault {order.kind}", quiet=json) as cluster:
        commandline.need_some(cluster)
        holder = Holder(cluster, teller(json))
        if hold:
            held = holder.hold(order)
            _or(json, f"{held} is held; it ends with: {commandline.again('heal')}")
            return
        _while(cluster, holder, order, within, json)


def heal(json: JSON = False) -> None:
    """Undo every fault that is still in place: those of `fault --hold` and `kill`, and of commands that were killed.

    The newest goes first. What cannot be healed stays written down; exit 1 if there is any.
    """
    with commandline.owned("cluster heal", quiet=json) as cluster:
        if not Held(cluster.settings).orders():
            _or(json, "no fault is held")
            return
        holder, tell, failed = Holder(cluster, teller(json)), teller(json), 0
        for order in holder.orders():
            try:
                holder.heal(order)
            except (InfraError, CommandFailed, AssertionError) as error:
                tell(order, "failed", str(error))
                failed += 1
    if failed:
        raise typer.Exit(1)


def ordered(kind: str, target: str, options: Iterable[str]) -> Order:
    """Return the order that was typed, with all its options; raises InfraError for what cannot be meant."""
    if not kind:
        raise InfraError("what is to be done? See: cluster fault --list")
    values: dict[str, Value] = {}
    for text in options:
        name, sign, value = text.partition("=")
        if not sign:
            raise InfraError(f"--option {text}: wanted is NAME=VALUE")
        values[name] = value
    order = complete(Order(kind, target, values))
    sort = kinds()[kind].targets
    if not target and sort in (ETCD, FLEET):
        return Order(kind, sort.written, order.options)
    if not target:
        raise InfraError(f"{kind} of what? {sort.written}")
    return order


def teller(json: bool) -> Tell:
    """Return what tells a person, or a script, of each phase."""

    def tell(order: Order, phase: str, why: str) -> None:
        if json:
            emit({"fault": order.to_json(), "phase": phase} | ({"why": why} if why else {}))
        else:
            say(f"{order}: {phase}{': ' if why else ''}{why}")

    return tell


def _while(cluster: Cluster, holder: Holder, order: Order, within: float | None, json: bool) -> None:
    """Hold a fault for so many seconds, or until Ctrl-C; then see that the cluster is as healthy as it was."""
    if sick := cluster.trouble():
        if json:
            emit({"fault": order.to_json(), "phase": "before", "why": "; ".join(sick)})
        else:
            say(f"before the fault: {'; '.join(sick)}; so its end is not judged by the cluster's health")
    with until_told() as told:
        if within is None:
            _or(json, "Ctrl-C ends it")
        holder.hold_until(order, lambda: told.wait(within))
    if not sick:
        gate(cluster, f"after {order}")


def _or(json: bool, line: str) -> None:
    """Tell a person; a script has its JSON."""
    if not json:
        say(line)
