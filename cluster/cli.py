"""The command line: the cluster of the suite, for a person."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from cluster import garbage, host, images, overview, ownership, settings
from cluster.bench.command import bench
from cluster.chaos.command import chaos
from cluster.chaos.recheck import recheck
from cluster.chaos.replay import replay
from cluster.cluster import Cluster
from cluster.errors import CommandFailed, InfraError
from cluster.host import HostNotReady
from cluster.progress import Progress, console
from cluster.report.command import report, summary
from cluster.runner.command import runner
from cluster.sabotage.command import sabotage
from cluster.settings import SettingsError
from cluster.site import Site

app = typer.Typer(
    help="Boots, looks at and removes a cluster of Vagrant machines that runs Elasticsearch by fleet's units.",
    epilog="Which cluster: cluster.yml, overridden by CLUSTER_NAME, CLUSTER_SUBNET, CLUSTER_MACHINES, ….",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@contextmanager
def _cluster() -> Iterator[Cluster]:
    """Give the cluster that is meant, to look at."""
    progress = Progress()
    cluster = Cluster(settings.load(), progress.say)
    try:
        with progress.shown():
            yield cluster
    finally:
        cluster.disconnect()


@contextmanager
def _owned(by: str) -> Iterator[Cluster]:
    """Give the cluster that is meant, to change: nobody else may meanwhile."""
    with _cluster() as cluster, ownership.held(cluster.settings, by, cluster.say):
        yield cluster


def _next(command: str) -> str:
    """Return a command of this program as it is typed for this very cluster."""
    return settings.again(f"./toxw -e cluster -- {command}")


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
    with _owned("cluster up") as cluster:
        cluster.prepare()
        cluster.up(ownership.PERSON, fresh)
    console.print(f"next: {_next('deploy')}\nalso: status, ssh, down")


@app.command()
def deploy() -> None:
    """Run the README's five commands on the first machine, and return when five nodes have joined."""
    with _owned("cluster deploy") as cluster:
        _need(cluster)
        site = Site(cluster.settings, cluster.say)
        try:
            site.deploy()
            health, page = site.cluster.es.health(), site.cluster.es.accepting()[0].address
        finally:
            site.disconnect()
    console.print(f"elasticsearch: {health}\nopen http://{page}:9200/_plugin/marvel/")


@app.command()
def status() -> None:
    """Show the machines, the units on them, and the nodes' own word; exit 1 if a machine is not healthy."""
    with _cluster() as cluster:
        names = [name for name in cluster.settings.machine_names if cluster.provider.is_running(name)]
        if not names:
            console.print(f"{cluster.settings.name}: no machine is running")
            raise typer.Exit(1)
        lines, trouble = list(overview.lines(cluster)), cluster.trouble()
    console.print("\n".join(lines), soft_wrap=True)
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
    words = shlex.join(context.args) or None
    try:
        arguments = cluster.ssh.arguments(name, words)
        done = os.spawnvpe(os.P_WAIT, arguments[0], arguments, cluster.ssh.environment)
    finally:
        cluster.disconnect()
    raise typer.Exit(done)


@app.command()
def down() -> None:
    """Destroy the machines and remove all that the cluster has in docker; also of one that came up half."""
    with _owned("cluster down") as cluster:
        cluster.down()
    console.print(f"{cluster.settings.name} is removed")


app.command()(bench)
app.command()(sabotage)
app.command()(chaos)
app.command()(replay)
app.command()(recheck)
app.add_typer(runner, name="runner")
app.command()(report)
app.command()(summary)


@app.command()
def gc(
    names: Annotated[list[str] | None, typer.Argument(help="these clusters, and nothing else")] = None,
) -> None:
    """Remove every cluster that nobody uses, then the images, stores and evidence that nothing needs any more.

    A running cluster stays, unless it is named, or a run of the suite left it.
    """
    meant, progress = settings.load(), Progress()
    with progress.shown():
        left = garbage.remove_clusters(meant, names or [], progress.say)
        if not names:
            garbage.remove(meant, progress.say)
    if left:
        raise typer.Exit(1)


def _need(cluster: Cluster) -> None:
    if not cluster.all_running():
        raise InfraError(f"not every machine of {cluster.settings.name} is running; start them: {_next('up')}")


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
