"""The recorder hears every change once, in order and at its time, whatever becomes of single members."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Iterator

import pytest

from cluster import eventually as waiting
from cluster.errors import Impossible, InfraError
from cluster.etcd import Change, EtcdDown, WatchHandle
from cluster.eventually import eventually
from cluster.recorder import Recorder

KEY = "/locks/es"


class Member:
    """A member of etcd that tells the changes it is given, and of which a connection can be broken."""

    def __init__(self) -> None:
        self.log: list[Change] = []
        self.asked: list[int] = []
        self.dead = False
        self._told: queue.Queue[Change | Exception | None] = queue.Queue()

    def revision(self) -> int:
        if self.dead:
            raise EtcdDown("dead")
        return max([change.revision for change in self.log], default=1)

    def watch(self, start: int, stop: WatchHandle) -> Iterator[Change]:
        self.asked.append(start)
        self._told = queue.Queue()
        yield from [change for change in self.log if change.revision >= start]
        while (change := self._told.get(timeout=10)) is not None:
            if isinstance(change, Exception):
                raise change
            yield change
        if not stop.stopped:
            raise EtcdDown("the connection is lost")

    def tell(self, *changes: Change) -> None:
        self.log += changes
        for change in changes:
            self._told.put(change)

    def fails(self, error: Exception) -> None:
        self._told.put(error)

    def breaks(self, dead: bool = False) -> None:
        self.dead = dead
        self._told.put(None)


@pytest.fixture
def members() -> list[Member]:
    return [Member(), Member()]


@pytest.fixture
def recorder(members: list[Member], monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    monkeypatch.setattr(waiting, "POLL", 0.01)
    ticks = itertools.count(1)
    recorder = Recorder(members, ["/locks/"], clock=lambda: float(next(ticks)))
    eventually("both members are asked", lambda: all(member.asked for member in members), within=5)
    yield recorder
    for member, stop in zip(members, recorder._stops, strict=True):
        stop.stopped = True
        member.breaks()
    recorder.stop()


def change(revision: int, key: str = KEY) -> Change:
    return Change(key, str(revision), revision)


def test_what_both_members_tell_is_recorded_once_at_its_first_time(members: list[Member], recorder: Recorder) -> None:
    members[0].tell(change(2))
    eventually("it is recorded", recorder.events, within=5)
    members[1].tell(change(2), change(3))
    eventually("two are recorded", lambda: len(recorder.events()) == 2, within=5)
    assert [(event.revision, event.at) for event in recorder.events()] == [(2, 1.0), (3, 2.0)]


def test_a_dead_member_delays_nothing_and_leaves_no_gap(members: list[Member], recorder: Recorder) -> None:
    members[0].tell(change(2))
    eventually("it is recorded", recorder.events, within=5)
    members[0].breaks(dead=True)
    members[1].tell(change(2), change(3), change(3, KEY + "/2"), change(4))
    eventually("all are recorded", lambda: len(recorder.events()) == 4, within=5)
    assert recorder.revision() == 4

    members[0].log = list(members[1].log)
    members[0].dead = False
    eventually("it is asked again, from the last revision on", lambda: members[0].asked == [2, 2], within=5)
    members[0].tell(change(5))
    eventually("what it tells is recorded", lambda: len(recorder.events()) == 5, within=5)
    assert [event.revision for event in recorder.events()] == [2, 3, 3, 4, 5]


def test_events_waits_until_all_that_has_happened_is_heard(members: list[Member], recorder: Recorder) -> None:
    members[0].log.append(change(2))  # etcd has it, and has not told it yet
    late = threading.Timer(0.3, members[1].tell, [change(2)])
    late.start()
    assert [event.revision for event in recorder.events()] == [2]
    late.join()


def test_changes_of_other_keys_are_heard_and_not_recorded(members: list[Member], recorder: Recorder) -> None:
    members[0].tell(change(2), change(3, "/elsewhere"))
    assert [event.revision for event in recorder.events()] == [2]


def test_the_member_that_answered_last_is_asked_first(members: list[Member], recorder: Recorder) -> None:
    members[1].log.append(change(2, "/elsewhere"))
    members[0].dead = True
    assert recorder.revision() == 2
    members[0].dead = False
    assert recorder.revision() == 2


def test_what_is_told_when_nobody_listens_any_more_is_an_error_with_its_cause(
    members: list[Member], recorder: Recorder
) -> None:
    for member in members:
        member.fails(InfraError("etcd ended the watch: compacted"))
    members[0].log.append(change(2))
    with pytest.raises(Impossible, match=r"nobody listens any more: .*compacted"):
        recorder.events()
    assert recorder.heard() == []


def test_without_any_member_the_revision_is_an_error(members: list[Member], recorder: Recorder) -> None:
    for member in members:
        member.dead = True
    with pytest.raises(EtcdDown, match="dead; dead"):
        recorder.revision()
