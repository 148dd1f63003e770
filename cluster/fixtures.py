"""What a test of the suite may ask for: the cluster and its parts, by name."""

from __future__ import annotations

import os
import shlex
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from cluster import ownership, slots, workers
from cluster import settings as meant
from cluster.cluster import Cluster
from cluster.deploy import Deployment
from cluster.es import Es
from cluster.etcd import Etcd
from cluster.fleet import Fleet
from cluster.history import tell
from cluster.host import HostNotReady
from cluster.machine import Machine
from cluster.plugin import SITE, TROUBLE, failure_name, uses_site
from cluster.recorder import Recorder
from cluster.relay import Speaker
from cluster.say import Say
from cluster.settings import Settings
from cluster.sharedfolder import SharedFolder, shared_folder
from cluster.site import Site
from cluster.workloads import Ledger


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Say:
    """Tell the person at the terminal what is going on; what a worker tells begins with its cluster's name."""
    worker = workers.worker_of(request.config)
    return workers.terminal(request.config) if worker is None else Speaker(worker.address, worker.name)


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Say which cluster is meant: cluster.yml and CLUSTER_*; override it to fix a name or a size."""
    try:
        return meant.load()
    except meant.SettingsError as error:
        pytest.exit(str(error), returncode=2)


@pytest.fixture(scope="session")
def ours(request: pytest.FixtureRequest, settings: Settings, say: Say) -> Iterator[Settings]:
    """Hold a cluster for this session: two sessions must not share one; a worker takes the first that is free."""
    worker = workers.worker_of(request.config)
    with ExitStack() as stack:
        if worker is not None:
            with workers.untimed(request.config):
                taken = stack.enter_context(slots.taken(settings, worker.slots, "a test run", say))
            if isinstance(say, Speaker):
                say.name = taken.name
            if taken != settings:  # for all that this process starts, and for what a person is told to type
                os.environ |= {"CLUSTER_NAME": taken.name, "CLUSTER_SUBNET": taken.subnet}
            yield taken
        else:
            try:
                stack.enter_context(ownership.held(settings, "a test run", say))
            except ownership.InUse as error:
                pytest.exit(str(error), returncode=2)
            yield settings
    if site := request.config.stash.get(SITE, None):
        site.dismiss()  # last of all: had this process been killed by now, the reaper would give the locks back


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest, ours: Settings, say: Say) -> Iterator[Site]:
    """Boot the session's cluster once, and remove it at the end, whatever the end is like."""
    config = request.config
    reuse, keep = config.getoption("--cluster-reuse"), config.getoption("--cluster-keep")
    worker = workers.worker_of(config)
    site = Site(ours, say, run=None if worker is None else worker.run)
    try:
        site.prepare(reuse)
    except HostNotReady as error:
        config.stash[TROUBLE] = str(error)
        if worker is not None:
            say(str(error))
            request.session.shouldstop = f"{ours.name}: {str(error).splitlines()[0]}"  # reaches the controller
            pytest.exit(str(error), returncode=pytest.ExitCode.TESTS_FAILED)
        pytest.exit(str(error), returncode=error.status)
    config.stash[SITE] = site
    command = shlex.join(["pytest", *map(str, config.invocation_params.args)])
    with site.recording(command, several=worker is not None):
        try:
            site.up()
            yield site
        finally:
            try:
                site.conclude()
            finally:
                site.end(keep=keep == "always" or (keep == "failed" and bool(site.evidence)) or (reuse and site.is_up))


@pytest.fixture(autouse=True)
def handed_back(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check the cluster before and after each test that breaks something.

    Where it did not recover, it is made anew for the next test, also for one that only looks: a worker gets whole
    files, so the looks of one come after what another has broken.
    """
    if not uses_site(request.node):
        yield
        return
    site: Site = request.getfixturevalue("site")
    breaks = request.node.get_closest_marker("breaks") is not None
    if site.is_spoilt and (breaks or not site.is_undeployable):  # `deployed` tells the others at once
        site.rebuild()
    if not breaks:
        yield
        return
    site.deployed()
    site.is_spoilt = True
    site.gate("before the test")
    yield
    try:
        site.gate("after the test")
    except Exception as error:
        # Now, not when the failure is reported: after the last test, the cluster is gone by then.
        site.keep_evidence(failure_name(request.node.nodeid, "teardown"), str(error))
        tell("test", test=request.node.nodeid, phase="end", outcome="failed", why=str(error))
        raise
    site.is_spoilt = False


@pytest.fixture
def cluster(site: Site) -> Cluster:
    """Give the cluster."""
    return site.cluster


@pytest.fixture
def machines(site: Site) -> list[Machine]:
    """Give the machines: core-01, core-02, …."""
    return site.cluster.machines


@pytest.fixture
def fleet(site: Site) -> Fleet:
    """Give the fleet, as fleetctl shows it."""
    return site.cluster.fleet


@pytest.fixture
def etcd(site: Site) -> Etcd:
    """Give the cluster's etcd."""
    return site.cluster.etcd


@pytest.fixture
def history(site: Site) -> Recorder:
    """Give the recorded history of the units' keys in etcd."""
    return site.history


@pytest.fixture
def shared(request: pytest.FixtureRequest, site: Site) -> Iterator[SharedFolder]:
    """Give an empty folder that the host and all machines see; it goes with the test."""
    with shared_folder(site.cluster.settings, f"shared-{request.node.originalname}") as folder:
        yield folder


@pytest.fixture
def deployed(site: Site) -> Deployment:
    """Give the deployment: the README's sequence was run, five nodes have joined and are green."""
    return site.deployed()


@pytest.fixture
def es(site: Site) -> Es:
    """Give the Elasticsearch cluster of the deployment."""
    site.deployed()
    return site.cluster.es


@pytest.fixture
def ledger(es: Es) -> Ledger:
    """Give a ledger with an index of its own.

    The index stays: a machine that was away while an index was deleted still has its data, and a node that comes to
    that machine later brings the index back, as a dangling one, with too few copies to ever turn green.
    """
    ledger = Ledger(es, f"ledger-{uuid.uuid4().hex[:8]}")
    ledger.create()
    return ledger
