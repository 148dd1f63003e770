"""Who is spared, and for how long: after outages, and while a machine may contradict its death."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from fleet.daemon.grace import Grace
from fleet.daemon.snapshot import Snapshot
from tests.fleet.daemon.units import by_name, machines, unit

CONTRADICTION = 0.2
UNITS = by_name([unit("a.service", machine="other")])


def seeing(*there: str) -> Snapshot:
    return Snapshot(machines=machines(*there), units=UNITS)


class DummyMirror:
    """Connected to etcd long ago; shows what it is told to."""

    def __init__(self) -> None:
        self.fresh, self.fresh_since, self.outage = True, 0.0, float("inf")
        self.snapshot = Snapshot()
        self._listeners: list[Callable[[], object]] = []

    def listen(self, listener: Callable[[], object]) -> None:
        self._listeners.append(listener)

    def show(self, snapshot: Snapshot) -> Snapshot:
        self.snapshot = snapshot
        for listener in self._listeners:
            listener()
        return snapshot


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("fleet.daemon.grace.CONTRADICTION", CONTRADICTION)
    return DummyMirror()


async def until_nobody_is_spared(grace: Grace, snapshot: Snapshot, over: asyncio.Event) -> float:
    """Look whenever Grace says that time is up; the seconds that passed."""
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(10):
        while grace.spared(snapshot):
            over.clear()
            await over.wait()
    return asyncio.get_running_loop().time() - began


async def test_one_that_vanished_while_this_machine_is_there_has_only_the_time_to_contradict(mirror: Any) -> None:
    over = asyncio.Event()
    grace = Grace("me", mirror, 0.0, over.set)
    mirror.show(seeing("me", "other"))
    without = mirror.show(seeing("me"))
    assert grace.spared(without) == {"other"}
    assert CONTRADICTION <= await until_nobody_is_spared(grace, without, over) < 5 * CONTRADICTION


async def test_while_this_machine_is_missing_itself_nobodys_absence_means_anything(mirror: Any) -> None:
    over = asyncio.Event()
    grace = Grace("me", mirror, 0.0, over.set)
    mirror.show(seeing("me", "other"))
    nobody = mirror.show(seeing())
    await asyncio.sleep(2 * CONTRADICTION)
    assert grace.spared(nobody) == {"other"}, "although its time to contradict is over"
    back = mirror.show(seeing("me"))
    assert grace.spared(back) == {"other"}, "as long as this machine's own return took, and the time to contradict"
    assert await until_nobody_is_spared(grace, back, over) >= CONTRADICTION


async def test_each_machine_that_comes_back_gives_the_others_as_long_again(mirror: Any) -> None:
    mirror.fresh_since = asyncio.get_running_loop().time()
    grace = Grace("me", mirror, 0.4, lambda: None)
    units = by_name([unit("a.service", machine="other"), unit("b.service", machine="third")])
    mirror.show(Snapshot(machines=machines("me"), units=units))
    await asyncio.sleep(0.25)
    back = mirror.show(Snapshot(machines=machines("me", "other"), units=units))
    await asyncio.sleep(0.25)
    assert grace.spared(back) == {"third"}, "the other one came back in time"
    await asyncio.sleep(0.25)
    assert grace.spared(back) == frozenset()


async def test_where_all_who_are_left_leave_nobodys_units_move(mirror: Any) -> None:
    grace = Grace("me", mirror, 0.0, lambda: None)
    mirror.show(seeing("me", "other"))
    last = {"me": replace(machines("me")["me"], leaving=True)}
    await asyncio.sleep(2 * CONTRADICTION)
    assert grace.spared(mirror.show(Snapshot(machines=last, units=UNITS))) == {"other"}
    await asyncio.sleep(2 * CONTRADICTION)
    assert grace.spared(mirror.snapshot) == {"other"}


async def test_the_dead_are_remembered_as_long_as_they_have_units(mirror: Any) -> None:
    grace = Grace("me", mirror, 0.0, lambda: None)
    mirror.show(seeing("me", "other", "idle"))
    mirror.show(seeing("me"))
    await asyncio.sleep(2 * CONTRADICTION)
    mirror.show(seeing("me"))
    assert (grace._seen, set(grace._vanished)) == ({"me", "other"}, {"other"})


async def test_grace_ends_after_a_second_outage_too() -> None:
    loop, ended = asyncio.get_running_loop(), list[float]()
    over = asyncio.Event()

    def note() -> None:
        ended.append(loop.time())
        over.set()

    mirror: Any = SimpleNamespace(listen=lambda _: None, fresh=True, fresh_since=loop.time() + 1, outage=9.0)
    grace, seen = Grace("me", mirror, 0.2, note), seeing("me")
    assert grace.spared(seen) == {"other"}
    mirror.fresh_since += 0.1
    assert grace.spared(seen) == {"other"}
    while len(ended) < 2:
        over.clear()
        await asyncio.wait_for(over.wait(), 10)
    assert ended[-1] >= mirror.fresh_since + 0.2
    assert grace.spared(seen) == frozenset()
