"""What a campaign leaves in the folder of its run, as JSON: what each step brought, and the sums."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cluster.chaos.campaign import Judgement
from cluster.chaos.outcome import Outcome, Tally, is_good
from cluster.chaos.schedule import Schedule

FILE = "campaign.json"

NOTHING = Judgement()


def write(
    run: Path, schedule: Schedule, outcomes: Sequence[Outcome], documents: Mapping[str, int], end: Judgement = NOTHING
) -> Path:
    """Write it, also after each step: a killed campaign keeps what it had. `end` is what came after the last one."""
    run.mkdir(parents=True, exist_ok=True)
    path, new = run / FILE, run / f"{FILE}.new"
    new.write_text(json.dumps(_plain(schedule, outcomes, documents, end), indent=1) + "\n")
    return new.rename(path)


def _plain(
    schedule: Schedule, outcomes: Sequence[Outcome], documents: Mapping[str, int], end: Judgement
) -> dict[str, Any]:
    return {
        "seed": schedule.seed,
        "minutes": schedule.minutes,
        "good": is_good(outcomes) and not end.red,
        "seconds": round(sum(outcome.seconds for outcome in outcomes), 1),
        "faults": Tally.counted(outcomes).plain(),
        "documents": dict(documents),
        "steps": [_step(outcome) for outcome in outcomes],
        "end": {"red": list(end.red), "known": list(end.known)},
    }


def _step(outcome: Outcome) -> dict[str, Any]:
    return {
        "number": outcome.step.number,
        "ending": outcome.ending.value,
        "faults": [fault.order.to_json() for fault in outcome.tried],
        "skipped": [{"order": fault.order.to_json(), "why": why} for fault, why in outcome.skipped],
        "red": list(outcome.red),
        "known": list(outcome.known),
        "seconds": round(outcome.seconds, 1),
    }
