"""A schedule on a real cluster, from its boot to its removal; what is told on the way, and what is kept."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cluster import ending, history, ownership, report, runs
from cluster.chaos import hold, record, told
from cluster.chaos.campaign import Campaign
from cluster.chaos.ground import ClusterGround, deploy
from cluster.chaos.outcome import Outcome, is_good
from cluster.chaos.schedule import FILE, Schedule, write
from cluster.checkers import KnownIssues
from cluster.progress import Progress, tell
from cluster.say import Say
from cluster.settings import Settings
from cluster.site import Site


@dataclass(frozen=True)
class Wishes:
    """How a schedule is to be performed: on whose behalf, for how many seconds, and what is to stay."""

    by: str
    keep_going: bool = False
    keep: bool = False
    reuse: bool = False
    limit: float = float("inf")
    hold_at: int | None = None


def performed(meant: Settings, schedule: Schedule, wishes: Wishes) -> bool:
    """Run the schedule and return whether the campaign is good; the cluster is removed, unless it is to stay.

    Raises HostNotReady where no cluster can be made; Ctrl-C and what is in ending.OVER heal, and remove it.
    """
    progress = Progress()
    outcomes: list[Outcome] = []
    pause = partial(hold.until_enter, settings=meant, say=progress.say, typed=sys.stdin)
    with ending.orderly(), progress.shown(), standing(meant, progress.say, wishes, schedule) as ground:
        campaign = Campaign(ground, progress.say, wishes.keep_going, wishes.limit, wishes.hold_at, pause)
        try:
            for outcome in campaign.outcomes(schedule):
                outcomes.append(outcome)
                progress.say("\n".join(told.step(outcome)))
                record.write(ground.run, schedule, outcomes, ground.documents())
                if outcome.red:
                    ground.keep(outcome)
        finally:
            good = _is_good_at_its_end(ground, meant, schedule, outcomes)
    return good


def _is_good_at_its_end(ground: ClusterGround, meant: Settings, schedule: Schedule, outcomes: list[Outcome]) -> bool:
    """Judge once more, print what the campaign did, and return whether it is good; keep what no step has kept."""
    last = ground.end()
    good = is_good(outcomes) and not last.red
    record.write(ground.run, schedule, outcomes, ground.documents(), last)
    if last.red:
        ground.keep_end(last)
    lines = [*told.end(last), *told.summary(schedule, outcomes, ground.documents()), f"run: {ground.run}"]
    if not good:
        lines.append(f"again: {told.replay(ground.run, meant.project, outcomes)}")
    tell("\n".join(lines))
    return good


@contextmanager
def standing(meant: Settings, say: Say, wishes: Wishes, schedule: Schedule) -> Iterator[ClusterGround]:
    """Have a cluster with five nodes inside the block, which nobody else may change; its run has the schedule.

    The history is written from the boot to the end of the removal, and the report is drawn from it whatever happened.
    """
    with ownership.held(meant, wishes.by, say):
        site = Site(meant, say)
        site.prepare(wishes.reuse)
        write(schedule, site.run / FILE)
        path = history.file_in(site.run, meant.name)
        try:
            with site.recording(shlex.join(["cluster", *sys.argv[1:]]), schedule.seed), _ended(site, wishes.keep):
                _stand(site, say)
                yield ClusterGround(site, path, KnownIssues.load())
        finally:
            _report(site.run, say)
            runs.prune(meant, say, spare=[site.run])


def _stand(site: Site, say: Say) -> None:
    """Boot it and deploy on it; where that fails, say how the same is done again: no step will."""
    try:
        site.up()
        deploy(site)
    except Exception:
        say(f"again: {told.replay(site.run, site.cluster.settings.project, [])}")
        raise


@contextmanager
def _ended(site: Site, keep: bool) -> Iterator[None]:
    try:
        yield
    finally:
        site.end(keep=keep)


def _report(run: Path, say: Say) -> None:
    """Draw the report; trouble with it must not hide what it is about."""
    try:
        for page in report.draw_run(run, lambda trouble: say(f"no report: {trouble}")):
            say(f"report: {page}")
    except Exception as error:
        say(f"no report: {type(error).__name__}: {error}")
