"""The delivery: what is stored, what is tried again, what is refused for ever, and when an index may be made."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from toolkit.recorder import delivery, indices, schema
from toolkit.recorder.delivery import Delivery, day_index
from toolkit.recorder.indices import DAY
from toolkit.recorder.line import Line
from toolkit.recorder.spool import Document, Spool
from toolkit.recorder.state import state_of
from toolkit.recorder.teller import Teller, now

from cluster.eventually import eventually
from tests.elasticsearch_image.conftest import Instance
from tests.elasticsearch_image.stand_in import ME, StandIn, World, copy

TODAY = day_index(now())


class Post:
    """A delivery to a stand-in, tick by tick."""

    def __init__(self, instance: Instance, node: World, folder: Path) -> None:
        self.node, self.spool = node, Spool(folder, 1 << 20)
        self._settings = instance.settings
        self._line = Line(self._settings.ip, self._settings.http_port)
        self.teller = Teller(self._settings, self.spool)
        self.delivery = Delivery(self._settings, self.teller, self.spool, self._line)

    def keep(self, *ids: str, at: int | None = None) -> None:
        at = now() if at is None else at
        self.spool.keep([Document("event", id, {"@timestamp": at, "type": "status"}) for id in ids])

    def until(self, what: str, probe: Callable[[], object]) -> None:
        eventually(what, lambda: self._round() or probe(), within=5, every=0.01, context=lambda: str(self.stored))

    def rounds(self, number: int = 100) -> None:
        for _ in range(number):
            self._round()

    def _round(self) -> None:
        self.delivery.tick(state_of(self.node.answer("GET", "/_cluster/state", b"")[1]))
        deadline = time.monotonic() + 1
        while not self._line.is_free and time.monotonic() < deadline:
            self._line.look()
        self.teller.write()

    @property
    def stored(self) -> list[str]:
        return sorted(id for _, _, id in self.node.stored)

    def close(self) -> None:
        self._line.close()


@pytest.fixture
def post(one: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    monkeypatch.setattr(delivery, "EVERY", 0.0)
    monkeypatch.setattr(delivery, "RETRY", 0.0)
    five = {ME: "node-1"} | {f"id-{number}": f"node-{number}" for number in range(2, 6)}
    with StandIn(one.settings, World(one.settings.node, nodes=five)) as node:
        made = Post(one, node, tmp_path / "kept")
        yield made
        made.close()


def test_each_document_is_stored_once_in_the_index_of_its_day(post: Post) -> None:
    post.keep("a", "b")
    post.keep("a", at=now() - DAY)
    post.keep("b")
    post.until("all is settled", lambda: post.delivery.is_idle)
    assert sorted(post.node.stored) == [
        (day_index(now() - DAY), "event", "a"),
        (TODAY, "event", "a"),
        (TODAY, "event", "b"),
    ]


def test_what_cannot_be_stored_now_is_tried_again_and_holds_up_nothing(post: Post) -> None:
    post.node.refused = {"slow": (503, "UnavailableShardsException"), "busy": (429, "queue"), "shut": (403, "block")}
    post.keep("slow", "a", "busy", "b", "shut")
    post.until("the others are stored", lambda: post.stored == ["a", "b"])
    post.keep("c")
    post.until("also later ones", lambda: post.stored == ["a", "b", "c"])
    post.node.refused = {}
    post.until("and at last all", lambda: post.stored == ["a", "b", "busy", "c", "shut", "slow"])
    assert post.node.events("history_lost") == []


def test_what_is_refused_for_ever_is_dropped_and_told_with_the_reason(post: Post) -> None:
    post.node.refused = {"bad": (400, "StrictDynamicMappingException[no field x]")}
    post.keep("bad1", "a", "bad2")
    post.until("it is told", lambda: post.node.events("history_lost"))
    (told,) = post.node.events("history_lost")
    assert told["count"] == 2
    assert "400 StrictDynamicMappingException" in told["cause"]
    post.until("nothing is left", lambda: post.delivery.is_idle)


def test_that_something_was_refused_is_not_told_of_that_very_event(post: Post) -> None:
    post.node.refused = {"": (400, "everything")}
    post.keep("a")
    post.until("nothing is left", lambda: post.delivery.is_idle)
    sent = post.node.asked.count("POST /_bulk")
    post.rounds()
    assert post.node.asked.count("POST /_bulk") == sent == 2


def test_a_whole_delivery_that_fails_is_sent_again(post: Post) -> None:
    post.keep("a")
    post.node.copies.append(copy(TODAY, 0, ME, primary=True))
    post.node.master = None
    post.rounds(20)
    assert post.stored == []
    post.node.master = ME
    post.until("it is stored", lambda: post.stored == ["a"])


@pytest.mark.parametrize("nodes", [2, 3, 4])
def test_a_days_index_waits_for_a_quorum_for_ever_and_for_the_others_a_while(
    post: Post, nodes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_nodes = dict(post.node.nodes)
    post.node.nodes = dict(list(all_nodes.items())[:nodes])
    post.keep("a")
    post.rounds()
    assert post.stored == []
    monkeypatch.setattr(indices, "PATIENCE", 0.0)
    post.rounds()
    assert post.stored == (["a"] if nodes >= 3 else [])
    post.node.nodes = all_nodes
    post.until("five nodes are there", lambda: post.stored == ["a"])


def test_an_index_that_is_there_waits_for_nobody(post: Post) -> None:
    post.node.nodes = {ME: "node-1"}
    post.node.copies = [copy(TODAY, 0, ME, primary=True)]
    post.keep("a")
    post.until("it is stored", lambda: post.stored == ["a"])


def test_the_template_is_there_before_the_first_index_and_its_replicas_are_the_settings(post: Post) -> None:
    post.keep("a")
    post.until("it is stored", lambda: post.stored == ["a"])
    put, bulk = (post.node.asked.index(question) for question in (f"PUT /_template/{schema.TEMPLATE}", "POST /_bulk"))
    assert put < bulk
    assert post.node.templates[schema.TEMPLATE]["settings"]["index.number_of_replicas"] == "2"


def test_a_template_of_another_version_is_replaced_before_the_next_day_and_the_same_is_left_alone(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.keep("a")
    post.until("it is stored", lambda: post.stored == ["a"])
    for version, puts in ((schema.VERSION, 1), (99, 2)):
        post.node.templates[schema.TEMPLATE]["mappings"]["event"]["_meta"]["version"] = version
        post.node.copies.clear()
        post.keep(f"of {version}")
        post.until("it is stored", lambda: f"of {version}" in post.stored)  # noqa: B023
        assert post.node.asked.count(f"PUT /_template/{schema.TEMPLATE}") == puts


def test_what_is_older_than_is_kept_makes_no_index_of_its_day_again(post: Post) -> None:
    post.keep("old", at=now() - 8 * DAY)
    post.keep("a")
    post.until("it is stored", lambda: post.stored == ["a"])


def test_the_index_is_that_of_the_day_in_utc() -> None:
    assert day_index(1_795_478_399_999) == ".marvel-2026.11.23"
    assert day_index(1_795_478_400_000) == ".marvel-2026.11.24"


def test_an_index_of_another_marvel_is_not_written_into_and_holds_up_no_other_day(post: Post) -> None:
    post.node.copies = [copy(TODAY, 0, ME, primary=True)]
    post.node.foreign = {TODAY}
    post.keep("a")
    post.keep("b", at=now() - DAY)
    post.until("the other day's is stored", lambda: post.stored == ["b"])
    post.until("nothing is left", lambda: post.delivery.is_idle)
    assert post.stored == ["b"]


def test_where_documents_make_no_indices_they_are_made_all_the_same(post: Post) -> None:
    post.node.auto_create = False
    post.keep("a")
    post.keep("b", at=now() - DAY)
    post.until("both are stored", lambda: post.stored == ["a", "b"])
    assert post.node.events("history_lost") == []


def test_an_index_that_may_not_be_made_is_told_once_and_nothing_is_lost(
    post: Post, capsys: pytest.CaptureFixture[str]
) -> None:
    post.node.makes_none = (403, "IndexCreationException[not here]")
    post.keep("a")
    post.rounds()
    assert capsys.readouterr().err.count(f"{TODAY} cannot be made: 403 IndexCreationException[not here]") == 1
    post.node.makes_none = None
    post.until("it is stored", lambda: post.stored == ["a"])


def test_an_index_that_goes_before_it_is_written_into_is_made_again(post: Post) -> None:
    post.node.auto_create = False
    post.node.refused = {"a": (404, "IndexMissingException")}
    post.keep("a", "b")
    post.until("the other is stored", lambda: post.stored == ["b"])
    post.node.refused = {}
    post.until("and then it too", lambda: post.stored == ["a", "b"])
    assert post.node.events("history_lost") == []


def days(*ago: int) -> list[str]:
    return [day_index(now() - number * DAY) for number in ago]


def test_a_machine_whose_clock_is_behind_makes_no_index_that_is_deleted_at_once(
    post: Post, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    post.node.copies = [copy(name, 0, ME, primary=True) for name in days(0, 1, 2)]
    monkeypatch.setattr(delivery, "now", lambda: 10 * DAY)
    post.keep("old", at=10 * DAY)
    post.until("nothing is left", lambda: post.delivery.is_idle)
    assert "PUT /.marvel-1970.01.11" not in post.node.asked
    assert capsys.readouterr().err.count("a clock is wrong") == 1
    post.keep("right", at=now())
    post.until("what has a right time is stored", lambda: "right" in post.stored)
    assert "old" not in post.stored


def test_what_a_wrong_clock_cost_is_told(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.node.copies = [copy(name, 0, ME, primary=True) for name in days(0, 1, 2)]
    monkeypatch.setattr(delivery, "now", lambda: 10 * DAY)
    post.keep("old", "older", at=10 * DAY)
    post.until("it is told", lambda: post.node.events("history_lost"))
    (told,) = post.node.events("history_lost")
    assert told["count"] == 2
    assert "clock" in told["cause"]


def test_one_machine_whose_clock_is_ahead_makes_nobody_else_drop_what_is_right(post: Post) -> None:
    post.node.copies = [copy(name, 0, ME, primary=True) for name in [*days(0, 1), ".marvel-2100.01.01"]]
    post.keep("right")
    post.until("it is stored", lambda: post.stored == ["right"])


def test_what_has_gathered_is_delivered_without_a_pause(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.keep("first")
    post.until("it is stored", lambda: post.stored == ["first"])
    monkeypatch.setattr(delivery, "EVERY", 3600.0)
    post.keep(*(f"{number}" for number in range(1400)))
    post.rounds(20)
    assert len(post.stored) in (1, 1401), "only the pause of the last delivery is waited for"
    post.delivery.hurry()
    post.rounds(20)
    assert len(post.stored) == 1401
