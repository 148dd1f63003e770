"""The units that a cloud-config implies: the drop-ins of etcd2 and fleet, and what the update strategy means."""

from __future__ import annotations

from cloudconfig.config import CloudConfig, DropIn, Settings, Unit
from cloudconfig.kinds import Kind
from cloudconfig.schema import ETCD2, FLEET


def drop_in_text(prefix: str, settings: Settings, fields: dict[str, Kind]) -> str:
    """Return the [Service] section that hands the settings to a daemon, or nothing if there is none.

    As in coreos-cloudinit false, 0 and the empty string write no line: the daemon's own default holds then.
    """
    lines = [f'Environment="{prefix}{key.upper()}={_written(settings[key])}"' for key in fields if settings.get(key)]
    return "\n".join(["[Service]", *lines, ""]) if lines else ""


def units(config: CloudConfig) -> list[Unit]:
    """Return the units that follow the user's own, in coreos-cloudinit's order."""
    services = [
        _service("etcd2.service", drop_in_text("ETCD_", config.etcd2, ETCD2)),
        _service("fleet.service", drop_in_text("FLEET_", config.fleet, FLEET)),
    ]
    return [*(service for service in services if service.drop_ins), *_update_units(config.update)]


def _service(name: str, text: str) -> Unit:
    drop_ins = (DropIn("20-cloudinit.conf", text),) if text else ()
    return Unit(name=name, runtime=True, drop_ins=drop_ins)


def _update_units(update: Settings) -> list[Unit]:
    result = []
    strategy = update.get("reboot_strategy")
    if strategy:
        off = strategy == "off"
        result.append(Unit("locksmithd.service", command="stop" if off else "restart", mask=off, runtime=True))
    if update.get("group") or update.get("server"):
        result.append(Unit("update-engine.service", command="restart"))
    return result


def _written(value: str | bool | int | float) -> str:
    if isinstance(value, bool):
        return "true"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
