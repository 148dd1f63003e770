"""Laws of the checkers, each against a plainer way to say the same: for any history, not only for those thought of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from cluster.checkers import Absence, Run, never_on_two_machines, one_master_accepted, replicas_as_meant
from cluster.checkers.badness import meaning
from cluster.checkers.books import Book, CopyRead, Round
from cluster.checkers.logs import ALLOWED, logs_as_allowed
from cluster.history import Health
from tests.cluster.checkers.story import LABEL, Story
from tests.cluster.checkers.test_logs import SAID

END = 20
UNITS, MACHINES = ("a", "b"), ("m1", "m2", "m3")
moments = st.integers(0, END - 1)
runs = st.lists(
    st.builds(
        lambda unit, machine, start, seconds: Run(unit, machine, start, None if seconds is None else start + seconds),
        st.sampled_from(UNITS),
        st.sampled_from(MACHINES),
        moments,
        st.none() | st.integers(1, END),
    ),
    max_size=6,
)
absences = st.lists(st.builds(Absence, st.sampled_from(MACHINES), moments, st.none() | moments), max_size=3)


def on_two(found: Sequence[Run]) -> bool:
    """Whether, in some second, a unit was on two machines: counted second by second."""
    for second in range(3 * END):
        there = {(run.unit, run.machine) for run in found if run.start <= second < (run.stop or 3 * END)}
        if len({unit for unit, _ in there}) < len(there):
            return True
    return False


@settings(deadline=None)  # a busy host is slow at times
@given(runs)
def test_a_unit_is_on_two_machines_exactly_when_it_is_so_in_some_second(found: list[Run]) -> None:
    verdict = never_on_two_machines(found)
    assert verdict.status == ("failed" if on_two(found) else "passed" if found else "unknown")


@settings(deadline=None)  # a busy host is slow at times
@given(runs, absences, st.integers(0, END))
def test_a_machine_that_nobody_could_tell_only_ever_excuses(found: list[Run], away: list[Absence], over: int) -> None:
    strict, mild = never_on_two_machines(found), never_on_two_machines(found, away, over)
    assert {*mild.complaints} <= {*strict.complaints}
    milder = never_on_two_machines(found, away, over + 1)
    assert {*milder.complaints} <= {*mild.complaints}


@settings(deadline=None)  # a busy host is slow at times
@given(st.lists(st.integers(1, END), min_size=5, max_size=5), st.booleans())
def test_what_was_taken_over_meanwhile_is_excused_exactly_until_its_machine_could_be_told(
    spans: list[int], told: bool
) -> None:
    before, away, over, back, settled = spans
    went, taken = float(before), float(before + away)
    found = [Run("a", "m1", 0, taken + over), Run("a", "m2", taken)]
    absence = Absence("m1", went, went + back if told else None)
    excused = not told or taken + over <= went + back + settled
    assert (never_on_two_machines(found, [absence], settled).status == "passed") == excused


EVERY, WINDOW = 5, 15
spells = st.lists(st.tuples(st.sampled_from(["x", "y", None]), st.integers(1, 6)), min_size=1, max_size=3)
names = spells.map(lambda told: [name for name, looks in told for _ in range(looks)])


def two_masters(one: Sequence[str | None], two: Sequence[str | None]) -> bool:
    """Whether two machines each named a master of their own, always the same, from one look to a too late one."""
    for first, last in combinations(range(min(len(one), len(two))), 2):
        said = {*one[first : last + 1]}, {*two[first : last + 1]}
        constant = all(len(names) == 1 and None not in names for names in said)
        if constant and said[0] != said[1] and (last - first) * EVERY > WINDOW:
            return True
    return False


@settings(deadline=None)  # a busy host is slow at times
@given(names, names)
def test_two_masters_reign_exactly_when_two_machines_name_them_for_too_long(
    one: list[str | None], two: list[str | None]
) -> None:
    told = [
        Health(at=float(number * EVERY), machine=machine, status="green", master=master)
        for machine, said in (("m1", one), ("m2", two))
        for number, master in enumerate(said)
    ]
    seen = any([*one, *two])
    expected = "failed" if two_masters(one, two) else "passed" if seen else "unknown"
    assert one_master_accepted(told, [], WINDOW).status == expected
    assert one_master_accepted(told[::-1], [], WINDOW).status == expected


rounds = st.lists(st.lists(st.sampled_from(["m1", "m2", "m3", "m4"]), max_size=5), max_size=4)


@settings(deadline=None)  # a busy host is slow at times
@given(rounds, st.integers(1, 4))
def test_each_round_with_another_number_of_copies_or_two_on_a_machine_is_told(
    read: list[list[str]], expected: int
) -> None:
    nothing = frozenset[str]()
    told = [
        Round(at, at + 0.5, nothing, expected, tuple(CopyRead(f"n{n}", one, nothing) for n, one in enumerate(machines)))
        for at, machines in enumerate(read)
    ]
    wrong = [machines for machines in read if len(machines) != expected or len({*machines}) != expected]
    verdict = replicas_as_meant([Book("ledger", rounds=told)])
    assert len(verdict.complaints) == len(wrong)
    assert verdict.status == ("failed" if wrong else "passed" if read else "unknown")


lines = st.lists(st.tuples(st.sampled_from(SAID), st.integers(0, 100)), max_size=8)
kinds = st.sampled_from(["kill-machine", "disk-full", "partition", "clock-skew"])
faults = st.lists(st.tuples(kinds, st.integers(0, 100), st.none() | st.integers(1, 50)), max_size=3)


def journal(said: list[tuple[tuple[str, str, str], int]], done: list[tuple[str, int, int | None]]) -> Story:
    """Each line as the journal's observer tells it, and faults."""
    story = Story().unit(0, "core-01", "active", f"{LABEL}@1.service")
    for (_, unit, text), at in said:
        found = meaning(unit, text)
        assert found is not None
        story.tell("mark", at, machine="core-01", unit=unit, text=text, level=found.level)
    for kind, since, seconds in done:
        story.fault(kind, "core-01", since, None if seconds is None else since + seconds)
    return story


@settings(deadline=None)  # a busy host is slow at times
@given(lines, faults, st.sets(st.sampled_from(range(len(ALLOWED)))))
def test_faults_and_what_is_allowed_only_ever_excuse_a_bad_line_and_nothing_else_is_bad(
    said: list[tuple[tuple[str, str, str], int]], done: list[tuple[str, int, int | None]], kept: set[int]
) -> None:
    calm, broken = journal(said, []).history, journal(said, done).history
    bad = [text for (_, unit, text), _ in said if (found := meaning(unit, text)) and found.level == "error"]
    assert len(logs_as_allowed(broken, []).complaints) == len(bad)
    assert {*logs_as_allowed(broken).complaints} <= {*logs_as_allowed(calm).complaints}
    some = [ALLOWED[number] for number in sorted(kept)]
    assert {*logs_as_allowed(broken).complaints} <= {*logs_as_allowed(broken, some).complaints}
