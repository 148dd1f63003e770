"""The settings of one instance, as its unit passes them in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace


class BadSettings(Exception):
    """A setting is missing or is not what it must be; the text names it."""


@dataclass(frozen=True)
class Settings:
    """Everything a unit can set. A field's environment variable is its name in capitals; seconds where it is a time."""

    label: str
    instance: str
    ip: str
    machine: str = ""
    etcd: str = "http://127.0.0.1:2379"
    instances: int = 5
    http_port: int = 9200
    transport_port: int = 9300
    lease_ttl: int = 15
    host_ttl: int = 10
    start_timeout: int = 300
    no_master_timeout: int = 60
    fleet_socket: str = "/var/run/fleet.sock"
    cluster_name: str = ""
    node_label: str = "ElasticSearch_logging"
    replicas: int = 3
    es_heap_size: str = "1g"
    mlockall: str = "false"
    processors: str = ""
    ping_timeout: str = "3s"
    fd_ping_timeout: str = "10s"
    publish_timeout: str = "30s"
    recover_after_time: str = "1m"
    node_left_timeout: str = "1m"
    watermark_low: str = "85%"
    watermark_high: str = "90%"
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
        """Return these settings with those that the variables name; empty means: as before. Raises BadSettings."""
        values: dict[str, object] = {}
        for field in fields(self):
            text = variables.get(field.name.upper(), "")
            if text != "":
                values[field.name] = _number(field.name, text) if field.type == "int" else text
        return replace(self, **values)  # type: ignore[arg-type]


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read the settings that the unit passed with `docker run -e`. Raises BadSettings."""
    missing = [name for name in ("LABEL", "INSTANCE", "IP") if not environment.get(name)]
    if missing:
        hint = "; IP comes from COREOS_PRIVATE_IPV4 in /etc/environment" if "IP" in missing else ""
        raise BadSettings(f"not set: {', '.join(missing)}{hint}")
    return Settings(environment["LABEL"], environment["INSTANCE"], environment["IP"]).changed(environment)


def unknown(variables: Mapping[str, str]) -> list[str]:
    """Name the variables that no setting has: in etcd these are typing errors."""
    known = {field.name.upper() for field in fields(Settings)}
    return sorted(set(variables) - known)


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadSettings(f"{name.upper()} must be a whole number, not {text!r}") from None
