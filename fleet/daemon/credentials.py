"""Who fleetd is to etcd, and which etcd it believes: `etcd_cafile`, `etcd_certfile`, `etcd_keyfile` and a password."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from aetcd import rpc

from fleet.daemon.config import Config, ConfigError

_SYSTEMS_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the files held when they were read. Without `authorities` the system's are trusted."""

    authorities: bytes | None = None
    certificate: bytes | None = None
    key: bytes | None = field(default=None, repr=False)
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def read(cls, config: Config) -> "Credentials":
        """The credentials that the configuration names; raises ConfigError for a file that is not there."""
        if bool(config.etcd_certfile) != bool(config.etcd_keyfile):
            raise ConfigError("etcd_certfile and etcd_keyfile belong together")
        return cls(
            authorities=_content("etcd_cafile", config.etcd_cafile),
            certificate=_content("etcd_certfile", config.etcd_certfile),
            key=_content("etcd_keyfile", config.etcd_keyfile),
            user=config.etcd_username,
            password=config.etcd_password,
        )

    def channel(self, address: str, secure: bool, options: Any) -> Any:
        """A gRPC channel to `host:port`."""
        if not secure:
            return rpc.insecure_channel(address, options=options)
        trusted = self.authorities
        if trusted is None and _SYSTEMS_AUTHORITIES.is_file():
            trusted = _SYSTEMS_AUTHORITIES.read_bytes()
        tls = grpc.ssl_channel_credentials(trusted, self.key, self.certificate)
        return rpc.secure_channel(address, tls, options=options)


def _content(key: str, path: str) -> bytes | None:
    try:
        return Path(path).read_bytes() if path else None
    except OSError as error:
        raise ConfigError(f"{key}: {path}: {error.strerror}") from error
