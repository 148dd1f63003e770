"""The three machines of the cases, and fleetctl on them, in a folder with the files of the case."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from cluster.cluster import Cluster
from cluster.eventually import eventually
from cluster.sharedfolder import SharedFolder
from cluster.ssh import CommandResult
from tests.functional.node import Node

T = TypeVar("T")

WAIT = 15.0
"""Seconds that "wait" means in the cases."""

SERVICE = "[Service]\nExecStart=/bin/sleep 100000\n"
"""The unit that the cases call S; its hash is not listed there, that of `a.service` is."""

A = f"[Unit]\nDescription=Svc A\n\n{SERVICE}"


def unit(*options: str, text: str = SERVICE) -> str:
    """Return S with options in [X-Fleet]."""
    return text + ("\n[X-Fleet]\n" + "\n".join(options) + "\n" if options else "")


FILES = {
    "a.service": A,
    **{f"b{number}.service": SERVICE for number in range(1, 10)},
    "g.service": unit("Global=true"),
    "t@.service": unit("Conflicts=t@*.service"),
    "s@.service": SERVICE,
    "nowhere.service": unit("MachineMetadata=region=zz"),
}
"""The files that every case finds."""


@dataclass(frozen=True)
class Lab:
    """n1, n2, n3 in the order of their ids; calling it runs fleetctl."""

    cluster: Cluster
    nodes: Sequence[Node]
    folder: SharedFolder

    @property
    def n1(self) -> Node:
        """The machine with the smallest id."""
        return self.nodes[0]

    @property
    def n2(self) -> Node:
        """The second one."""
        return self.nodes[1]

    @property
    def n3(self) -> Node:
        """The third one."""
        return self.nodes[2]

    def __call__(
        self, arguments: str, *, on: Node | None = None, given: str = "", at: str = "", within: float = 40
    ) -> CommandResult:
        """Run fleetctl: on n1 unless told otherwise, with variables, in the folder (below the case's) of that name."""
        __tracebackhide__ = True
        command = f"cd {shlex.quote(f'{self.folder.there}/{at}')} && {given} fleetctl {arguments}"
        return (on or self.n1).run(command, within=within, check=False)

    def good(self, arguments: str, **options: Any) -> CommandResult:
        """Run fleetctl as above; it must end with 0."""
        __tracebackhide__ = True
        done = self(arguments, **options)
        assert done.ok, str(done)
        return done

    def write(self, name: str, text: str) -> None:
        """Write a file of the case, also into a folder below its own."""
        path = self.folder.here / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def write_all(self, files: Mapping[str, str]) -> None:
        """Write several files."""
        for name, text in files.items():
            self.write(name, text)

    def units(self, options: str = "") -> list[str]:
        """Return the rows of list-units, the fields with one blank between them."""
        return _rows(self.good(f"list-units --no-legend {options}"))

    def files(self, options: str = "") -> list[str]:
        """Return the rows of list-unit-files."""
        return _rows(self.good(f"list-unit-files --no-legend {options}"))

    def machines(self, on: Node | None = None) -> list[str]:
        """Return the rows of list-machines."""
        return _rows(self.good("list-machines --no-legend", on=on))

    def where(self, prefix: str = "", active: str = "active") -> dict[str, list[Node]]:
        """Return on which machines each unit is active, of those whose name begins so."""
        found: dict[str, list[Node]] = {}
        for row in self.units("--full --fields=unit,machine,active"):
            name, machine, state = row.split()
            if name.startswith(prefix) and state == active:
                found.setdefault(name, []).extend(node for node in self.nodes if node.id == machine.split("/")[0])
        return found

    def node_of(self, name: str) -> Node:
        """Return the one machine where a unit is active."""
        (node,) = self.where()[name]
        return node

    def pids(self) -> dict[str, int]:
        """Return the main process of each active unit that is on one machine."""
        return {name: nodes[0].pid(name) for name, nodes in self.where().items() if len(nodes) == 1}

    def wait(self, what: str, probe: Callable[[], T], within: float = WAIT) -> T:
        """Return the probe's first true value; a failure shows all units."""
        __tracebackhide__ = True
        return eventually(what, probe, within, context=self.shown)

    def wait_units(self, *rows: str, within: float = WAIT) -> None:
        """Return when list-units has exactly these rows."""
        __tracebackhide__ = True
        self.wait(f"list-units: {list(rows)}", lambda: self.units() == list(rows), within)

    def wait_active(self, *names: str, within: float = WAIT) -> None:
        """Return when exactly these units are active, each on one machine or, a global one, on its several."""
        __tracebackhide__ = True
        self.wait(f"active: {sorted(names)}", lambda: sorted(self.where()) == sorted(names), within)

    def shown(self) -> str:
        """Return what fleet lists, for the message of a failure."""
        return "\n".join(str(self(f"{table} --full")) for table in ("list-units", "list-unit-files", "list-machines"))

    def api_units(self, on: Node | None = None) -> dict[str, dict[str, Any]]:
        """Return the API's units by name."""
        page = (on or self.n1).api("GET", "/fleet/v1/units").json
        return {one["name"]: one for one in page.get("units", [])}

    def everywhere(self, act: Callable[[Node], T]) -> list[T]:
        """Do it on all machines at once."""
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            return list(pool.map(act, self.nodes))

    @contextmanager
    def behind(self, arguments: str, on: Node | None = None) -> Iterator[Background]:
        """Have fleetctl run in the background of the block; at its end, it is ended."""
        with ThreadPoolExecutor(1) as pool:
            background = Background(pool.submit(self, f"{arguments}", on=on, within=60).result)
            try:
                yield background
            finally:
                (on or self.n1).run("pkill --full -- %s", f"fleetctl {arguments}", check=False)


@dataclass
class Background:
    """A command that runs."""

    _result: Callable[..., CommandResult]

    def result(self, within: float = WAIT) -> CommandResult:
        """Return what it did, once it has ended."""
        return self._result(within)

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        try:
            self._result(0)
        except TimeoutError:
            return True
        return False


def _rows(done: CommandResult) -> list[str]:
    return [" ".join(line.split()) for line in done.lines]
