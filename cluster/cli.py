"""The command line: the cluster of the suite, for a person."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import filelock
import typer
from rich.console import Console
from rich.table import Table

from cluster import host, images, leftovers, settings
from cluster.cluster import Cluster
from cluster.errors import CommandFailed, InfraError
from cluster.host import HostNotReady
from cluster.settings import Settings, SettingsError
from cluster.site import Site

app = typer.Typer(
    help="Boots, looks at and removes a cluster of Vagrant machines that runs Elasticsearch by fleet's units.",
    epilog="Which cluster: cluster.yml, overridden by CLUSTER_NAME, CLUSTER_SUBNET, CLUSTER_MACHINES, ….",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(highlight=False)


class Progress:
    """Lines with the time they took, and a spinner with the last one while something goes on."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._status = console.status("…")

    def say(self, line: str) -> None:
        """Print a line."""
        console.print(f"[dim]{time.monotonic() - self._began:6.1f} s[/dim]  {line}", soft_wrap=True)
        self._status.update(line[: console.width - 4])

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the spinner meanwhile."""
        with self._status:
            yield


@contextmanager
def _cluster() -> Iterator[Cluster]:
    progress = Progress()
    cluster = Cluster(settings.load(), progress.say)
    try:
        with progress.shown():
            yield cluster
    finally:
        cluster.disconnect()


@app.command("host")
def host_() -> None:
    """Make this host ready for a cluster, or say all that keeps it from being so."""
    progress = Progress()
    with progress.shown():
        host.prepare(settings.load(), progress.say)


@app.command("images")
def images_() -> None:
    """Build what images are missing; nothing to do costs nothing."""
    meant, progress = settings.load(), Progress()
    with progress.shown():
        host.prepare(meant, progress.say)
        built = images.ensure(meant, progress.say)
    console.print(f"machine        {built.machine}\nelasticsearch  {built.elasticsearch}\nstore          {built.store}")


@app.command()
def up(
    fresh: Annotated[bool, typer.Option("--fresh", help="remove a cluster of this name first")] = False,
) -> None:
    """Boot the machines, and return when etcd and fleet are healthy on each of them."""
    with _cluster() as cluster:
        cluster.up(fresh)
    console.print("next: cluster deploy, cluster status, cluster ssh, cluster down")


@app.command()
def deploy() -> None:
    """Run the README's five commands on the first machine, and return when five nodes have joined."""
    progress = Progress()
    site = Site(settings.load(), progress.say)
    try:
        with progress.shown():
            _need(site.cluster)
            site.deploy()
        health = site.cluster.es.health()
    finally:
        site.cluster.disconnect()
    console.print(f"elasticsearch: {health}")
    console.print(
        f"open http://{site.cluster.settings.address(site.cluster.settings.machine_names[0])}:9200/_plugin/marvel"
    )


@app.command()
def status() -> None:
    """Show the machines and what runs on them."""
    with _cluster() as cluster:
        names = [name for name in cluster.settings.machine_names if cluster.provider.is_running(name)]
        if not names:
            console.print(f"{cluster.settings.name}: no machine is running")
            raise typer.Exit(1)
        rows, trouble = cluster.fleet.units(), cluster.trouble()
        table = Table("machine", "address", "power", "units", title=cluster.settings.name)
        for name, address in cluster.settings.addresses.items():
            units = [f"{row.unit}  {row.active}/{row.sub}" for row in rows if row.ip == address]
            table.add_row(name, address, "on" if name in names else "off", "\n".join(units))
    console.print(table)
    console.print("\n".join(trouble) or "all machines are healthy")
    if trouble:
        raise typer.Exit(1)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def ssh(
    context: typer.Context,
    machine: Annotated[str, typer.Argument(help="core-01, core-02, …")] = "",
) -> None:
    """Open a shell on a machine, or run a command there, with the machines' key in a forwarded agent."""
    cluster = Cluster(settings.load())
    name = machine or cluster.settings.machine_names[0]
    if name not in cluster.settings.machine_names:
        raise InfraError(f"no machine {name}; there are {', '.join(cluster.settings.machine_names)}")
    _need(cluster)
    words = " ".join(context.args) or None
    arguments = cluster.ssh.arguments(name, words)
    done = os.spawnvpe(os.P_WAIT, arguments[0], arguments, cluster.ssh.environment)
    cluster.disconnect()
    raise typer.Exit(done)


@app.command()
def down() -> None:
    """Destroy the machines and remove all that the cluster has in docker; also of one that came up half."""
    with _cluster() as cluster:
        cluster.down()
    console.print(f"{cluster.settings.name} is removed")


@app.command()
def gc() -> None:
    """Remove every cluster that no running session uses."""
    meant, progress = settings.load(), Progress()
    for name in leftovers.clusters():
        other = _named(meant, name)
        lock = filelock.FileLock(other.lock, timeout=0)
        try:
            with lock, progress.shown():
                progress.say(f"removing {name}")
                Cluster(other, progress.say).down()
        except filelock.Timeout:
            progress.say(f"{name} is in use")


def _named(meant: Settings, name: str) -> Settings:
    return Settings(name=name, project=meant.project, machines=meant.machines, subnet=meant.subnet)


def _need(cluster: Cluster) -> None:
    if not cluster.all_running():
        raise InfraError(f"not every machine of {cluster.settings.name} is running; start them with: cluster up")


def main() -> None:
    """Run the command line; exit 2 for a host or settings that cannot be used, 1 for anything else that failed."""
    try:
        app()
    except (HostNotReady, SettingsError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except (InfraError, CommandFailed, AssertionError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
