"""What no client should send: every answer is fleetd's own, none is 500, and the registry is as readable as before."""

import asyncio
import json
import random
from typing import Any

import pytest
import pytest_asyncio

from tests.fleet.daemon.machines import Cluster, TestMachine

REQUESTS = 400
WORDS = [
    "",
    "a.service",
    "t@.service",
    "t@1.service",
    "x.bogus",
    "\ud800",
    "é",
    "\x00",
    "../..",
    "a" * 300,
    "[",
    "inactive",
]
STATES = ["inactive", "loaded", "launched", "bogus", ""]
KEYS = ["name", "options", "desiredState", "restart", "units", "destroy", "op", "path", "value", "currentState"]
OPTION = {"section": "Service", "name": "ExecStart", "value": "/bin/true"}
PATHS = [
    "",
    "/units/a.service",
    "/units/b.service",
    "/units/b.service",
    "/units",
    "/units/a.service",
    "/units/t@.service",
    "/state",
    "/state/a.service",
    "/machines",
    "/batch",
]
PATHS += ["/discovery", "/units/%ff", "/units/%00", "/units/a%2fb.service", "/units/" + "a" * 5000, "/units?after=-1"]
PATHS += ["/units?nextPageToken=%%%", "/state?unitName=%ff&machineID=%00", "/units?after=9&wait=nan", "/units?after=x"]
PATHS += ["/units?nextPageToken=ZAD//w==", "/machines?nextPageToken=a&nextPageToken=b", "/units/a.service/more", "//"]
METHODS = ["GET", "PUT", "PUT", "PUT", "POST", "PATCH", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"]


class Nonsense:
    """Requests that are wrong in every way, and some that are right."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def request(self) -> tuple[str, str, dict[str, str], bytes]:
        kind = self._dice.choice(["application/json"] * 12 + ["text/plain", "application/json; charset=latin-9", ""])
        headers = {"Content-Type": kind} if kind else {}
        path = self._dice.choice(["/fleet/v1"] * 5 + ["/v1-alpha", ""]) + self._dice.choice(PATHS)
        return self._dice.choice(METHODS), path or "/", headers, self._body()

    def _body(self) -> bytes:
        dice = self._dice.random()
        if dice < 0.1:
            return self._dice.randbytes(40)
        if dice < 0.15:
            return b"[" * 60_000
        if dice < 0.2:
            return json.dumps({"name": "a.service", "options": [OPTION | {"value": "x" * 1_200_000}]}).encode()
        if dice < 0.25:
            return b"{}"
        if dice < 0.4:
            return json.dumps({"options": [OPTION], "desiredState": self._dice.choice(STATES)}).encode()
        text = json.dumps(self._value(4)).encode()
        return text[: self._dice.randrange(len(text) + 1)] if dice < 0.5 else text

    def _value(self, depth: int) -> Any:
        leaves: list[Any] = [
            None,
            True,
            0,
            -1,
            1e308,
            2**80,
            self._dice.choice(WORDS),
            self._dice.choice(STATES),
            OPTION,
        ]
        kind = self._dice.randrange(4 if depth else 2)
        if kind < 2:
            return self._dice.choice(leaves)
        if kind == 2:
            return [self._value(depth - 1) for _ in range(self._dice.randrange(4))]
        return {self._dice.choice(KEYS): self._value(depth - 1) for _ in range(self._dice.randrange(5))}


@pytest_asyncio.fixture
async def machine(cluster: Cluster) -> TestMachine:
    return await cluster.add()


@pytest.mark.parametrize("seed", [1, 2])
async def test_nonsense_is_refused_and_harms_nothing(machine: TestMachine, seed: int) -> None:
    nonsense, answers = Nonsense(seed), set[int]()
    for number in range(REQUESTS):
        method, path, headers, body = nonsense.request()
        status = await answer(machine, http(method, path, headers, body))
        answers.add(status)
        assert status < 500, (method, path, headers, body[:200])
        if status >= 400 and number % 5 == 0:
            await everything_is_readable(machine)
    assert {200, 201, 400, 404, 405, 413, 415} <= answers, "less nonsense was sent than was meant"
    assert not machine.failed


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\xff\xfe\r\n\r\n",
        b"GET /fleet/v1/units HTTP/9.9\r\n\r\n",
        b"GET \xff\xfe HTTP/1.1\r\nHost: f\r\n\r\n",
        b"GET /fleet/v1/units HTTP/1.1\r\nHost: f\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"PUT /fleet/v1/units/a.service HTTP/1.1\r\nHost: f\r\nContent-Length: -7\r\n\r\n",
        b"PUT /fleet/v1/units/a.service HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ],
)
async def test_what_is_no_http_is_refused_and_harms_nothing(machine: TestMachine, raw: bytes) -> None:
    assert 400 <= await answer(machine, raw) < 500
    await everything_is_readable(machine)


async def test_a_client_that_hangs_up_in_the_middle_harms_nothing(machine: TestMachine) -> None:
    whole = http("PUT", "/fleet/v1/units/a.service", {"Content-Type": "application/json"}, b'{"options": []}')
    for cut in (5, 40, len(whole) - 3):
        _, writer = await asyncio.open_unix_connection(str(machine.socket))
        writer.write(whole[:cut])
        await writer.drain()
        writer.close()
    await everything_is_readable(machine)


async def everything_is_readable(machine: TestMachine) -> None:
    for path in ("/units", "/state", "/machines"):
        reply = await machine.request("GET", path)
        assert reply.status == 200, (path, reply.body)
        for unit in reply.body.get("units", ()):
            assert (await machine.request("GET", f"/units/{unit['name']}")).status == 200


def http(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: fleet", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def answer(machine: TestMachine, raw: bytes) -> int:
    """The status of the answer; a connection that is closed without one is fleetd's failure."""
    reader, writer = await asyncio.open_unix_connection(str(machine.socket))
    try:
        writer.write(raw)
        async with asyncio.timeout(15):
            line = await reader.readline()
        assert line.startswith(b"HTTP/1."), (raw[:200], line)
        return int(line.split()[1])
    finally:
        writer.close()
