"""The HTTP API of fleetd, version 1: entities in, entities out, and the wait for changes."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from fleet.ctl.connection import Connection, Reply
from fleet.ctl.entities import Machine, State, Unit
from fleet.ctl.errors import ApiError
from fleet.model.unitfile import UnitFile

BASE = "/fleet/v1"
Item = TypeVar("Item")
_MOST = 60  # units in a batch: as many as fleetd takes
_UNRESERVED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")


class Since(NamedTuple):
    """Asks for an answer only when the registry is newer than a revision, or when the seconds have passed."""

    revision: int
    seconds: int


class Client:
    """fleetd, as seen through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.revision = 0  # of the registry, as of the latest list of units or states: the one to wait on

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def units(self, since: Since | None = None) -> dict[str, Unit]:
        """All units by name."""
        listed = self._list("units", since)
        return {unit.name: unit for unit in map(Unit.from_json, listed)}

    def unit(self, name: str) -> Unit | None:
        """The unit of that name, or None."""
        reply = self._connection.request("GET", _item(name))
        return None if reply.status == 404 else Unit.from_json(_decoded(reply))

    def states(self, since: Since | None = None) -> list[State]:
        """systemd's states of all units that are on machines, by name, then machine."""
        return sorted(map(State.from_json, self._list("state", since)))

    def machines(self) -> list[Machine]:
        """All machines, by id."""
        return sorted(map(Machine.from_json, self._list("machines", None)), key=lambda machine: machine.id)

    def create(self, files: Mapping[str, UnitFile]) -> Iterator[str]:
        """Makes units known as inactive, or replaces their texts; gives the name of each that it has done."""
        return self._put_all([_inactive(name, file) for name, file in files.items()])

    def set_desired_state(self, names: Iterable[str], state: str) -> Iterator[str]:
        """Says what units should come to; gives the name of each for which it has."""
        return self._put_all([{"name": name, "desiredState": state} for name in names])

    def restart(self, names: Iterable[str]) -> Iterator[str]:
        """Wants units stopped, where they run, and started; gives the name of each for which it has said so."""
        return self._put_all([{"name": name, "desiredState": "launched", "restart": True} for name in names])

    def destroy(self, names: Sequence[str]) -> list[str]:
        """Forgets units; those of them that were known."""
        gone: list[str] = []
        for portion in _portions(names):
            answer = self._batch({"destroy": portion}) if len(portion) > 1 else None
            known = [name for name in portion if self._destroy(name)] if answer is None else answer["destroyed"]
            gone += [name for name in portion if name in known]
        return gone

    def _destroy(self, name: str) -> bool:
        reply = self._connection.request("DELETE", _item(name))
        if reply.status != 404:
            _check(reply)
        return reply.status != 404

    def _put_all(self, entities: Sequence[dict[str, Any]]) -> Iterator[str]:
        for portion in _portions(entities):
            together = len(portion) > 1 and self._batch({"units": portion}) is not None
            for entity in portion:
                if not together:
                    self._put(entity["name"], entity)
                yield entity["name"]

    def _batch(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to many requests at once; None if they are to be made one by one.

        Because fleetd knows no batches, as upstream's; or because it refused one of them, and so did none: then the
        requests themselves will say which it is, and those before it are done.
        """
        reply = self._connection.request("POST", f"{BASE}/batch", json.dumps(body).encode())
        return _decoded(reply) if reply.status < 300 else None

    def _put(self, name: str, entity: dict[str, Any]) -> None:
        _check(self._connection.request("PUT", _item(name), json.dumps(entity).encode()))

    def _list(self, collection: str, since: Since | None) -> Iterator[dict[str, Any]]:
        query = f"?after={since.revision}&wait={since.seconds}" if since else ""
        entities: list[dict[str, Any]] = []
        revision: int | None = None
        while True:
            reply = self._connection.request("GET", f"{BASE}/{collection}{query}")
            page = _decoded(reply)
            entities.extend(page.get("states" if collection == "state" else collection) or ())
            if revision is None:
                # That of the first page: what changes while the others are read is then seen again.
                revision = int(reply.headers.get("x-fleet-revision", 0))
            token = page.get("nextPageToken")
            if not token:
                break
            query = f"?nextPageToken={_quoted(token)}"
        if collection != "machines":  # asked for while others are awaited, whose changes must not be skipped
            self.revision = revision
        return iter(entities)


def _portions(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """What fits in a batch each."""
    return (items[start : start + _MOST] for start in range(0, len(items), _MOST))


def _inactive(name: str, file: UnitFile) -> dict[str, Any]:
    options = [{"section": section, "name": key, "value": value} for section, key, value in file.options]
    return {"name": name, "options": options, "desiredState": "inactive"}


def _item(name: str) -> str:
    return f"{BASE}/units/{_quoted(name)}"


def _quoted(text: str) -> str:
    return "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in text.encode())


def _check(reply: Reply) -> None:
    if reply.status >= 300:
        raise ApiError(_message(reply), reply.status)


def _decoded(reply: Reply) -> dict[str, Any]:
    _check(reply)
    try:
        entity = json.loads(reply.body)
    except ValueError as problem:
        raise ApiError(f"the reply is not JSON: {problem}") from problem
    if not isinstance(entity, dict):
        raise ApiError("the reply is not a JSON object: this is no fleetd")
    return entity


def _message(reply: Reply) -> str:
    try:
        return str(json.loads(reply.body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return reply.body.decode("utf-8", "replace").strip()
