"""The cluster under a campaign: its gate, its load, its faults, and the verdicts on its history."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from cluster import bounds, checkers, evidence, faults, history
from cluster.chaos import documents, load, survivable
from cluster.chaos.campaign import FAILURES, Judgement
from cluster.chaos.judging import Judging
from cluster.chaos.load import Load
from cluster.chaos.outcome import Outcome
from cluster.chaos.schedule import Step
from cluster.checkers import KnownIssues, Verdict
from cluster.faults import Fault, Order, Shape
from cluster.site import Site

HEALTHY = bounds.RESTARTED
"""Seconds in which everything is healthy again after a fault: half of the machines may have been off."""


class ClusterGround:
    """A site with five nodes on it."""

    def __init__(self, site: Site, told: Path, known: KnownIssues) -> None:
        """Take the site, the file of its history, and the documented limits."""
        self._site, self._told, self._known = site, told, known
        self._judging = Judging(self.verdicts)

    @property
    def run(self) -> Path:
        """The folder of the run."""
        return self._site.run

    def documents(self) -> dict[str, int]:
        """Return how many documents were acknowledged, lost of those, not answered, refused."""
        return documents.counted(history.read(self._told))

    def gate(self, when: str) -> None:
        """Return when machines, nodes, copies and the keys of the units are as they must be."""
        self._site.gate(when, HEALTHY)

    def fault(self, order: Order) -> Fault:
        """Return the fault that an order names: a unit's is that of the machine on which it is now."""
        return faults.make(self._site.cluster, order)

    def may_overlap(self, orders: Sequence[Order]) -> bool:
        """Whether the cluster is promised to survive these together."""
        return survivable.are(orders, Shape.of(self._site.cluster.settings))

    def load(self, step: Step) -> AbstractContextManager[Load]:
        """Have clients at work inside the block."""
        return load.loaded(self._site.cluster, step.number)

    def judge(self, step: Step) -> Judgement:
        """Judge all that has happened so far, and return what is new in it."""
        return self._judging.of(f"step {step.number}")

    def verdicts(self) -> Sequence[Verdict]:
        """Judge all that has happened; what the machines' journals have is looked at first."""
        self._site.catch_up()
        return checkers.judge_now(self._told, self._known)

    def end(self) -> Judgement:
        """Judge once more, have the history end with every verdict, and return what no step was told of."""
        try:
            return self._judging.end()
        except FAILURES as error:
            return Judgement(red=(f"not judged: {error}",))

    def keep(self, outcome: Outcome) -> Path:
        """Keep the evidence of a red step; return its folder."""
        return self._site.keep_evidence(f"step-{outcome.step.number}", "\n".join(outcome.red))

    def keep_end(self, last: Judgement) -> Path:
        """Keep the evidence of what no step was told of; return its folder."""
        return self._site.keep_evidence(evidence.by_the_history(self._site.cluster.settings.name), "\n".join(last.red))

    def renew(self) -> None:
        """Go on with the cluster if it is healthy, else make it anew."""
        try:
            self.gate("after a red step")
        except FAILURES:
            self._site.rebuild()
            deploy(self._site)


def deploy(site: Site) -> None:
    """Have five nodes join; where that fails, its evidence is kept, and it is raised: the cluster goes then."""
    try:
        site.deploy()
    except Exception as error:
        site.keep_evidence(f"deploy-{site.cluster.settings.name}", str(error))
        raise
