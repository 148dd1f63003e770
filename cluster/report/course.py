"""The lane of the run itself: its phases and its tests, each from its beginning to its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cluster.history import Observer, Phase, Test
from cluster.report.event import Event, Lane, Told, Tone, packed, shortened

RUN = "run"
TONES: dict[str, Tone] = {"passed": "good", "end": "good", "failed": "bad", "skipped": "plain"}


def lane(events: Iterable[Event]) -> Lane:
    """Return the lane for these events: phases above, tests below."""
    return Lane(RUN, "Run", (18,) * (1 + max((event.row for event in events if event.shape == "bar"), default=0)))


def events(told: Told) -> list[Event]:
    """Return phases and tests as bars; one without an end goes on to the end of the history, and says so."""
    phases = list(_bars(told, [(n, one.at, one.name, one.phase, one.why or "") for n, one in told.of(Phase)], "phase"))
    tests = list(
        _bars(
            told, [(n, one.at, one.test, one.outcome or one.phase, one.why or "") for n, one in told.of(Test)], "test"
        )
    )
    return [*_rows(phases, 0), *_rows(tests, 1 + _last_row(phases)), *_observers(told)]


def title(test: str) -> str:
    """Return a test's name as a sentence: the last part of its id, underscores read as spaces."""
    name = test.rpartition("::")[2] or test
    head, bracket, parameters = name.partition("[")
    return head.removeprefix("test_").replace("_", " ") + bracket + parameters


def _bars(told: Told, steps: list[tuple[int, float, str, str, str]], what: str) -> Iterator[Event]:
    begun: dict[str, tuple[int, float]] = {}
    done: dict[tuple[str, int], Event] = {}
    for position, at, name, phase, why in steps:
        if phase == "begin":
            begun[name] = position, at
            continue
        first, since = begun.get(name, (position, at))
        done[name, first] = _bar(what, name, phase, why, (position, first), since, at)  # the last of several ends
    yield from done.values()
    for name, (first, since) in begun.items():
        if (name, first) not in done:
            yield _bar(what, name, "begin", "", (first,), since, told.end)


def _bar(what: str, name: str, phase: str, why: str, lines: tuple[int, ...], since: float, until: float) -> Event:
    words = {"begin": "no end is recorded", "end": "ended"}.get(phase, phase)
    called = title(name) if what == "test" else name
    text = f"{what} {name}: {words} after {until - since:.1f} s" + (f": {why}" if why else "")
    tone = TONES.get(phase, "unknown")
    return Event(tuple(dict.fromkeys(lines)), since, RUN, shortened(text), tone, until, 0, "bar", called)


def _rows(bars: list[Event], first: int) -> list[Event]:
    bars = sorted(bars, key=lambda bar: bar.at)
    rows = packed([(bar.at, bar.until or bar.at) for bar in bars])
    return [_moved(bar, first + row) for bar, row in zip(bars, rows, strict=True)]


def _last_row(bars: list[Event]) -> int:
    return max(packed([(bar.at, bar.until or bar.at) for bar in sorted(bars, key=lambda bar: bar.at)]), default=-1)


def _moved(bar: Event, row: int) -> Event:
    return Event(bar.lines, bar.at, bar.lane, bar.text, bar.tone, bar.until, row, bar.shape, bar.short)


def _observers(told: Told) -> Iterator[Event]:
    for position, one in told.of(Observer):
        failed = one.phase == "failed"
        text = f"observer {one.name}: {one.phase}" + (f": {one.why}" if one.why else "")
        yield Event((position,), one.at, RUN, shortened(text), "warn" if failed else "plain", shape="none")
