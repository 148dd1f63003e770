"""The API contract of fleetd over a unix socket, in memory, for fast tests of what fleetctl makes of it."""

import base64
import json
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

MACHINES = {"1" * 32: "10.99.0.1", "2" * 32: "10.99.0.2"}
N1, N2 = MACHINES
LIMIT = 100
Entity = dict[str, Any]


class Fleetd(ThreadingMixIn, UnixStreamServer):
    """A registry with one revision, and an engine and agents that do at once what they are asked."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Handler)
        self.endpoint = f"unix://{path}"
        self.changed = threading.Condition()
        self.revision = 7
        self.units: dict[str, Entity] = {}
        self.states: dict[tuple[str, str], Entity] = {}
        self.machines = [
            {"id": id_, "primaryIP": ip, "metadata": {"region": "a", "disk": "ssd"} if id_ == N1 else {}}
            for id_, ip in reversed(MACHINES.items())
        ]
        self.requests: list[str] = []
        self.restarted: list[str] = []
        self.connections = 0
        self.chunked = False
        self.unavailable = False
        self.takes_batches = False
        self.converge: Callable[[str], None] = self.reach
        self.systemd = ("loaded", "active", "running")
        self.error = ""

    def know(self, name: str, desired: str = "inactive", **options: str) -> None:
        """A unit that is known, and as far as desired."""
        listed = [{"section": "Service", "name": "ExecStart", "value": "/bin/sleep 100000"}]
        listed += [{"section": "X-Fleet", "name": key, "value": value} for key, value in options.items()]
        self.units[name] = {"name": name, "options": listed, "desiredState": desired}
        self.reach(name)

    def reach(self, name: str) -> None:
        """Makes the unit what is desired of it, on the first machine."""
        with self.changed:
            unit = self.units.get(name)
            desired = unit["desiredState"] if unit else "inactive"
            if unit is not None:
                unit.update(currentState=desired, machineID=N1)
            if desired == "inactive":
                self.states = {key: state for key, state in self.states.items() if key[0] != name}
                if unit is not None:
                    del unit["machineID"]
            else:
                self.say(name, *(self.systemd if desired == "launched" else ("loaded", "inactive", "dead")))
            self.change()

    def say(self, name: str, load: str, active: str, sub: str, machine: str = N1) -> None:
        """Systemd's words about a unit."""
        with self.changed:
            self.states[name, machine] = {
                "name": name,
                "hash": "abcdef0123" * 4,
                "machineID": machine,
                "systemdLoadState": load,
                "systemdActiveState": active,
                "systemdSubState": sub,
                "error": self.error,
            }
            self.change()

    def change(self) -> None:
        with self.changed:
            self.revision += 1
            self.changed.notify_all()

    def later(self, action: Callable[[], None], seconds: float = 0.2) -> None:
        """Does something while fleetctl waits."""
        timer = threading.Timer(seconds, action)
        timer.daemon = True
        timer.start()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Fleetd

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def handle(self) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # fleetctl has gone
            super().handle()

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: Any) -> None:
        self.server.requests.append(f"{self.command} {self.path}")

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        kind, _, name = url.path.removeprefix("/fleet/v1/").partition("/")
        fleetd = self.server
        with fleetd.changed:
            if "after" in query:
                fleetd.changed.wait_for(lambda: fleetd.revision > int(query["after"]), float(query["wait"]))
            if fleetd.unavailable:
                self.answer(503, {"error": {"code": 503, "message": "fleet server unable to communicate with etcd"}})
            elif name:
                unit = fleetd.units.get(unquote(name))
                self.answer(200, unit) if unit else self.refuse(404, "unit does not exist")
            else:
                self.answer(200, self.page(kind, query.get("nextPageToken")))

    def page(self, kind: str, token: str | None) -> Entity:
        fleetd = self.server
        every = {
            "units": list(fleetd.units.values()),
            "state": list(fleetd.states.values()),
            "machines": fleetd.machines,
        }
        number = struct.unpack("<HH", base64.urlsafe_b64decode(token))[1] if token else 1
        found = every[kind][(number - 1) * LIMIT : number * LIMIT]
        page: Entity = {"states" if kind == "state" else kind: found} if found else {}
        if len(every[kind]) > number * LIMIT:
            page["nextPageToken"] = base64.urlsafe_b64encode(struct.pack("<HH", LIMIT, number + 1)).decode()
        return page

    def do_POST(self) -> None:
        """Many requests at once, of which upstream's fleetd, and an older one of ours, knows nothing."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        wanted, unwanted = body.get("units", []), body.get("destroy", [])
        fleetd = self.server
        assert len(wanted) + len(unwanted) <= 60
        if not fleetd.takes_batches:
            self.refuse(404, "")
            return
        if any("@." in entity["name"] and entity["desiredState"] != "inactive" for entity in wanted):
            self.refuse(400, "and none is done")
            return
        with fleetd.changed:
            for entity in wanted:
                fleetd.units.setdefault(entity["name"], {}).update(entity)
            destroyed = [name for name in unwanted if fleetd.units.pop(name, None)]
            fleetd.change()
        self.answer(200, {"destroyed": destroyed})
        for name in [*(entity["name"] for entity in wanted), *destroyed]:
            fleetd.converge(name)

    def do_PUT(self) -> None:
        entity = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = unquote(self.path.rpartition("/")[2])
        fleetd = self.server
        assert self.headers["Content-Type"] == "application/json"
        assert entity["name"] == name
        with fleetd.changed:
            if "@." in name and entity["desiredState"] != "inactive":
                self.refuse(400, f'cannot activate template "{name}"')
                return
            created = "options" in entity
            if entity.pop("restart", False):
                self.server.restarted.append(name)
            fleetd.units.setdefault(name, {}).update(entity)
            fleetd.change()
        self.answer(201 if created else 204, None)
        fleetd.converge(name)

    def do_DELETE(self) -> None:
        name = unquote(self.path.rpartition("/")[2])
        with self.server.changed:
            known = self.server.units.pop(name, None)
        self.answer(204, None) if known else self.refuse(404, "unit does not exist")
        if known:
            self.server.converge(name)

    def refuse(self, status: int, message: str) -> None:
        self.answer(status, {"error": {"code": status, "message": message}})

    def answer(self, status: int, entity: Entity | None) -> None:
        body = json.dumps(entity).encode() if entity is not None else b""
        self.send_response(status)
        self.send_header("X-Fleet-Revision", str(self.server.revision))
        if self.server.chunked and body:
            self.send_header("Transfer-Encoding", "chunked")
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:5], body[5:])) + b"0\r\n\r\n"
        elif status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
