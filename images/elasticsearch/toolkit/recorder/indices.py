"""The indices of the days: whether they are the recorder's own, and the template that the new ones are made by.

Others keep a history under such names too, as the official Marvel does: what is not the recorder's own is neither
written into nor deleted. Its own have the version of the mapping (schema.VERSION, or one of before) in it.
"""

from __future__ import annotations

import json
import re
import time
from calendar import timegm
from collections.abc import Callable
from typing import Any

from toolkit.journal import Repeated
from toolkit.settings import Settings

from .line import Answer, Line
from .schema import TEMPLATE, VERSION, template
from .state import State

PATIENCE = 30.0
"""Seconds that the index of a new day waits for the nodes that are missing; for a quorum of them it waits for ever."""

DAY = 86_400_000
"""Milliseconds."""

SAID_AGAIN = 3600.0
"""Seconds until the journal is told again what is still so."""


class Indices:
    """Readies the indices that are to be written into, one question at a time; `hurry` asks for the next tick soon."""

    def __init__(self, settings: Settings, line: Line, hurry: Callable[[], None]) -> None:
        self._settings, self._line, self._hurry = settings, line, hurry
        self._wanted: set[str] = set()
        self._wanted_since = 0.0
        self._is_prepared = False
        self._own: set[str] = set()
        self.foreign: set[str] = set()
        """Those that are there and somebody else's."""
        self._journal = Repeated(every=SAID_AGAIN)

    def forget(self) -> None:
        """Another node is asked from now on."""
        self._is_prepared, self._own, self.foreign = False, set(), set()

    def settled(self) -> None:
        """What was wanted is written: whoever wants a new index next waits for the nodes anew."""
        self._wanted = set()

    def are_ready(self, names: set[str], state: State) -> bool:
        """Say whether all of these can be written into, and have what is missing made if not."""
        self._own &= state.indices
        self.foreign &= state.indices
        unknown = (names & state.indices) - self._own - self.foreign
        if unknown:
            self._look_at(min(unknown))
        elif self._may_make(new := names - state.indices, state):
            if not self._is_prepared:
                self._line.ask(f"/_template/{TEMPLATE}", self._template_came, within=5.0)
            elif new:
                self._make(min(new))
            return self._is_prepared and not new
        return False

    def _make(self, name: str) -> None:
        """Make an index, by its template. A document would not where action.auto_create_index is off."""

        def made(answer: Answer | None) -> None:
            if answer is not None and answer.status == 200:
                self._hurry()
            elif answer is not None and "AlreadyExists" not in str(answer.body.get("error")):
                self._journal.say(f"{name} cannot be made: {answer.status} {answer.body.get('error')}")

        self._line.ask(f"/{name}", made, "PUT", within=10.0)

    def _look_at(self, name: str) -> None:
        def came(answer: Answer | None) -> None:
            owner = is_own(name, answer)
            if owner is None:
                return
            (self._own if owner else self.foreign).add(name)
            if not owner:
                self._journal.say(f"{name} is not this recorder's, nothing is written into it: MARVEL_RECORDER=off")
            self._hurry()

        self._line.ask(mapping_of(name), came, within=5.0)

    def _may_make(self, new: set[str], state: State) -> bool:
        """Say whether indices may be made now, which all nodes are waited for."""
        if not new:
            return True
        if new != self._wanted:
            self._wanted, self._wanted_since, self._is_prepared = new, time.monotonic(), False
        if len(state.nodes) < self._settings.quorum:
            return False
        is_long = time.monotonic() - self._wanted_since >= PATIENCE
        return len(state.nodes) >= self._settings.instances or is_long

    def _template_came(self, answer: Answer | None) -> None:
        if answer is None or answer.status not in (200, 404):
            return
        replicas = min(self._settings.marvel_replicas, self._settings.instances - 1)
        wanted = template(replicas)
        if _is_the_same(answer.body.get(TEMPLATE), wanted):
            self._is_prepared = True
            self._hurry()
            return
        body = json.dumps(wanted).encode()
        self._line.ask(f"/_template/{TEMPLATE}", self._template_put, "PUT", body, within=10.0)

    def _template_put(self, answer: Answer | None) -> None:
        self._is_prepared = answer is not None and answer.status == 200
        if self._is_prepared:
            self._hurry()


def days_of(state: State) -> list[str]:
    """Return the indices that are named for a day, the oldest first."""
    return sorted(name for name in state.indices if _is_of_a_day(name))


def present_days(state: State, days: int) -> list[int]:
    """Return the days (milliseconds since the epoch) that most indices vouch for, the oldest first; none without any.

    Such a day has the most indices within the retention before it: one that a wrong clock has made is outvoted,
    whether that clock is ahead or behind.
    """
    found = [timegm(time.strptime(name, ".marvel-%Y.%m.%d")) * 1000 for name in days_of(state)]
    votes = {day: sum(day - days * DAY <= other <= day for other in found) for day in found}
    return [day for day in found if votes[day] == max(votes.values())]


def mapping_of(name: str) -> str:
    """Return where an index tells whose it is."""
    return f"/{name}/_mapping/event"


def is_own(name: str, answer: Answer | None) -> bool | None:
    """Say whether an index is a recorder's by its mapping; None: it has not been told, or is not there."""
    if answer is None or answer.status not in (200, 404) or "IndexMissing" in str(answer.body.get("error")):
        return None
    try:
        return isinstance(answer.body[name]["mappings"]["event"]["_meta"]["version"], int)
    except (KeyError, TypeError):
        return False


def _is_of_a_day(name: str) -> bool:
    try:
        time.strptime(name, ".marvel-%Y.%m.%d")
    except ValueError:
        return False
    return re.fullmatch(r"\.marvel-\d{4}\.\d\d\.\d\d", name) is not None


def _is_the_same(found: Any, wanted: dict[str, Any]) -> bool:
    """Whether the template is there already, with these replicas."""
    try:
        replicas = found["settings"]["index.number_of_replicas"]
        version = found["mappings"]["event"]["_meta"]["version"]
    except (KeyError, TypeError):
        return False
    return (int(replicas), int(version)) == (wanted["settings"]["number_of_replicas"], VERSION)
