"""Records what the page asks of a live Elasticsearch: `python tests/marvel/record.py http://127.0.0.1:9200 green`.

The tests serve these replies again, so that the page is judged by what 1.7.6 really says, without a cluster.
"""

import json
import sys
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

FOLDER = Path(__file__).parent / "recorded"
STATE = (
    "_cluster/state/master_node,nodes,blocks,routing_table"
    "?local=true&filter_path=cluster_name,master_node,blocks,nodes,routing_table"
)
HEALTH = "_cluster/health?local=true"
STATS = (
    "_nodes/{}/stats/jvm,os"
    "?filter_path=nodes.*.jvm.uptime_in_millis,nodes.*.jvm.mem.heap_*,nodes.*.os.cpu.usage,nodes.*.os.load_average"
)


def reply_of(url: str) -> dict[str, object]:
    """Return status and body of one GET, whatever the status."""
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return {"status": reply.status, "body": json.load(reply)}
    except HTTPError as refusal:
        return {"status": refusal.code, "body": json.load(refusal)}
    except TimeoutError:
        return {"status": None, "body": None}


def record(base: str, scenario: str) -> None:
    """Write one file: the reply to each path the page asks for, at one moment of the cluster."""
    state = reply_of(f"{base}/{STATE}")
    body = state["body"]
    assert isinstance(body, dict), f"{base} answers no cluster state"
    replies = {STATE: state, HEALTH: reply_of(f"{base}/{HEALTH}")}
    for node in body["nodes"]:
        replies[STATS.format(node)] = reply_of(f"{base}/{STATS.format(node)}")
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{scenario}.json").write_text(json.dumps(replies, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    record(sys.argv[1].rstrip("/"), sys.argv[2])
