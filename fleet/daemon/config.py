"""fleetd's configuration: `/etc/fleet/fleet.conf`, overridden by `FLEET_*` variables of the environment."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from fleet.daemon.duration import parse_duration
from fleet.fence.deadline import SMALLEST_TTL

_LONGEST = 9_000_000_000  # seconds of a lease
DEFAULT_FILE = Path("/etc/fleet/fleet.conf")
_OPTION = re.compile(r"([\w-]+)\s*=\s*(.*)")


class ConfigError(ValueError):
    """A configuration that fleetd cannot start with; its text names the file and the line."""


@dataclass(frozen=True, slots=True)
class Config:
    """What fleetd was told. Names, defaults and units are upstream's; seconds unless a field says otherwise."""

    verbosity: int = 0
    public_ip: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    etcd_servers: tuple[str, ...] = ("http://127.0.0.1:2379", "http://127.0.0.1:4001")
    etcd_username: str = ""
    etcd_password: str = field(default="", repr=False)
    etcd_cafile: str = ""
    etcd_certfile: str = ""
    etcd_keyfile: str = ""
    etcd_key_prefix: str = "/_coreos.com/fleet/"
    etcd_request_timeout: float = 1.0
    agent_ttl: float = 30.0
    token_limit: int = 100
    units_directory: Path = Path("/run/fleet/units")
    systemd_user: bool = False
    disable_engine: bool = False
    fence: bool = False  # ours: at most one machine runs a unit, also while it is cut off
    # Nothing here works by the clock, polls, or speaks gRPC to another fleetd: these are known, and mean nothing.
    engine_reconcile_interval: float = 2.0
    disable_watches: bool = False
    enable_grpc: bool = False
    # Gone from upstream as well, which says so.
    verify_units: bool = False
    authorized_keys_file: str = ""

    @classmethod
    def load(cls, arguments: Sequence[str], environment: Mapping[str, str]) -> "Config":
        """The configuration by command line (`--config FILE`), file and environment; raises ConfigError."""
        path = _file_of(arguments)
        if path is not None and not path.is_file():
            raise ConfigError(f"{path}: no such configuration file")
        options = _options_in(path or DEFAULT_FILE)
        options.update({key[6:].lower(): value for key, value in environment.items() if key.startswith("FLEET_")})
        return cls.of(options)

    @property
    def complaints(self) -> tuple[str, ...]:
        """What the operator set and will not get."""
        unsupported = {"verify_units": self.verify_units, "authorized_keys_file": self.authorized_keys_file}
        idle = {"disable_watches": self.disable_watches, "enable_grpc": self.enable_grpc}
        return (
            *(f"config option {key} is no longer supported: ignored" for key, value in unsupported.items() if value),
            *(f"config option {key} changes nothing here: ignored" for key, value in idle.items() if value),
        )

    @classmethod
    def of(cls, options: Mapping[str, str]) -> "Config":
        """The configuration of these texts. As in fleet, unknown keys and unreadable numbers are ignored."""
        known = {one.name for one in fields(cls)}
        values: dict[str, Any] = {}
        for key, text in options.items():
            if key not in known:
                continue
            try:
                values[key] = _READERS[key](text)
            except ValueError as error:
                if key in ("agent_ttl", "fence"):
                    raise ConfigError(f"{key}: {error}") from error
        config = cls(**values)
        if config.fence:
            _check_fence(config)
        return config


def _check_fence(config: Config) -> None:
    if config.agent_ttl < SMALLEST_TTL:
        raise ConfigError(
            f"agent_ttl={config.agent_ttl:g}s is too small for fence=true: two fifths of it are for stopping units "
            f"before the lease can expire, which takes up to 2 s; the least is {SMALLEST_TTL:g}s"
        )
    if config.systemd_user:
        raise ConfigError("fence=true needs the system's systemd: it cannot be had with systemd_user=true")


def _file_of(arguments: Sequence[str]) -> Path | None:
    """The file that `-config FILE`, `--config FILE` or `--config=FILE` names."""
    path: Path | None = None
    rest = list(arguments)
    while rest:
        flag, equals, value = rest.pop(0).partition("=")
        if flag not in ("-config", "--config") or not (equals or rest):
            raise ConfigError(f"unknown argument: {flag}")
        path = Path(value if equals else rest.pop(0))
    return path


def _options_in(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    options: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    for number, raw in enumerate(lines, start=1):
        line = raw.strip()
        if not line or line[0] in "#;" or (line[0] == "[" and line[-1] == "]"):
            continue
        option = _OPTION.fullmatch(line)
        if option is None:
            raise ConfigError(f"{path}:{number}: neither a comment nor key=value: {line}")
        options[option[1].lower()] = _unquoted(option[2])
    return options


def _unquoted(value: str) -> str:
    """The value between its quotes; without quotes, up to a comment."""
    quote = value[:1]
    if quote in ('"', "'") and (end := value.find(quote, 1)) > 0:
        return value[1:end]
    return re.split("[#;]", value, maxsplit=1)[0].strip()


def _truth(text: str) -> bool:
    return text.strip().lower() in ("true", "yes", "1", "on", "t")


def _plain_truth(text: str) -> bool:
    """As `_truth`, but a slip of the pen is an error: nobody shall take himself for protected who is not."""
    if not _truth(text) and text.strip().lower() not in ("false", "no", "0", "off", "f", ""):
        raise ValueError(f'neither true nor false: "{text}"')
    return _truth(text)


def _metadata(text: str) -> dict[str, str]:
    pairs = (item.partition("=") for item in text.split(","))
    return {key.strip(): value.strip() for key, equals, value in pairs if equals}


def _servers(text: str) -> tuple[str, ...]:
    servers = tuple(part.strip().strip("\"'") for part in text.strip("[] ").split(","))
    return tuple(server for server in servers if server) or Config().etcd_servers


def _prefix(text: str) -> str:
    inner = text.strip("/")
    return f"/{inner}/" if inner else "/"


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(f"{text} is no number of seconds")
    return number


def _time_to_live(text: str) -> float:
    seconds = parse_duration(text)
    if seconds <= 0:
        raise ValueError("a machine that is dead at once cannot be")
    if seconds > _LONGEST:
        raise ValueError(f"etcd keeps nothing alive for more than {_LONGEST} s")
    return seconds


def _page_size(text: str) -> int:
    """A page token has 16 bits for it."""
    number = int(text)
    if not 0 < number < 2**16:
        raise ValueError(f"{text} is no number of entities on a page")
    return number


def _directory(text: str) -> Path:
    if not text:
        raise ValueError("no directory")
    return Path(text)


_READERS: dict[str, Any] = {
    "verbosity": int,
    "public_ip": str.strip,
    "metadata": _metadata,
    "etcd_servers": _servers,
    "etcd_username": str,
    "etcd_password": str,
    "etcd_cafile": str.strip,
    "etcd_certfile": str.strip,
    "etcd_keyfile": str.strip,
    "etcd_key_prefix": _prefix,
    "etcd_request_timeout": _positive,
    "agent_ttl": _time_to_live,
    "token_limit": _page_size,
    "units_directory": _directory,
    "systemd_user": _truth,
    "disable_engine": _truth,
    "fence": _plain_truth,
    "engine_reconcile_interval": _positive,
    "disable_watches": _truth,
    "enable_grpc": _truth,
    "verify_units": _truth,
    "authorized_keys_file": str.strip,
}
