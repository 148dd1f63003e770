"""What a request to write is decided on: the copy at hand, and a newer one where that will not do."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fleet.daemon.api.context import Context
from fleet.daemon.api.errors import ApiError
from fleet.daemon.etcd import Unavailable
from fleet.daemon.registry import Conflict
from fleet.daemon.snapshot import Snapshot

OLD, NEW = Snapshot(revision=1), Snapshot(revision=2)


class Attempts:
    """An attempt to write that works on the new snapshot, and on the old one unless that `fails`."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.made: list[Snapshot] = []
        self._fails = fails

    async def __call__(self, now: Snapshot) -> int:
        self.made.append(now)
        if self._fails is not None and now is OLD:
            raise self._fails
        return 204


def context(fresh: bool = True) -> Context:
    async def latest() -> Snapshot:
        return NEW

    registry = SimpleNamespace(mirror=SimpleNamespace(fresh=fresh, snapshot=OLD), latest=latest)
    return Context(cast(Any, registry), cast(Any, None), token_limit=100)


async def test_what_can_be_done_on_the_copy_at_hand_asks_for_no_newer_one() -> None:
    attempts = Attempts()
    assert await context().change(attempts) == 204
    assert attempts.made == [OLD]


@pytest.mark.parametrize("failure", [Conflict(), ApiError(404, "unit does not exist"), Unavailable("no answer")])
async def test_what_the_copy_at_hand_does_not_allow_is_decided_on_the_newest(failure: Exception) -> None:
    attempts = Attempts(failure)
    assert await context().change(attempts) == 204
    assert attempts.made == [OLD, NEW]


async def test_a_copy_that_is_not_kept_current_decides_nothing() -> None:
    attempts = Attempts()
    await context(fresh=False).change(attempts)
    assert attempts.made == [NEW]


async def test_a_write_that_the_copy_at_hand_never_shows_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def written_and_never_seen(_: Snapshot) -> int:
        await asyncio.Event().wait()
        return 204

    monkeypatch.setattr("fleet.daemon.api.context._PATIENCE", 0.1)
    async with asyncio.timeout(5):
        with pytest.raises(ApiError) as raised:
            await context().change(written_and_never_seen)
    assert raised.value.code == 503
