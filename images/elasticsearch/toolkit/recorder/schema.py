"""What is recorded: the types of events, and how Elasticsearch is to keep them. docs/marvel.md tells it to a reader."""

from __future__ import annotations

from typing import Any

VERSION = 1
"""Of the mapping below; a template of another version is replaced."""

TEMPLATE = "marvel-history"
PATTERN = ".marvel-*"

EVENTS = {
    "process_started": "the node's process began",
    "process_ended": "the node's transport port closed: its process has ended, or is stopping",
    "node_silent": "the node's HTTP no longer answers although its transport port is open",
    "node_answers": "a silent node answers again",
    "master_lost": "the node knows no master any more",
    "master_elected": "the node follows a master, and it is another one than before, or there was none",
    "node_joined": "a node is in the cluster that was not",
    "node_left": "a node is no longer in the cluster",
    "status": "the cluster's status is another one: green, yellow, red or no-master",
    "copy_unassigned": "a copy of a shard is placed nowhere",
    "copy_initializing": "a copy is being made or opened on the observer's node",
    "copy_started": "a copy on the observer's node is complete and serves",
    "copy_promoted": "a replica on the observer's node became the primary",
    "allocation_delayed": "copies of a node that left are held back, in case it returns",
    "allocation_resumed": "no copy is held back any more",
    "index_created": "there is an index that was not",
    "index_deleted": "an index is gone",
    "host_published": "discovery has published a node's host in etcd",
    "host_gone": "a host is no longer in etcd: withdrawn, or its lease ran out",
    "instance_moved": "an instance's host is published from another machine than before",
    "lease_taken": "an instance holds the startup lease",
    "lease_used": "a node is started by the hold of the lease",
    "lease_free": "the startup lease is free: given back, or it ran out",
    "recorder_started": "the recorder began; its duration is how long nothing was recorded before",
    "recorder_stopped": "the recorder was told to stop",
    "recorder_paused": "the recorder itself stood still: its machine was frozen, or has no time for it",
    "history_lost": "recorded documents could not be kept or delivered; the count says how many",
}
"""The types of events; the value is what one says, in one line."""

_WORD = {"type": "string", "index": "not_analyzed", "doc_values": True}
_NUMBER = {"type": "long", "doc_values": True}
_REAL = {"type": "double", "doc_values": True}
_DATE = {"type": "date", "doc_values": True}
_COMMON = {"@timestamp": _DATE, "seen": _DATE, "observer": _WORD, "machine": _WORD, "cluster": _WORD}
_WORDS = (
    "type subject group cause node node_id from_node index source reason details status previous master key instance "
    "ip from_ip"
)
_NUMBERS = "version shard bytes files count copies missing revision duration_ms"
_GAUGES = "heap_percent heap_bytes cpu_percent docs store_bytes disk_free_bytes interval_ms"
_COUNTERS = "indexed index_ms searches search_ms gc_young gc_young_ms gc_old gc_old_ms rejected"
_RATES = "load index_rate search_rate"


def _each(names: str, kind: dict[str, Any]) -> dict[str, Any]:
    return dict.fromkeys(names.split(), kind)


PROPERTIES: dict[str, dict[str, Any]] = {
    "event": _COMMON | _each(_WORDS, _WORD) | _each(_NUMBERS, _NUMBER) | {"primary": {"type": "boolean"}},
    "sample": _COMMON | _each("node node_id", _WORD) | _each(f"{_GAUGES} {_COUNTERS}", _NUMBER) | _each(_RATES, _REAL),
    "placement": _COMMON
    | _each("master node_id", _WORD)
    | {"version": _NUMBER, "table": {"type": "object", "enabled": False}},
}
"""The fields of the three kinds of documents. `table` is kept as it is, and not searched."""


def template(replicas: int) -> dict[str, Any]:
    """Return the index template: one shard, so many replicas, and no field that is not in the mapping."""
    mapping = {"dynamic": "strict", "_all": {"enabled": False}, "_meta": {"version": VERSION}}
    return {
        "template": PATTERN,
        "order": 10,
        "settings": {"number_of_shards": 1, "number_of_replicas": replicas, "refresh_interval": "5s"},
        "mappings": {kind: mapping | {"properties": properties} for kind, properties in PROPERTIES.items()},
    }
