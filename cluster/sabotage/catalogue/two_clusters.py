"""Sabotages of: one or more Elasticsearch clusters, side by side on the same machines."""

from __future__ import annotations

from cluster.sabotage.catalogue.replicas import LABELLED
from cluster.sabotage.sabotage import Command, Red, Sabotage

FILE = "e2e/test_two_clusters.py"
BESIDE = f"{FILE}::test_a_second_cluster_runs_beside_the_first_and_neither_sees_the_other"

CONFIG = "/config/elasticsearch_audit"
PUT = "ETCDCTL_API=3 etcdctl put"

SABOTAGES = (
    Sabotage(
        "a-second-cluster-that-joins-the-first",
        "one or more clusters can be set up, and neither sees the other",
        (
            Command(
                ". /etc/environment; machines=; for n in 1 2 3 4 5 6; do"
                " machines=$machines,${COREOS_PRIVATE_IPV4%.*}.10$n:9300; done;"
                f" {PUT} {CONFIG}/CLUSTER_NAME elasticsearch_logging &&"
                f' {PUT} {CONFIG}/ES_OPTS -- "-Des.discovery.zen.ping.unicast.hosts=${{machines#,}}"',
                f"ETCDCTL_API=3 etcdctl del --prefix {CONFIG}/",
                machines=(1,),
            ),
        ),
        (Red(BESIDE, "assert ['elasticsearch_audit-1', "),),
        green=(LABELLED,),
    ),
)
