"""The command line: the cluster of the suite, for a person."""

from __future__ import annotations

import os
import shlex
import sys
from typing import Annotated

import typer

from cluster import garbage, host, images, ownership, settings
from cluster.bench.command import bench
from cluster.chaos.command import chaos
from cluster.chaos.recheck import recheck
from cluster.chaos.replay import replay
from cluster.cluster import Cluster
from cluster.commandline import again, check_machine, need_all, need_some, owned
from cluster.errors import CommandFailed, InfraError
from cluster.faults.command import fault, heal
from cluster.host import HostNotReady
from cluster.logs import logs
from cluster.power import kill, start
from cluster.progress import Progress, console
from cluster.report.command import report, summary
from cluster.runner.command import runner
from cluster.sabotage.command import sabotage
from cluster.settings import SettingsError
from cluster.site import Site
from cluster.status import status

app = typer.Typer(
    help="Boots, looks at and removes a cluster of Vagrant machines that runs Elasticsearch by fleet's units.",
    epilog="Which cluster: cluster.yml, overridden by CLUSTER_NAME, CLUSTER_SUBNET, CLUSTER_MACHINES, ….",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


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
    with owned("cluster up") as cluster:
        cluster.prepare()
        cluster.up(ownership.PERSON, fresh)
    console.print(f"next: {again('deploy')}\nalso: status, ssh, down")


@app.command()
def deploy() -> None:
    """Run the README's five commands on the first machine, and return when five nodes have joined."""
    with owned("cluster deploy") as cluster:
        need_all(cluster)
        site = Site(cluster.settings, cluster.say)
        try:
            site.deploy()
            health, page = site.cluster.es.health(), site.cluster.es.accepting()[0].address
        finally:
            site.disconnect()
    console.print(f"elasticsearch: {health}\nopen http://{page}:9200/_plugin/marvel/")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def ssh(
    context: typer.Context,
    machine: Annotated[str, typer.Argument(help="core-01, core-02, …")] = "",
) -> None:
    """Open a shell on a machine, or run a command there, with the machines' key in a forwarded agent."""
    cluster = Cluster(settings.load())
    name = machine or cluster.settings.machine_names[0]
    check_machine(cluster.settings, name)
    need_some(cluster)
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
    with owned("cluster down") as cluster:
        cluster.down()
    console.print(f"{cluster.settings.name} is removed")


for command in (
    *(status, fault, heal, kill, start, logs),
    *(bench, sabotage, chaos, replay, recheck, report, summary),
):
    app.command()(command)
app.add_typer(runner, name="runner")


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
