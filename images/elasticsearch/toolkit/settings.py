"""The settings of one instance, as its unit passes them in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any

from .journal import say


class BadSettings(Exception):
    """A setting is missing or is not what it must be; the text names it."""


def _number(default: int, least: int, most: int) -> Any:
    """Return a field that takes whole numbers from `least` to `most`."""
    return field(default=default, metadata={"least": least, "most": most})


def _one_of(*words: str) -> Any:
    """Return a field that takes one of the words; the first is the default."""
    return field(default=words[0], metadata={"words": words})


DAY = 86400


@dataclass(frozen=True)
class Settings:
    """Everything a unit can set. A field's environment variable is its name in capitals; seconds where it is a time."""

    label: str
    instance: str
    ip: str
    machine: str = ""
    etcd: str = "http://127.0.0.1:2379"
    instances: int = _number(5, 1, 1000)
    http_port: int = _number(9200, 1, 65535)
    transport_port: int = _number(9300, 1, 65535)
    # Each is renewed when a third of it has passed; etcd itself makes no lease of less than 2 seconds.
    lease_ttl: int = _number(15, 3, DAY)
    host_ttl: int = _number(10, 3, DAY)
    start_timeout: int = _number(300, 1, DAY)
    no_master_timeout: int = _number(60, 1, DAY)
    fleet_socket: str = "/var/run/fleet.sock"
    cluster_name: str = ""
    node_label: str = "ElasticSearch_logging"
    replicas: int = _number(3, 0, 1000)
    es_heap_size: str = "1g"
    mlockall: str = "false"
    processors: str = ""
    ping_timeout: str = "3s"
    fd_ping_timeout: str = "10s"
    publish_timeout: str = "30s"
    join_timeout: str = "10s"
    recover_after_time: str = "1m"
    node_left_timeout: str = "1m"
    watermark_low: str = "85%"
    watermark_high: str = "90%"
    marvel_recorder: str = _one_of("on", "off")
    marvel_spool: str = "/spool"
    marvel_retention_days: int = _number(7, 1, 36500)
    marvel_spool_mb: int = _number(16, 0, 65536)
    marvel_replicas: int = _number(2, 0, 1000)
    jvm_gc: str = "-XX:+UseParNewGC -XX:+UseConcMarkSweepGC"
    java_opts: str = ""
    es_opts: str = ""

    @property
    def node(self) -> str:
        """The node's name, which is the main unit's container's name too."""
        return f"{self.label}-{self.instance}"

    @property
    def quorum(self) -> int:
        """How many master-eligible nodes make a majority of the configured ones."""
        return self.instances // 2 + 1

    def changed(self, variables: Mapping[str, str]) -> Settings:
        """Return these settings with those that the variables name; empty means: as before. Raises BadSettings.

        A bad one of Marvel's history is told and stays as before: no node stays down for its history.
        """
        values: dict[str, object] = {}
        for setting in fields(self):
            name = setting.name.upper()
            text = variables.get(name, "")
            if text == "":
                continue
            try:
                values[setting.name] = _read(setting, text)
            except BadSettings as error:
                if not name.startswith("MARVEL_"):
                    raise
                say(f"ignored: {error}; it stays {getattr(self, setting.name)}")
        return replace(self, **values)  # type: ignore[arg-type]


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read the settings that the unit passed with `docker run -e`. Raises BadSettings."""
    missing = [name for name in ("LABEL", "INSTANCE", "IP") if not environment.get(name)]
    if missing:
        hint = "; IP comes from COREOS_PRIVATE_IPV4 in /etc/environment" if "IP" in missing else ""
        raise BadSettings(f"not set: {', '.join(missing)}{hint}")
    return Settings(environment["LABEL"], environment["INSTANCE"], environment["IP"]).changed(environment)


NAMES = frozenset(setting.name.upper() for setting in fields(Settings))
"""The environment variables of all settings."""

OF_THE_UNIT = frozenset({"LABEL", "INSTANCE", "IP", "MACHINE", "ETCD", "FLEET_SOCKET", "MARVEL_SPOOL"})
"""Who and where an instance is: one value for all machines would make one instance of them."""


def from_etcd(settings: Settings, found: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """Return the settings with those that etcd has for all machines, and the names that were ignored.

    What etcd says is stronger than the unit. Ignored are typing errors and what only the unit can say. Raises
    BadSettings.
    """
    allowed = NAMES - OF_THE_UNIT
    changed = settings.changed({name: value for name, value in found.items() if name in allowed})
    return changed, sorted(found.keys() - allowed)


def _read(setting: Field[Any], text: str) -> object:
    words = setting.metadata.get("words")
    if words is not None and text not in words:
        raise BadSettings(f"{setting.name.upper()} must be {' or '.join(words)}, not {text!r}")
    return _whole(setting, text) if "least" in setting.metadata else text


def _whole(setting: Field[Any], text: str) -> int:
    name, least, most = setting.name.upper(), setting.metadata["least"], setting.metadata["most"]
    try:
        number = int(text)
    except ValueError:
        raise BadSettings(f"{name} must be a whole number, not {text!r}") from None
    if not least <= number <= most:
        raise BadSettings(f"{name} must be {least} to {most}, not {number}")
    return number
