"""The command line of an Elasticsearch 1.7 node.

Settings go in as -Des.NAME, which is stronger than elasticsearch.yml; -Des.default.NAME would be weaker.
"""

from __future__ import annotations

import shlex

from .settings import Settings

HOME = "/usr/share/elasticsearch"
JVM = ["-Xss256k", "-Djava.awt.headless=true", "-Dfile.encoding=UTF-8", "-XX:+DisableExplicitGC"]
# A node that is out of memory does not recover: it ends, and its unit starts it again.
OUT_OF_MEMORY = ["-XX:+ExitOnOutOfMemoryError"]


def command(settings: Settings, hosts: list[str]) -> list[str]:
    """Return the arguments of the node's process; the first is the program."""
    heap = [f"-Xms{settings.es_heap_size}", f"-Xmx{settings.es_heap_size}"]
    flags = heap + shlex.split(settings.jvm_gc) + JVM + OUT_OF_MEMORY + shlex.split(settings.java_opts)
    options = [f"-Des.{name}={value}" for name, value in _settings(settings, hosts).items() if value != ""]
    classes = f"{HOME}/lib/elasticsearch-1.7.6.jar:{HOME}/lib/*:{HOME}/lib/sigar/*"
    main = ["-cp", classes, "org.elasticsearch.bootstrap.Elasticsearch"]
    return ["/usr/bin/java", *flags, *options, *shlex.split(settings.es_opts), *main]


def _settings(settings: Settings, hosts: list[str]) -> dict[str, str]:
    return {
        "foreground": "yes",
        "path.home": HOME,
        "path.data": "/data",
        "cluster.name": settings.cluster_name or settings.label,
        "node.name": settings.node,
        "node.label": settings.node_label,
        "node.machine": settings.machine,
        "network.host": settings.ip,
        "http.port": f"{settings.http_port}",
        "transport.tcp.port": f"{settings.transport_port}",
        "bootstrap.mlockall": settings.mlockall,
        "processors": settings.processors,
        "index.number_of_replicas": f"{settings.replicas}",
        **_discovery(settings, hosts),
        **_recovery(settings),
    }


def _discovery(settings: Settings, hosts: list[str]) -> dict[str, str]:
    return {
        "discovery.zen.minimum_master_nodes": f"{settings.quorum}",
        "discovery.zen.ping.unicast.hosts": ",".join(hosts),
        "discovery.zen.ping.timeout": settings.ping_timeout,
        "discovery.zen.fd.ping_timeout": settings.fd_ping_timeout,
        "discovery.zen.publish_timeout": settings.publish_timeout,
        "discovery.zen.join_timeout": settings.join_timeout,
    }


def _recovery(settings: Settings) -> dict[str, str]:
    return {
        "gateway.recover_after_nodes": f"{settings.quorum}",
        "gateway.expected_nodes": f"{settings.instances}",
        "gateway.recover_after_time": settings.recover_after_time,
        "index.unassigned.node_left.delayed_timeout": settings.node_left_timeout,
        "cluster.routing.allocation.disk.watermark.low": settings.watermark_low,
        "cluster.routing.allocation.disk.watermark.high": settings.watermark_high,
    }
