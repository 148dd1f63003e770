"""What the recorder tells of the cluster's states, one after the other, without a process."""

import time
from pathlib import Path
from typing import Any

import pytest
from toolkit.recorder.cluster import Cluster
from toolkit.recorder.line import Answer, Line
from toolkit.recorder.own import Identity
from toolkit.recorder.spool import Document, Spool
from toolkit.recorder.teller import Teller

from tests.elasticsearch_image.conftest import Instance
from tests.elasticsearch_image.stand_in import ME, World, copy

OLD = [copy("old-a", 0, ME, primary=True), copy("old-b", 0, ME, primary=True)]


class Watch:
    """Lets the recorder of the master see one state after the other."""

    def __init__(self, one: Instance, folder: Path) -> None:
        self._spool = Spool(folder, 1 << 24)
        self._seen: list[object] = []
        self._teller = Teller(one.settings, self._spool)
        self.world = World(one.settings.node)
        self._cluster = Cluster(self._teller, Line("127.0.0.1", one.settings.http_port), lambda _answer: None)
        self._cluster.begins(Identity(ME, self.world.started), 0)

    def sees(self, **changes: Any) -> None:
        self.world.becomes(**changes)
        self._cluster._came(Answer(*self.world.answer("GET", "/_cluster/state", b"")))
        self._teller.write()

    def waits(self) -> None:
        self._cluster.tick()
        self._teller.write()

    def versions(self) -> list[object]:
        """The versions of the states whose placements were told."""
        found: list[object] = []
        while (batch := self._spool.next()) is not None:
            found += [document.fields["version"] for document in batch.documents if document.kind == "placement"]
            self._spool.settle(batch)
        self._seen += found
        return self._seen

    @property
    def told(self) -> list[Document]:
        batch = self._spool.next()
        return [] if batch is None else list(batch.documents)

    def subjects(self, type: str) -> list[str]:
        return [one.fields["subject"] for one in self.told if one.fields.get("type") == type]


def test_after_a_full_restart_no_index_is_told_as_new_and_no_place_before_they_are_known(
    one: Instance, tmp_path: Path
) -> None:
    watch = Watch(one, tmp_path / "kept")
    watch.sees(unrecovered=True)
    assert not [document for document in watch.told if document.kind == "placement"]
    watch.sees(unrecovered=False, copies=OLD)
    assert watch.subjects("index_created") == []
    assert [document.kind for document in watch.told].count("placement") == 1
    watch.sees(copies=[*OLD, copy("new", 0, ME, primary=True)])
    assert watch.subjects("index_created") == ["new"]


def test_a_master_that_has_to_recover_the_state_again_tells_no_index_as_deleted(one: Instance, tmp_path: Path) -> None:
    watch = Watch(one, tmp_path / "kept")
    watch.sees(copies=OLD)
    watch.sees(unrecovered=True, copies=[])
    watch.sees(unrecovered=False, copies=OLD)
    assert (watch.subjects("index_deleted"), watch.subjects("index_created")) == ([], [])
    watch.sees(copies=OLD[:1])
    assert watch.subjects("index_deleted") == ["old-b"]


@pytest.mark.parametrize(("copies", "seconds"), [(1, 1.0), (4000, 1.5)])
def test_places_are_told_once_a_second_less_often_when_there_are_many_and_the_last_ones_are_told(
    one: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copies: int, seconds: float
) -> None:
    elapsed = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: elapsed[0])
    watch = Watch(one, tmp_path / "kept")
    many = [copy("logs", number, ME) for number in range(copies)]
    for _ in range(3):
        watch.sees(copies=many)
    assert watch.versions() == [2]
    elapsed[0] += seconds * 0.9
    watch.waits()
    assert watch.versions() == [2]
    elapsed[0] += 10
    watch.waits()
    watch.waits()
    assert watch.versions() == [2, 4], "the states between the two were told nowhere"
