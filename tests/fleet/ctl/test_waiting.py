"""How fleetctl waits while fleetd cannot be reached."""

import pytest

from fleet.ctl import waiting
from fleet.ctl.client import Client, Since
from fleet.ctl.connection import Connection
from fleet.ctl.endpoint import Endpoint
from fleet.ctl.errors import ApiError
from tests.fleet.ctl.fleetd_double import Fleetd


class Away:
    """A fleetd that cannot be reached so many times."""

    def __init__(self, times: int, status: int = 0) -> None:
        self.left = times
        self.status = status

    def __call__(self, _: Since | None, names: list[str]) -> list[str]:
        if self.left:
            self.left -= 1
            raise ApiError("connecting to /var/run/fleet.sock failed: Connection refused", self.status)
        return names


@pytest.fixture
def breathless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_BREATH", 0)


@pytest.mark.usefixtures("breathless")
@pytest.mark.parametrize("status", [0, 503])
def test_a_wait_survives_a_restart_of_fleetd(status: int) -> None:
    api = Client(Connection(Endpoint.parse("unix:///nobody")))
    assert waiting.until_none_left(api, ["a.service"], waiting.Deadline(None), Away(3, status)) == []


@pytest.mark.usefixtures("breathless")
def test_a_fleetd_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_RESTART", 0.05)
    api = Client(Connection(Endpoint.parse("unix:///nobody")))
    with pytest.raises(ApiError, match="Connection refused"):
        waiting.until_none_left(api, ["a.service"], waiting.Deadline(None), Away(10**9))


@pytest.mark.usefixtures("breathless")
def test_no_restart_is_waited_for_past_the_deadline() -> None:
    api, away = Client(Connection(Endpoint.parse("unix:///nobody"))), Away(10**9)
    with pytest.raises(ApiError, match="Connection refused"):
        waiting.until_none_left(api, ["a.service"], waiting.Deadline(0), away)
    assert away.left == 10**9 - 1


def test_a_look_at_the_machines_hides_no_change_from_who_waits(fleetd: Fleetd) -> None:
    api = Client(Connection(Endpoint.parse(fleetd.endpoint)))
    api.units()
    seen = api.revision
    fleetd.change()
    api.machines()
    assert api.revision == seen
    api.close()
