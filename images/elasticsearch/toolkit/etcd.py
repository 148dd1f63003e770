"""etcd's v3 API, by the JSON gateway that each member and `etcd gateway` serve beside gRPC: no library needed."""

from __future__ import annotations

import base64
import http.client
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 5.0
"""Seconds for an answer: a living etcd may wait for its disk."""

PATIENCE = 1.0
"""Seconds in which a member that lives says which version it is: it asks nobody for that, and no disk."""

TRIES = 4
"""Connections until one leads to a member that lives. A member that is frozen accepts connections and answers none, and
`etcd gateway` goes on giving it every third one; other clients of the gateway may take those between."""

Json = dict[str, Any]


class EtcdUnavailable(Exception):
    """etcd did not answer, or has no leader. What was asked may have happened or not."""


@dataclass(frozen=True)
class Entry:
    """A key, its value, its lease, and the revisions that created it and wrote it last, in this etcd (its id)."""

    key: str
    value: str
    created: int
    modified: int
    cluster: str = ""
    lease: str = ""


class EtcdCompacted(EtcdUnavailable):
    """What happened after the revision that was asked for is forgotten; the present can still be read."""


@dataclass(frozen=True)
class Change:
    """A key that was written, or removed: then its entry has no value, and no revision that created it."""

    entry: Entry
    is_removed: bool


class Etcd:
    """A client that opens a connection per request: loopback is cheap, and nothing stale is ever reused.

    Nothing is asked before the connection has proved that it leads to a member that lives: what may have been done
    cannot be asked again, and each such question to a frozen member would cost its whole TIMEOUT.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname is None:
            raise ValueError(f"etcd's address must be http://host:port, not {url!r}")
        self.url = url
        self._address = (parts.hostname, parts.port or 2379)

    def get(self, key: str) -> tuple[Entry | None, int]:
        """Return the key's entry, if there is one, and the revision at which that was so."""
        entries, revision = self._range({"key": encode(key)})
        return (entries[0] if entries else None), revision

    def under(self, prefix: str) -> list[Entry]:
        """Return the entries whose keys start with the prefix, in the order of the keys."""
        return self._range({"key": encode(prefix), "range_end": encode(end_of(prefix))})[0]

    def transact(self, compare: list[Json], success: list[Json]) -> bool:
        """Do all of `success` if all of `compare` holds, else nothing; return whether it was done."""
        return bool(self._ask("kv/txn", {"compare": compare, "success": success}).get("succeeded"))

    def grant(self, ttl: int) -> str:
        """Return the id of a new lease of `ttl` seconds."""
        return str(self._ask("lease/grant", {"TTL": ttl})["ID"])

    def keep_alive(self, lease: str) -> bool:
        """Renew the lease; False when it is already gone."""
        answer = self._ask("lease/keepalive", {"ID": lease})
        # The stream has begun with 200 before etcd knows: what went wrong stands inside, and says nothing of the lease.
        if "result" not in answer:
            raise EtcdUnavailable(f"etcd at {self.url}: {answer.get('error')}")
        return int(answer["result"].get("TTL", 0)) > 0

    def revoke(self, lease: str, within: float = TIMEOUT) -> None:
        """End the lease, and with it the keys that it holds. A lease that is gone is no error."""
        self._ask("lease/revoke", {"ID": lease}, lenient=True, within=within)

    def changed(self, key: str, after: int, within: float) -> bool:
        """Wait for an event on the key later than revision `after`; False when there was none in time (seconds)."""
        try:
            return any(True for _ in self.watch([(key, "")], after, within))
        except EtcdCompacted:
            return True

    def watch(self, ranges: list[tuple[str, str]], after: int, within: float) -> Iterator[Change]:
        """Yield what is written and removed later than revision `after`, for so many seconds.

        A range is a key and "", or a prefix and `end_of` it. Ends, and may be begun again where it ended: a member
        that freezes says nothing, as one that has nothing to say. Raises EtcdCompacted where `after` is too long ago.
        """
        deadline = time.monotonic() + within
        body = "\n".join(json.dumps(_watch(key, end, after)) for key, end in ranges)
        connection = self._proven()
        try:
            connection.request("POST", "/v3/watch", body)
            reply = connection.getresponse()
            if not json.loads(reply.readline()).get("result", {}).get("created"):
                raise EtcdUnavailable(f"etcd at {self.url} refuses a watch")
            while (left := deadline - time.monotonic()) > 0:
                if connection.sock is not None:
                    connection.sock.settimeout(left)
                line = reply.readline()
                if not line:
                    raise EtcdUnavailable(f"etcd at {self.url} ended a watch")
                result = json.loads(line).get("result", {})
                if result.get("canceled"):
                    raise EtcdCompacted(f"etcd at {self.url} no longer knows revision {after}")
                cluster = _cluster(result)
                yield from (Change(_entry(event["kv"], cluster), "type" in event) for event in result.get("events", []))
        except TimeoutError:
            return
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._unavailable(error) from error
        finally:
            connection.close()

    def _range(self, request: Json) -> tuple[list[Entry], int]:
        reply = self._ask("kv/range", request)
        return [_entry(kv, _cluster(reply)) for kv in reply.get("kvs", [])], int(reply["header"]["revision"])

    def _ask(self, method: str, body: Json, lenient: bool = False, within: float = TIMEOUT) -> Json:
        status, answer = self._answer(method, body, within)
        if status != 200 and not lenient:
            raise EtcdUnavailable(f"etcd at {self.url}: {answer.get('error', status)}")
        return answer

    def _answer(self, method: str, body: Json, within: float) -> tuple[int, Json]:
        connection = self._proven(within)
        try:
            connection.request("POST", f"/v3/{method}", json.dumps(body))
            reply = connection.getresponse()
            return reply.status, json.loads(reply.readline() if method == "lease/keepalive" else reply.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._unavailable(error) from error
        finally:
            connection.close()

    def _proven(self, within: float = TIMEOUT) -> http.client.HTTPConnection:
        """Return a connection over which a member has just answered; what is asked now has so many seconds."""
        silent: Exception = TimeoutError()
        for _ in range(TRIES):
            connection = http.client.HTTPConnection(*self._address, timeout=PATIENCE)
            try:
                connection.request("GET", "/version")
                connection.getresponse().read()
                connection.sock.settimeout(within)
                return connection
            except TimeoutError as error:
                silent = error
                connection.close()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                raise self._unavailable(error) from error
        raise self._unavailable(silent) from silent

    def _unavailable(self, error: Exception) -> EtcdUnavailable:
        return EtcdUnavailable(f"etcd at {self.url}: {error or type(error).__name__}")


def put(key: str, value: str, lease: str | None = None) -> Json:
    """Build the part of a transaction that writes a key, bound to a lease if one is given."""
    request: Json = {"key": encode(key), "value": encode(value)}
    return {"request_put": request | ({"lease": lease} if lease is not None else {})}


def put_in_place(key: str, value: str) -> Json:
    """Build the part of a transaction that rewrites a key and leaves it bound to the lease it has."""
    return {"request_put": {"key": encode(key), "value": encode(value), "ignore_lease": True}}


def absent(key: str) -> Json:
    """Build the condition that there is no such key."""
    return {"key": encode(key), "target": "CREATE", "result": "EQUAL", "create_revision": "0"}


def unchanged(entry: Entry) -> Json:
    """Build the condition that the key has not been written since the entry was read."""
    return {"key": encode(entry.key), "target": "MOD", "result": "EQUAL", "mod_revision": str(entry.modified)}


def end_of(prefix: str) -> str:
    """Return where the keys with the prefix end."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def encode(text: str) -> str:
    """Keys and values travel in base64."""
    return base64.b64encode(text.encode()).decode()


def _decode(text: str) -> str:
    return base64.b64decode(text).decode(errors="replace")


def _watch(key: str, end: str, after: int) -> Json:
    until = {"range_end": encode(end)} if end else {}
    return {"create_request": {"key": encode(key), "start_revision": after + 1} | until}


def _cluster(answer: Mapping[str, Any]) -> str:
    return str(answer.get("header", {}).get("cluster_id", ""))


def _entry(kv: Mapping[str, str], cluster: str) -> Entry:
    value = _decode(kv.get("value", ""))
    created, modified = int(kv.get("create_revision", 0)), int(kv["mod_revision"])
    return Entry(_decode(kv["key"]), value, created, modified, cluster, kv.get("lease", ""))
