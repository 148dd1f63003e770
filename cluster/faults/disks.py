"""Bad things done to a machine's disk: the volume with the data is full."""

from __future__ import annotations

from cluster.faults.fault import Fault
from cluster.faults.order import Order
from cluster.machine import Machine
from cluster.ssh import CommandResult

DATA = "/var/lib/elasticsearch_logging"
"""The folder of a node's data on its machine: the unit's default."""

VOLUME = "/var/lib/docker/fault-volume"
"""The file that is the small volume: sparse, so that filling the volume takes no room on the host's disk."""

SIZE = 4
"""GiB of the small volume: more than a node's watermarks, so that it keeps its shards until the disk is full."""

LARGEST = 8
"""GiB: a volume of more than this is never filled, whose ever it is."""

_PARTS = f"""
set -eu
folder=$1 volume={VOLUME}
users() {{ docker ps --filter volume=$folder --format '{{{{.Label "fleet.unit"}}}}' | sort -u; }}
each() {{ [ -z "$units" ] || systemctl $1 $units; }}
is_own() {{ mountpoint -q $folder && [ $(($(stat -f -c '%b*%S' $folder))) -le $(({LARGEST} << 30)) ]; }}
nodes() {{
    [ -c /dev/loop-control ] || mknod /dev/loop-control c 10 237
    for n in $(seq 0 15); do [ -b /dev/loop$n ] || mknod /dev/loop$n b 7 $n; done
}}
copy() {{
    find $2 -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf {{}} +
    tar -C $1 --exclude=./lost+found -cf - . | tar -C $2 -xpf -
}}
"""
"""What the scripts share. Whoever has the folder as a volume of its container is stopped while it is copied."""

_PROBE = f"""{_PARTS}
is_own && exit 0
nodes
truncate -s 8M $volume.probe
mkfs.ext4 -q -F $volume.probe && mkdir -p $volume.d && mount -o loop $volume.probe $volume.d && umount $volume.d
status=$?
rm -rf $volume.probe
exit $status
"""

_FILL = f"""{_PARTS}
if ! is_own; then
    nodes
    mkdir -p $folder $volume.d
    truncate -s {SIZE}G $volume
    mkfs.ext4 -q -m 0 -F $volume
    units=$(users)
    each stop
    mount -o loop $volume $volume.d
    copy $folder $volume.d
    umount $volume.d
    mount -o loop $volume $folder
    each "start --no-block"
fi
is_own
fallocate -l $(($(stat -f -c '%a*%S' $folder) * 99 / 100)) $folder/fault-filler
while head -c 65536 /dev/zero >> $folder/fault-filler.rest; do :; done 2>/dev/null
"""

_EMPTY = f"""{_PARTS}
rm -f $folder/fault-filler $folder/fault-filler.rest
[ -e $volume ] || exit 0
if mountpoint -q $folder; then
    mkdir -p $volume.d
    units=$(users)
    each stop
    umount $folder
    mount -o loop $volume $volume.d
    copy $volume.d $folder
    umount $volume.d
    each "start --no-block"
fi
rm -rf $volume $volume.d
"""

_WRITE = (
    'dd if=/dev/zero of="$1/fault-probe" bs=256k count=1 conv=fsync; status=$?; rm -f "$1/fault-probe"; exit $status'
)


class DiskFull(Fault):
    """The volume with a folder is full: who writes there is told that no space is left.

    A folder with a volume of its own, of LARGEST at most, is filled as it is. Any other one shares the machine's disk,
    and that one the host's, which is never filled: a small volume takes its place, with all that it has; the nodes that
    use it are restarted for that, and again when it is healed.
    """

    def __init__(self, machine: Machine, *, folder: str = DATA) -> None:
        self.order = Order("disk-full", machine.name, {"folder": folder})
        self._machine, self._folder = machine, folder

    def unavailable(self) -> str | None:
        """Try to mount a file."""
        tried = self._do(_PROBE, check=False)
        return None if tried.ok else f"no small volume on {self._machine}: {' '.join(tried.stderr.split())}"

    def inject(self) -> None:
        """Fill the volume."""
        self._do(_FILL)

    def bites(self) -> None:
        """See that nothing can be written."""
        tried = self._do(_WRITE, check=False)
        assert "No space left on device" in tried.stderr, f"{self._folder} is not full: {tried}"

    def heal(self) -> None:
        """Make room, and have the folder where it was, with all that it has now."""
        self._do(_EMPTY)

    def healed(self) -> None:
        """See that something can be written."""
        tried = self._do(_WRITE, check=False)
        assert tried.ok, f"{self._folder} is still full: {tried}"

    def _do(self, script: str, check: bool = True) -> CommandResult:
        return self._machine.run("sudo bash -o pipefail -c %s fault %s", script, self._folder, check=check)
