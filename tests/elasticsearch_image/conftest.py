"""A real etcd, real processes of the toolkit, real listeners in the place of nodes."""

import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "images" / "elasticsearch"))

from toolkit.etcd import Etcd
from toolkit.hosts import Hosts
from toolkit.lock import Lock
from toolkit.settings import Settings, from_environment

from tests.elasticsearch_image.etcdserver import EtcdServer, free_port
from tests.elasticsearch_image.listener import Listener
from tests.elasticsearch_image.part import Part


@dataclass
class Instance:
    """One instance of a label: its settings, its parts, its node."""

    variables: dict[str, str]
    folder: Path
    parts: list[Part] = field(default_factory=list)

    def run(self, part: str, hurried: bool = False, **changes: str) -> Part:
        self.parts.append(Part(part, self.variables | changes, self.folder, hurried))
        return self.parts[-1]

    def node(self, master: str | None = None, name: str = "") -> Listener:
        return Listener(self.settings, master, name)

    @contextmanager
    def up(self, master: str | None = None) -> Iterator[Listener]:
        """A node that accepts and is published."""
        with self.node(master) as node:
            self.hosts.publish()
            yield node

    @property
    def settings(self) -> Settings:
        return from_environment(self.variables)

    @property
    def lock(self) -> Lock:
        return Lock(Etcd(self.settings.etcd), self.settings)

    @property
    def hosts(self) -> Hosts:
        return Hosts(Etcd(self.settings.etcd), self.settings)


@pytest.fixture(scope="session")
def shared_etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServer]:
    server = EtcdServer(tmp_path_factory.mktemp("etcd") / "data")
    yield server
    server.stop()


@pytest.fixture
def own_etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServer]:
    """An etcd that a test may break."""
    server = EtcdServer(tmp_path_factory.mktemp("etcd") / "data")
    yield server
    server.stop()


@pytest.fixture
def instances(tmp_path: Path) -> Iterator[Callable[..., list[Instance]]]:
    """Make the instances 1 to n of a new label; each has a loopback address and ports of its own."""
    made: list[Instance] = []

    def make(count: int, etcd: EtcdServer, **variables: str) -> list[Instance]:
        label = f"label_{secrets.token_hex(4)}"
        for number in range(1, count + 1):
            own = {
                "LABEL": label,
                "INSTANCE": str(number),
                "IP": "127.0.0.1",
                "MACHINE": f"m{number}",
                "ETCD": etcd.url,
            }
            own |= {"MARVEL_RECORDER": "on", "MARVEL_SPOOL": str(tmp_path / f"spool-{number}")}
            own |= {"HTTP_PORT": str(free_port()), "TRANSPORT_PORT": str(free_port())}
            made.append(Instance(own | variables, tmp_path))
        return made

    yield make
    for part in [part for instance in made for part in instance.parts]:
        if part.is_running():
            part.thaw()
            part.kill()


@pytest.fixture
def etcd(shared_etcd: EtcdServer) -> Etcd:
    return Etcd(shared_etcd.url)


@pytest.fixture
def five(instances: Callable[..., list[Instance]], shared_etcd: EtcdServer) -> list[Instance]:
    return instances(5, shared_etcd)


@pytest.fixture
def one(five: list[Instance]) -> Instance:
    return five[0]


@pytest.fixture
def two(five: list[Instance]) -> Instance:
    return five[1]
