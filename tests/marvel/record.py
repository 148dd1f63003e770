"""Records what the page asks of a live Elasticsearch: `python tests/marvel/record.py http://127.0.0.1:9200 green`.

The tests serve these replies again: the page is judged by what 1.7.6 really says, without a cluster. Until
November 2026 the page asked each node twice; in recordings from then both answers were put together, and what a
node says of its disk, its shards and its garbage collection is of a green cluster of five such nodes.
"""

import json
import sys
import urllib.request
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote

FOLDER = Path(__file__).parent / "recorded"
STATE = (
    "_cluster/state/master_node,nodes,blocks,routing_table"
    "?local=true&filter_path=cluster_name,master_node,blocks,nodes,routing_table"
)
HEALTH = "_cluster/health?local=true"
FIGURES = (
    "_nodes/{}/stats/jvm,os,fs,indices/indexing,search?filter_path=nodes.*.timestamp,nodes.*.jvm.uptime_in_millis,"
    "nodes.*.jvm.mem.heap_used_percent,nodes.*.jvm.mem.heap_max_in_bytes,nodes.*.jvm.gc.collectors.*.collection_time_in_millis,"
    "nodes.*.os.cpu.usage,nodes.*.os.cpu_percent,nodes.*.os.load_average,nodes.*.fs.total.available_in_bytes,nodes.*.indices.indexing.index_total,"
    "nodes.*.indices.search.query_total"
)
OWN = "_nodes/_local/settings?filter_path=nodes.*.settings.gateway,nodes.*.settings.index,nodes.*.settings.discovery"
INDICES = "_all/_settings/index.creation_date,index.unassigned.*?local=true"
COPIED = (
    "_recovery?filter_path=*.shards.id,*.shards.type,*.shards.stage,*.shards.start_time_in_millis,"
    "*.shards.stop_time_in_millis,*.shards.source.id,*.shards.source.name,*.shards.target.id,*.shards.target.name,"
    "*.shards.index.size.recovered_in_bytes"
)
_SEARCH = (
    {"index": [".marvel-*"], "type": "sample", "ignore_unavailable": True},
    {
        "query": {"query_string": {"query": "@timestamp:[now-1h TO now]"}},
        "sort": [{"@timestamp": "desc"}],
        "size": 4000,
    },
)
_LINES = (json.dumps(line, separators=(",", ":")) for line in _SEARCH)
SAMPLES = "_msearch?source=" + quote("".join(f"{line}\n" for line in _LINES), safe="!~*'()")

WHOLE = (
    "_recovery?active_only=true",
    "_stats/docs,store?filter_path=indices.*.primaries.docs.count,indices.*.primaries.store.size_in_bytes,"
    "indices.*.total.store.size_in_bytes",
    "_cluster/settings?local=true&flat_settings=true",
    SAMPLES,
    "_cat/nodes?v",
)
EACH = (
    "_nodes/{}/settings,process,jvm,os?flat_settings=true&filter_path=nodes.*.settings.*,nodes.*.process,"
    "nodes.*.jvm.mem,nodes.*.os.mem.total_in_bytes,nodes.*.os.swap.total_in_bytes",
    "_nodes/{}/stats/fs?filter_path=nodes.*.fs.total",
    "_nodes/{}/hot_threads?threads=5",
)


def reply_of(url: str) -> dict[str, object]:
    """Return status and body of one GET, whatever the status; what is not JSON is text."""
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return {"status": reply.status, "body": body_of(reply.read().decode())}
    except HTTPError as refusal:
        return {"status": refusal.code, "body": body_of(refusal.read().decode())}
    except TimeoutError:
        return {"status": None, "body": None}


def body_of(text: str) -> object:
    """Return what the text says."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def record(base: str, scenario: str) -> None:
    """Write one file: the reply to each path the page asks for, at one moment of the cluster."""
    state = reply_of(f"{base}/{STATE}")
    body = state["body"]
    assert isinstance(body, dict), f"{base} answers no cluster state"
    replies = {STATE: state} | {path: reply_of(f"{base}/{path}") for path in (HEALTH, OWN, INDICES, COPIED)}
    for node in body["nodes"]:
        replies[FIGURES.format(node)] = reply_of(f"{base}/{FIGURES.format(node)}")
    write(scenario, replies)


def record_panels(base: str, name: str) -> None:
    """Write what the panels below the map ask, of all nodes and of each; `twins` has each node's id by its name."""
    nodes = json.load(urllib.request.urlopen(f"{base}/_cluster/state/nodes", timeout=5))["nodes"]
    paths = [*WHOLE, *(path.format(node) for node in nodes for path in EACH)]
    replies = {path: reply_of(f"{base}/{path}") for path in paths}
    write(name, {"twins": {node["name"]: id_ for id_, node in nodes.items()}, "replies": replies})


def write(name: str, told: object) -> None:
    """Keep what was told, in a form that two recordings can be compared in."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(told, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    (record_panels if sys.argv[2].startswith("panels") else record)(sys.argv[1].rstrip("/"), sys.argv[2])
