"""What cluster is meant: cluster.yml, overridden by the environment, and the places derived from it."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from cluster import marvelzip, release

PROJECT = Path(__file__).resolve().parent.parent
"""The project's directory: the one with cluster.yml and the Vagrantfile."""

LABEL = "elasticsearch-fleet.cluster"
"""The docker label that every container, network and volume of a cluster carries; its value is the cluster's name."""

SHARE = "/home/core/share"
"""Where the machines see the project."""

ETCD_MEMBERS = 3
"""The first machines are etcd's members, the others reach it through a gateway of their own."""

KEPT = (("keep_runs", 1, 1_000_000), ("keep_megabytes", 1, 1_000_000_000))
"""How much old evidence may stay: the key with the least and the most that can be meant."""

SWITCHES = frozenset({"CLUSTER_NO_INSTALL"})
"""CLUSTER_* variables that are no keys of cluster.yml."""


OTHERS = (marvelzip.VARIABLE, release.VARIABLE)
"""Variables that are part of what cluster is meant, and no keys of cluster.yml: each names something of the user's."""

RESERVED = frozenset({"bench", "downloads", "evidence", "host", "nightly", "stores", "wheels"})
"""What no cluster may be called: folders of the work folder that all clusters share, and the lock of the host."""


class SettingsError(ValueError):
    """cluster.yml or a CLUSTER_* variable says something that cannot be meant."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One cluster's name, size and addresses, and where its files are."""

    name: str = "esfleet"
    prefix: str = "core"
    machines: int = 6
    subnet: str = "192.168.57"
    memory: int = 2048
    cpus: int = 1
    units: str = "units"
    keep_runs: int = 20
    keep_megabytes: int = 2000
    project: Path = field(default=PROJECT, metadata={"derived": True})
    default_name: str = field(default="", compare=False, metadata={"derived": True})
    """The name in cluster.yml: that of the cluster which a plain `vagrant up` makes."""
    default_subnet: str = field(default="", compare=False, metadata={"derived": True})
    """The subnet in cluster.yml, which a cluster of that name wants sooner or later."""
    release: Path | None = field(default=None, metadata={"derived": True})
    """The folder with upstream's fleetd and fleetctl, which the machines are to run; None: they run the project's."""
    marvel_zip: Path | None = field(default=None, metadata={"derived": True})
    """The plugin's zip that is to be installed as marvel; None: the project's page."""
    beside: int = field(default=0, compare=False, metadata={"derived": True})
    """How many other clusters of this size the same run has at once."""

    def __post_init__(self) -> None:
        for key in ("name", "prefix"):
            if not _is_host_name(getattr(self, key)):
                raise SettingsError(f"{key}: {getattr(self, key)!r} is not a lower-case host name")
        if self.name in RESERVED:
            raise SettingsError(f"name: no cluster is called {', '.join(sorted(RESERVED))}: they are the project's own")
        octets = self.subnet.split(".")
        if len(octets) != 3 or not all(octet.isdecimal() and int(octet) < 256 for octet in octets):
            raise SettingsError(f"subnet: {self.subnet!r} is not three numbers below 256, such as 192.168.57")
        if self.subnet.startswith("172.17."):
            raise SettingsError(f"subnet: {self.subnet} lies inside docker's own 172.17.0.0/16; take 192.168.57 to 63")
        folder = PurePosixPath(self.units)
        if folder.is_absolute() or ".." in folder.parts:
            raise SettingsError(f"units: {self.units!r} is not inside the project, which machines share")
        # user-data names three members of etcd: with fewer than two machines there would be no quorum.
        for key, least, most in (("machines", ETCD_MEMBERS - 1, 99), ("memory", 1, 1 << 20), ("cpus", 1, 1024), *KEPT):
            if not least <= getattr(self, key) <= most:
                raise SettingsError(f"{key}: {getattr(self, key)} is not between {least} and {most}")

    @property
    def machine_names(self) -> tuple[str, ...]:
        """core-01, core-02, … in order."""
        return tuple(f"{self.prefix}-{number:02d}" for number in range(1, self.machines + 1))

    def address(self, machine: str) -> str:
        """Return a machine's address on the cluster's network."""
        return f"{self.subnet}.{100 + self.machine_names.index(machine) + 1}"

    @property
    def addresses(self) -> dict[str, str]:
        """Each machine's address by its name, in order."""
        return {machine: self.address(machine) for machine in self.machine_names}

    def ssh_port(self, machine: str) -> int:
        """Return the port of the host that leads to a machine's sshd, where docker is the provider."""
        return 20000 + int(self.subnet.split(".")[2]) * 100 + self.machine_names.index(machine) + 1

    def container(self, machine: str) -> str:
        """Return the name of a machine's container, where docker is the provider."""
        return f"{self.name}-{machine}"

    @property
    def label(self) -> str:
        """The docker label of all that belongs to this cluster: `key=value`."""
        return f"{LABEL}={self.name}"

    @property
    def work(self) -> Path:
        """The project's work folder: git-ignored, shared by all clusters."""
        return self.project / ".cluster"

    @property
    def folder(self) -> Path:
        """This cluster's part of the work folder."""
        return self.work / self.name

    @property
    def dotfiles(self) -> Path:
        """Where Vagrant keeps this cluster's machine ids (VAGRANT_DOTFILE_PATH).

        That of the cluster in cluster.yml is Vagrant's own default: so `vagrant` alone knows the same machines.
        """
        return self.project / ".vagrant" if self.name == self.default_name else self.folder / "vagrant"

    @property
    def journals(self) -> Path:
        """Where the machines' journals are followed to: one `<machine>.jsonl` each."""
        return self.folder / "journals"

    @property
    def browser(self) -> Path:
        """What a browser that looks at the cluster gets as TMPDIR: so it and its files are found after a kill."""
        return self.folder / "browser"

    @property
    def temporary(self) -> Path:
        """Where vagrant commands have their temporary files: so these go with the cluster, also after a kill."""
        return self.folder / "tmp"

    @property
    def shared_units(self) -> str:
        """Where a machine sees the folder with the units."""
        return f"{SHARE}/{self.units}"

    @property
    def images(self) -> Path:
        """The file that names the built images."""
        return self.work / "images.yml"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make another process mean this very cluster."""
        upstream = {release.VARIABLE: str(self.release)} if self.release else {}
        marvel = {marvelzip.VARIABLE: str(self.marvel_zip)} if self.marvel_zip else {}
        return {f"CLUSTER_{key.upper()}": str(getattr(self, key)) for key in _keys()} | upstream | marvel


def may_be_called(name: str) -> bool:
    """Whether a cluster can have this name."""
    return _is_host_name(name) and name not in RESERVED


def _is_host_name(name: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name) is not None


def _keys() -> dict[str, type]:
    return {item.name: type(item.default) for item in fields(Settings) if "derived" not in item.metadata}


def again(command: str, environment: Mapping[str, str] | None = None) -> str:
    """Return a command line with the variables of this run before it: as it is to be typed again."""
    environment = os.environ if environment is None else environment
    meant = (name for name in sorted(environment) if name.startswith("CLUSTER_") or name in OTHERS)
    given = [f"{name}={shlex.quote(environment[name])}" for name in meant]
    return " ".join([*given, command])


def load(project: Path = PROJECT, environment: Mapping[str, str] | None = None) -> Settings:
    """Return what cluster.yml says, with CLUSTER_<KEY> variables laid over it.

    Raises SettingsError for a key or variable that is not known, or a value that cannot be meant.
    """
    environment = os.environ if environment is None else environment
    written, keys = _from_file(project / "cluster.yml"), _keys()
    values = written | _from_environment(environment)
    typed = {key: _typed(key, keys[key], value) for key, value in values.items()}
    name, subnet = (str(written.get(key, getattr(Settings, key))) for key in ("name", "subnet"))
    upstream = _release(environment.get(release.VARIABLE, ""))
    marvel = _marvel_zip(environment.get(marvelzip.VARIABLE, ""))
    return Settings(
        project=project, default_name=name, default_subnet=subnet, release=upstream, marvel_zip=marvel, **typed
    )


def _release(given: str) -> Path | None:
    try:
        return release.folder(given) if given else None
    except release.ReleaseError as error:
        raise SettingsError(str(error)) from error


def _marvel_zip(given: str) -> Path | None:
    try:
        return marvelzip.checked(given) if given else None
    except marvelzip.MarvelZipError as error:
        raise SettingsError(str(error)) from error


def _from_file(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text()) or {}
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise SettingsError(f"{path} is not a list of `key: value` lines")
    if unknown := sorted(str(key) for key in values.keys() - _keys().keys()):
        raise SettingsError(f"{path}: unknown {', '.join(unknown)}; known are {', '.join(_keys())}")
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    names = {f"CLUSTER_{key.upper()}": key for key in _keys()}
    given = {name for name in environment if name.startswith("CLUSTER_")}
    if unknown := sorted(given - names.keys() - SWITCHES):
        known = ", ".join(sorted({*names, *SWITCHES}))
        raise SettingsError(f"environment: unknown {', '.join(unknown)}; known are {known}")
    return {key: environment[name] for name, key in names.items() if name in environment}


def _typed(key: str, kind: type, value: Any) -> Any:
    if kind is str:
        return str(value)
    try:
        return int(str(value))
    except ValueError:
        raise SettingsError(f"{key}: {value!r} is not a whole number") from None
