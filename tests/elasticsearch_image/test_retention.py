"""The retention: which day's index is too old, also by a master whose clock is wrong."""

from toolkit.recorder.delivery import day_index
from toolkit.recorder.indices import DAY
from toolkit.recorder.line import Line
from toolkit.recorder.retention import Retention
from toolkit.recorder.state import state_of
from toolkit.recorder.teller import now

from cluster.eventually import eventually
from tests.elasticsearch_image.conftest import Instance
from tests.elasticsearch_image.stand_in import ME, StandIn, World, copy


def kept(one: Instance, ago: list[int], today: int) -> list[int]:
    """Return which of the days (0 is today) are left by a master that takes `today` for now."""
    names = {day_index(now() - number * DAY): number for number in ago}
    copies = [copy(name, 0, ME, primary=True) for name in names]
    with StandIn(one.settings, World(one.settings.node, copies=copies)) as node:
        line = Line(one.settings.ip, one.settings.http_port)
        for _ in range(len(ago) + 2):
            retention = Retention(one.settings, line, lambda: today)  # a new one need not wait
            retention.tick(state_of(node.answer("GET", "/_cluster/state", b"")[1]))
            eventually("it is done", lambda: line.look() or line.is_free, within=5, every=0.01)
        line.close()
        return sorted(names[fields["index"]] for fields in node.copies)


def test_days_that_are_too_long_ago_go(one: Instance) -> None:
    assert kept(one, [0, 1, 7, 8, 9, 30], now()) == [0, 1, 7]


def test_the_newest_two_stay_however_old_they_are(one: Instance) -> None:
    assert kept(one, [20, 29, 40], now()) == [20, 29]


def test_a_master_whose_clock_is_far_ahead_deletes_nothing_that_is_not_too_old(one: Instance) -> None:
    assert kept(one, [0, 1, 6, 7, 8], now() + 400 * DAY) == [0, 1, 6, 7]
