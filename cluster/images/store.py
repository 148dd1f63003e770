"""The image store: the Elasticsearch image as dockerd itself lays it out, once, for all machines to mount.

`docker load` on six machines takes 20 s and six times the disk. So the image is loaded once, by the machine image's own
dockerd, into a folder of the host; every machine mounts that folder read-only and takes its layers from there
(images/machine/files/usr/lib/machine/image-store): under a second a machine, and all share the page cache.
It leans on overlay2: where the folder's file system has none, there is no store, and the image is loaded.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from cluster import dockercli
from cluster.errors import InfraError
from cluster.images.contenthash import content_hash

FLAGS = (
    "--cap-add=ALL",
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
    "--security-opt=systempaths=unconfined",
    "--device-cgroup-rule=a *:* rwm",
    "--cgroupns=private",
    "--network=none",
    "--tmpfs=/run",
)

LOAD = r"""
/usr/lib/machine/writable-cgroups
echo '{}' >/run/none.json
dockerd --config-file /run/none.json --data-root /store --iptables=false --bridge=none >/run/dockerd.log 2>&1 &
until docker version >/dev/null 2>&1; do
    kill -0 $! 2>/dev/null || { tail -n 3 /run/dockerd.log; exit 1; }
    sleep 0.1
done
driver=$(docker info --format '{{.Driver}}')
[ "$driver" = overlay2 ] || { echo "storage driver: $driver"; exit 3; }
docker load && docker tag "$1" "$2"
status=$?
kill $!
wait $! || true
exit $status
"""


class NoOverlay(InfraError):
    """The store's file system does not carry overlay2; the image has to be loaded machine by machine."""


def store_path(folder: Path, machine_root: str, image: str) -> Path:
    """Return where the store of `image`, made by the dockerd of `machine_root`, is or would be; both are image ids."""
    return folder / "stores" / content_hash([], machine_root, image)


def make(path: Path, machine_image: str, image: str, name: str, capabilities: list[str]) -> None:
    """Load `image` into a store at `path`, where machines will know it by `name`.

    Raises NoOverlay where the file system of `path` cannot carry it.
    """
    part = path.with_name(f"{path.name}.part")
    remove(part, machine_image)
    part.mkdir(parents=True)
    run = ["docker", "run", "--rm", "--interactive", *FLAGS, *capabilities, "--label=elasticsearch-fleet.store=1"]
    run += [f"--volume={part}:/store", machine_image, "/bin/sh", "-c", LOAD, "load", image, name]
    with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saved:
        done = subprocess.run(run, stdin=saved.stdout, capture_output=True, text=True, check=False)
    if done.returncode != 0 or saved.returncode != 0:
        remove(part, machine_image)
        said = f"{done.stdout.strip()}\n{done.stderr.strip()}".strip()
        raise NoOverlay(said) if done.returncode == 3 else InfraError(f"the image store could not be made:\n{said}")
    part.rename(path)


def remove(path: Path, machine_image: str) -> None:
    """Remove a store; what belongs to root is removed by docker, for a user who is not."""
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        dockercli.docker(
            *("run", "--rm", "--network=none", f"--volume={path.parent}:/stores", machine_image),
            *("rm", "-rf", f"/stores/{path.name}"),
        )
