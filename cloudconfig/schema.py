"""The keys that a cloud-config may have: CoreOS's own names, types and order.

The order of etcd2's and fleet's keys is the order of the lines in their drop-ins.
"""

from __future__ import annotations

from cloudconfig import checks
from cloudconfig.encoding import ENCODINGS
from cloudconfig.kinds import Choice, Decimal, Flag, Integer, Kind, Listing, Text
from cloudconfig.section import Section

TEXT = Text()
WORD = Text(checks.environment_value)
FLAG = Flag()
INTEGER = Integer()
COMMANDS = ("start", "stop", "restart", "reload", "try-restart", "reload-or-restart", "reload-or-try-restart")

ETCD2: dict[str, Kind] = {
    "advertise_client_urls": WORD,
    "ca_file": WORD,
    "cert_file": WORD,
    "client_cert_auth": FLAG,
    "cors": WORD,
    "data_dir": WORD,
    "debug": FLAG,
    "discovery": WORD,
    "discovery_fallback": WORD,
    "discovery_srv": WORD,
    "discovery_proxy": WORD,
    "election_timeout": INTEGER,
    "enable_pprof": FLAG,
    "force_new_cluster": FLAG,
    "heartbeat_interval": INTEGER,
    "initial_advertise_peer_urls": WORD,
    "initial_cluster": WORD,
    "initial_cluster_state": WORD,
    "initial_cluster_token": WORD,
    "key_file": WORD,
    "listen_client_urls": WORD,
    "listen_peer_urls": WORD,
    "log_package_levels": WORD,
    "max_snapshots": INTEGER,
    "max_wals": INTEGER,
    "name": WORD,
    "peer_ca_file": WORD,
    "peer_cert_file": WORD,
    "peer_key_file": WORD,
    "peer_client_cert_auth": FLAG,
    "peer_trusted_ca_file": WORD,
    "proxy": Choice(("on", "off", "readonly")),
    "proxy_dial_timeout": INTEGER,
    "proxy_failure_wait": INTEGER,
    "proxy_read_timeout": INTEGER,
    "proxy_refresh_interval": INTEGER,
    "proxy_write_timeout": INTEGER,
    "snapshot_count": INTEGER,
    "strict_reconfig_check": FLAG,
    "trusted_ca_file": WORD,
    "wal_dir": WORD,
}

FLEET: dict[str, Kind] = {
    "agent_ttl": WORD,
    "authorized_keys_file": WORD,
    "disable_engine": FLAG,
    "engine_reconcile_interval": Decimal(),
    "etcd_cafile": WORD,
    "etcd_certfile": WORD,
    "etcd_keyfile": WORD,
    "etcd_key_prefix": WORD,
    "etcd_request_timeout": Decimal(),
    "etcd_servers": WORD,
    "etcd_username": WORD,
    "etcd_password": WORD,
    "fence": FLAG,
    "metadata": WORD,
    "public_ip": WORD,
    "token_limit": INTEGER,
    "verbosity": INTEGER,
    "verify_units": FLAG,
}

UPDATE: dict[str, Kind] = {
    "reboot_strategy": Choice(("etcd-lock", "reboot", "off")),
    "group": WORD,
    "server": WORD,
}

DROP_IN = Section({"name": Text(checks.drop_in_name), "content": TEXT}, needs=("name", "content"))

UNIT = Section(
    {
        "name": Text(checks.unit_name),
        "content": TEXT,
        "command": Choice(COMMANDS),
        "enable": FLAG,
        "mask": FLAG,
        "runtime": FLAG,
        "drop_ins": Listing(DROP_IN),
    },
    needs=("name",),
    relation=checks.unit_fits,
)

FILE = Section(
    {
        "path": Text(checks.file_path),
        "content": TEXT,
        "permissions": Text(checks.permissions),
        "owner": Text(checks.owner),
        "encoding": Choice(ENCODINGS),
    },
    needs=("path",),
    relation=checks.file_fits,
)

USER = Section(
    {
        "name": Text(checks.account),
        "passwd": Text(checks.one_line),
        "ssh_authorized_keys": Listing(Text(checks.public_key)),
        "gecos": Text(checks.one_line),
        "homedir": Text(checks.one_line),
        "no_create_home": FLAG,
        "primary_group": Text(checks.account),
        "groups": Listing(Text(checks.account)),
        "no_user_group": FLAG,
        "system": FLAG,
        "no_log_init": FLAG,
        "shell": Text(checks.one_line),
    },
    needs=("name",),
)

COREOS = Section({"etcd2": Section(ETCD2), "fleet": Section(FLEET), "update": Section(UPDATE), "units": Listing(UNIT)})

CLOUD_CONFIG = Section(
    {
        "ssh_authorized_keys": Listing(Text(checks.public_key)),
        "coreos": COREOS,
        "write_files": Listing(FILE),
        "hostname": Text(checks.host_name),
        "users": Listing(USER),
        "manage_etc_hosts": Choice(("localhost",)),
    }
)
