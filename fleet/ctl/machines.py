"""What to call a machine in output, and which machine this is."""

from pathlib import Path

from fleet.ctl.client import Client
from fleet.ctl.entities import Machine, short_id

MACHINE_ID = Path("/etc/machine-id")


class Machines:
    """The machines of the cluster: asked for when first needed, and again when something newer names an unknown one."""

    def __init__(self, api: Client) -> None:
        self._api = api
        self._by_id: dict[str, Machine] = {}
        self._as_of: int | None = None

    def find(self, machine_id: str) -> Machine | None:
        """The machine of that id, or None if it is not in the cluster."""
        if machine_id not in self._by_id and self._as_of != self._api.revision:
            self._as_of = self._api.revision
            self._by_id = {machine.id: machine for machine in self._api.machines()}
        return self._by_id.get(machine_id)

    def label(self, machine_id: str, full: bool = False) -> str:
        """`12345678.../10.0.0.1`; without the address if that is not known."""
        name = machine_id if full else short_id(machine_id)
        machine = self.find(machine_id)
        return f"{name}/{machine.ip}" if machine and machine.ip else name


def is_local(machine_id: str) -> bool:
    """Whether that is the machine that fleetctl runs on."""
    try:
        return MACHINE_ID.read_text().strip() == machine_id
    except OSError:
        return False
