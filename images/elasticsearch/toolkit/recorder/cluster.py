"""The cluster as the observer's node knows it: asked again and again whether it is another one, and what it is if so.

`local=true` throughout: the node answers from what it has, also while there is no master, and asks nobody for it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from . import changes
from .changes import Change
from .line import Answer, Line
from .own import Identity
from .state import Copy, Member, State, mark_of, state_of
from .teller import Teller, now

MARK = "/_cluster/state/version,master_node,blocks?local=true"
WHOLE = "/_cluster/state/version,master_node,blocks,nodes,routing_table?local=true"
HEALTH = "/_cluster/health?local=true"
MOST_COPIES = 4000
"""Copies whose places are told with every change; in larger clusters only what happened to them is."""

PLACEMENTS_EVERY = 1.0
"""Seconds between two tellings of all places, at least."""

PLACEMENT_RATE = 100_000
"""Bytes a second that they make on average, at most: the spool and the deliveries are there for the events too."""


class Cluster:
    """Tells what changes. `state` is the last one with a master, None before there was one."""

    def __init__(self, teller: Teller, line: Line, answered: Callable[[Answer | None], None]) -> None:
        self._teller, self._line, self._answered = teller, line, answered
        self._me: Identity | None = None
        self._mark: tuple[object, ...] | None = None
        self._status: tuple[str, float] | None = None
        self._master: Member | None = None
        self._no_master_since: float | None = None
        self._names: dict[str, Member] = {}
        self._joined: dict[str, float] = {}
        self._delayed_since: float | None = None
        self._told_before = 0
        self._placement: tuple[State, int] | None = None
        self._next_placement = 0.0
        self.state: State | None = None
        self.has_master = False
        self.started: list[Copy] = []
        """Copies on the own node that serve since the last look, for whoever can tell how they came."""

    def begins(self, me: Identity, recorded_until: int) -> None:
        """A node begins to answer; what happened to its copies before `recorded_until` was told then."""
        self._forget()
        self._me = me
        self._told_before = recorded_until

    def ends(self) -> None:
        """The node is gone: nobody knows of the cluster here."""
        if self._me is not None:
            self._forget()
            self._teller.version = self._teller.master = None

    def tick(self) -> None:
        """Ask for what may have changed, and tell the places that are not told yet."""
        self._tell_placement()
        if self._line.is_free:
            self._line.ask(MARK, self._marked)

    @property
    def is_master(self) -> bool:
        """Whether the own node is the master."""
        return self._me is not None and self.has_master and self._master is not None and self._master.id == self._me.id

    def _forget(self) -> None:
        self._me, self._mark, self._status, self._master, self.state = None, None, None, None, None
        self._no_master_since, self._delayed_since, self.has_master = None, None, False
        self._joined.clear()
        self.started.clear()

    def _marked(self, answer: Answer | None) -> None:
        self._answered(answer)
        if answer is None or self._me is None:
            return
        if mark_of(answer.body) != self._mark:
            self._line.ask(WHOLE, self._came)
        elif self.is_master and (self._delayed_since is not None or self._is_someone_missing()):
            self._line.ask(HEALTH, self._held_back)

    def _came(self, answer: Answer | None) -> None:
        self._answered(answer)
        if answer is None or self._me is None:
            return
        try:
            after = state_of(answer.body)
        except (KeyError, TypeError, ValueError, AttributeError):
            return  # an error, as while the node stops
        self._mark = mark_of(answer.body)
        self._names |= after.nodes
        self._teller.version = after.version
        self._see_master(after)
        if after.master is not None:
            before, self.state = self.state, after
            self._compare(before, after, self._me)
        self._see_status(after)

    def _see_master(self, after: State) -> None:
        """Tell that the master is lost, or another one is found."""
        master = self._names.get(after.master or "")
        last, moment = self._master, time.monotonic()
        if after.master is None and self._no_master_since is None:
            self._no_master_since = moment
            if self.has_master and last is not None:
                self._tell("master_lost", last.name, node=last.name, node_id=last.id, group=f"master_lost:{last.id}")
        self._teller.master = master.name if master is not None else None
        self.has_master = master is not None
        if master is not None and (last is None or last.id != master.id or self._no_master_since is not None):
            without = 0.0 if self._no_master_since is None else moment - self._no_master_since
            told = {"node": master.name, "node_id": master.id, "group": f"master_elected:{master.id}"}
            previous = last.name if last is not None else None
            self._tell("master_elected", master.name, previous=previous, duration_ms=int(without * 1000), **told)
        if master is not None:
            self._master, self._no_master_since = master, None

    def _compare(self, before: State | None, after: State, me: Identity) -> None:
        found: list[Change] = []
        if before is not None:
            found += [self._with_stay(change) for change in changes.of_nodes(before, after)]
            is_known = not (before.is_unrecovered or after.is_unrecovered)  # until then nobody knows the indices
            found += changes.of_indices(before, after) if self.is_master and is_known else []
        for id in after.nodes:
            self._joined.setdefault(id, time.monotonic())
        # Of a node that was there before this recorder: what befell its copies was told by the one before.
        knows_own = before is not None or me.started >= self._told_before
        found += changes.of_unassigned(before, after, self._names)
        if knows_own:
            found += changes.of_own_copies(before, after, me.id)
            self.started += changes.started_on(before, after, me.id)
        for change in found:
            self._teller.event(change.type, change.subject, change.at, change.fact, **change.fields)
        if self.is_master and not after.is_unrecovered and len(after.copies) <= MOST_COPIES:
            self._placement = after, now()
        self._tell_placement()

    def _with_stay(self, change: Change) -> Change:
        """Add to the leaving of a node how long it was in the cluster, where that was seen."""
        joined = self._joined.pop(change.fields["node_id"], None) if change.type == "node_left" else None
        if joined is None:
            return change
        stay = int((time.monotonic() - joined) * 1000)
        return Change(change.type, change.subject, fields={**change.fields, "duration_ms": stay})

    def _see_status(self, after: State) -> None:
        last, moment = self._status, time.monotonic()
        if last is not None and last[0] == after.status:
            return
        self._status = (after.status, moment)
        cause = changes.cause_of(after, self._names)
        if after.status == "no-master":
            lost = self._master
            cause = f"{lost.name} is lost, and no other master is elected" if lost else "no master is elected yet"
        told: dict[str, Any] = {"status": after.status, "copies": len(after.copies), "missing": after.missing}
        if last is not None:
            told |= {"previous": last[0], "duration_ms": int((moment - last[1]) * 1000)}
        self._tell("status", after.cluster, cause=cause, group=f"status:{after.status}", **told)

    def _tell_placement(self) -> None:
        """Tell where the copies are by the last state, where that is not told and it is time."""
        if self._placement is None or time.monotonic() < self._next_placement:
            return
        (after, at), self._placement = self._placement, None
        rows = [
            [copy.index, copy.shard, "p" if copy.primary else "r", copy.state, copy.node, copy.target]
            for copy in after.copies
        ]
        table = {"nodes": {id: member.name for id, member in after.nodes.items()}, "copies": rows}
        size = len(json.dumps(table, separators=(",", ":")))
        self._next_placement = time.monotonic() + max(PLACEMENTS_EVERY, size / PLACEMENT_RATE)
        master = after.name(after.master)
        id = f"placement:{after.master}:{after.version}"
        self._teller.document(
            "placement", id, at, version=after.version, master=master, node_id=after.master, table=table
        )

    def _is_someone_missing(self) -> bool:
        return self.state is not None and any(copy.reason == "NODE_LEFT" for copy in self.state.copies)

    def _held_back(self, answer: Answer | None) -> None:
        if answer is None or self.state is None or "delayed_unassigned_shards" not in answer.body:
            return
        count, since = int(answer.body["delayed_unassigned_shards"]), self._delayed_since
        if count and since is None:
            self._delayed_since = time.monotonic()
            self._tell("allocation_delayed", self.state.cluster, count=count, group="allocation_delayed")
        if not count and since is not None:
            self._delayed_since = None
            held = int((time.monotonic() - since) * 1000)
            self._tell("allocation_resumed", self.state.cluster, duration_ms=held, group="allocation_resumed")

    def _tell(self, type: str, subject: str, **fields: Any) -> None:
        self._teller.event(type, subject, **fields)
