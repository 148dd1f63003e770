"""What the page says, function by function: run in the browser that will run them, without the page around them."""

from datetime import UTC, datetime, time
from typing import Any

import pytest

from cluster.browser import Browser
from tests.marvel.replay import Replay


def said(node: Replay, browser: Browser, module: str, expression: str, *given: Any) -> Any:
    """The value of an expression in which `m` is the module and `given` the arguments."""
    browser.open(f"{node.url}icon.svg")
    script = f"""
        const [address, given, done] = arguments;
        import(address).then(async m => done({{ value: await {expression} }}))
          .catch(error => done({{ error: String(error) }}))"""
    reply = browser.driver.execute_async_script(script, f"{node.url}{module}", given)
    assert "error" not in reply, reply
    return reply["value"]


def said_all(node: Replay, browser: Browser, module: str, cases: list[tuple[str, Any]]) -> None:
    """Each expression has the value beside it; told at once what differs."""
    told = said(node, browser, module, f"[{', '.join(expression for expression, _ in cases)}]")
    assert dict(zip((e for e, _ in cases), told, strict=True)) == dict(cases)


def cluster(*copies: dict[str, Any], nodes: int = 5, master: bool = True, blocks: tuple[str, ...] = ()) -> Any:
    names = [{"id": str(n), "name": f"n{n}", "machine": f"10.0.0.{n}"} for n in range(1, nodes + 1)]
    return {
        "name": "c",
        "master": names[0] if master else None,
        "nodes": names,
        "blocks": [{"description": text} for text in blocks],
        "copies": list(copies),
    }


def copy(state: str = "STARTED", *, primary: bool = False, shard: int = 0, index: str = "i", **more: Any) -> Any:
    moving = "2" if state == "RELOCATING" else None
    return {"index": index, "shard": shard, "primary": primary, "state": state, "node": "1", "target": moving} | more


PRIMARY = copy(primary=True)
LOST = copy("UNASSIGNED", node=None)
SINCE = int(datetime.combine(datetime.now(UTC).date(), time(6, 39, 46), UTC).timestamp() * 1000)
GONE = LOST | {"reason": "NODE_LEFT", "since": f"{datetime.now(UTC).date()}T06:39:46.000Z"}
DELAY = {"settings": {"delay": 60000, "delays": {}}}
UNRECOVERED = ("state not recovered / initialized",)


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({"cluster": cluster()}, "green: five nodes, no index yet"),
        (
            {"cluster": cluster(PRIMARY, nodes=1)},
            "green: one node, every shard has its one copy, there are no replicas",
        ),
        ({"cluster": cluster(PRIMARY, *[copy()] * 3)}, "green: five nodes, every shard has its 4 copies"),
        (
            {"cluster": cluster(PRIMARY, copy(), copy(primary=True, index="k"), nodes=13)},
            "green: 13 nodes, every shard has its copies (1 to 2)",
        ),
        (
            {"cluster": cluster(PRIMARY, copy("RELOCATING"))},
            "green: five nodes, every shard has its 2 copies; one copy moving to another node",
        ),
        (
            {"cluster": cluster(PRIMARY, copy()), "answers": {"1": True, "3": False, "5": False}},
            "green: five nodes, every shard has its 2 copies; n3 and n5 do not answer",
        ),
        (
            {"cluster": cluster(PRIMARY, copy(), copy(), LOST, nodes=3)},
            "yellow: 1 of 4 copies missing; three nodes; 4 copies need four nodes",
        ),
        (
            {"cluster": cluster(PRIMARY, copy("INITIALIZING"), LOST), "delayed": 5},
            "yellow: 2 of 3 copies missing; five nodes"
            " / 1 being copied; rebuilding of 1 is held back in case the node returns",
        ),
        (
            {"cluster": cluster(PRIMARY, LOST | {"reason": "SOMETHING_NEW"})},
            "yellow: 1 of 2 copies missing, SOMETHING_NEW; five nodes / 1 waits for its turn",
        ),
        (
            {"cluster": cluster(copy("UNASSIGNED", primary=True, reason="INDEX_CREATED"))},
            "red: 1 of 1 primaries missing, in i; 1 of 1 copies missing, an index is new; five nodes"
            " / 1 waits for its turn",
        ),
        (
            {"cluster": cluster(nodes=2, blocks=("state not recovered / initialized",))},
            "red: two nodes and a master, but the data is not recovered yet (state not recovered / initialized)",
        ),
        (
            {"cluster": cluster(nodes=2, blocks=UNRECOVERED), "settings": {"gateway": {"recover_after_nodes": "3"}}},
            "red: two nodes and a master, but the data is not recovered yet: it waits for three nodes"
            " (gateway.recover_after_nodes)",
        ),
        (
            {
                "cluster": cluster(nodes=4, blocks=UNRECOVERED),
                "settings": {
                    "gateway": {"recover_after_nodes": "3", "expected_nodes": "5", "recover_after_time": "1m"}
                },
            },
            "red: four nodes and a master, but the data is not recovered yet: it waits for five nodes"
            " (gateway.expected_nodes), for 1m at the most",
        ),
        (
            {"cluster": cluster(PRIMARY, copy(), GONE), "left": ["n6"], "delayed": 1, "now": SINCE + 19000} | DELAY,
            "yellow: 1 of 3 copies missing since 06:39:46, node n6 left; five nodes"
            " / rebuilding starts in 41 s, in case the node returns; 19 s so far",
        ),
        (
            {"cluster": cluster(PRIMARY, copy(), GONE), "left": [None], "delayed": 1, "now": SINCE + 60000} | DELAY,
            "yellow: 1 of 3 copies missing since 06:39:46, a node left; five nodes"
            " / rebuilding is due; 1 min 0 s so far",
        ),
        (
            {"cluster": cluster(PRIMARY, GONE | {"index": "k"}), "delayed": 1, "now": SINCE, "left": ["n6", "n7"]}
            | {"settings": {"delay": 60000, "delays": {"k": 300000}}},
            "yellow: 1 of 2 copies missing since 06:39:46, nodes n6 and n7 left; five nodes"
            " / rebuilding starts in 5 min 0 s, in case the node returns; 0 s so far",
        ),
        (
            {
                "cluster": cluster(PRIMARY, copy("INITIALIZING"), LOST),
                "recovering": [{"done": 450 * 2**20, "total": 1000 * 2**20, "rate": 11 * 2**20}],
            },
            "yellow: 2 of 3 copies missing; five nodes"
            " / 1 being copied: 45 % of 1000 MiB, 11 MiB/s, about 50 s left; 1 waits for its turn",
        ),
        (
            {
                "cluster": cluster(PRIMARY, nodes=2, master=False),
                "masterless": {"since": SINCE, "last": "n6"},
                "settings": {"quorum": 3},
            },
            "no master: since 06:39:46 nothing can be written until one is elected; the last one was n6;"
            " three nodes must see one another",
        ),
        (
            {"cluster": cluster(PRIMARY, nodes=2, master=False), "masterless": {"since": SINCE, "last": None}},
            "no master: since 06:39:46 nothing can be written until one is elected",
        ),
        (
            {"cluster": cluster(PRIMARY, nodes=2, master=False), "opened": SINCE},
            "no master: nothing can be written until one is elected; it has been so since before 06:39:46",
        ),
        (
            {"cluster": cluster(PRIMARY, nodes=2, master=False), "answers": {"1": True, "2": False}},
            "no master: nothing can be written until one is elected; of the two nodes last known, one answers",
        ),
        (
            {"cluster": cluster(PRIMARY, nodes=2, master=False), "answers": {"1": True}},
            "no master: nothing can be written until one is elected",
        ),
        (
            {"cluster": None, "problem": "no connection"},
            "cannot reach Elasticsearch: no connection; nothing is known yet",
        ),
    ],
)
def test_the_verdict_says(node: Replay, browser: Browser, given: dict[str, Any], verdict: str) -> None:
    told = said(node, browser, "verdict.js", "m.verdictOf(given[0])", given)
    assert " / ".join(filter(None, (told["text"], told["doing"]))) == verdict
    state, _, _ = (
        verdict.replace("no master", "no-master").replace("cannot reach Elasticsearch", "unreachable").partition(":")
    )
    assert told["state"] == state


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (
            "[0, 1, 2, 12, 13].map(n => m.count(n, 'node'))",
            ["no nodes", "one node", "two nodes", "twelve nodes", "13 nodes"],
        ),
        ("m.count(2, 'copy', 'copies')", "two copies"),
        ("[[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(l => m.list(l))", ["", "a", "a and b", "a, b and c"]),
        ("m.list(['a', 'b', 'c', 'd', 'e'])", "a, b, c and 2 more"),
        (
            "[0, 999, 42000, 303000, 7500000, 360000000].map(m.duration)",
            ["0 s", "0 s", "42 s", "5 min 3 s", "2 h 5 min", "4 d 4 h"],
        ),
        ("m.duration(3600000)", "1 h 0 min"),
        ("m.clock(new Date(2026, 10, 3, 6, 9, 4), new Date(2026, 10, 3, 7))", "06:09:04"),
        ("m.clock(new Date(2026, 10, 3, 6, 9, 4), new Date(2026, 10, 4, 7))", "2026-11-03 06:09:04"),
    ],
)
def test_figures_are_said_as_a_reader_says_them(node: Replay, browser: Browser, expression: str, value: object) -> None:
    assert said(node, browser, "words.js", expression) == value


@pytest.mark.parametrize(
    ("transport", "address"),
    [
        ("inet[/192.168.57.101:9300]", "192.168.57.101"),
        ("inet[core-01/192.168.57.101:9300]", "192.168.57.101"),
        ("inet[/0:0:0:0:0:0:0:1:9300]", "0:0:0:0:0:0:0:1"),
        ("172.17.0.3:9300", "172.17.0.3"),
        ("local[1]", "local[1]"),
    ],
)
def test_a_machine_is_known_by_its_address(node: Replay, browser: Browser, transport: str, address: str) -> None:
    assert said(node, browser, "model.js", "m.addressOf(given[0])", transport) == address


def test_figures_that_a_node_cannot_tell_are_no_noughts(node: Replay, browser: Browser) -> None:
    unknown = {"heap": None, "heapMax": None, "cpu": None, "load": None, "uptime": None}
    assert said(node, browser, "model.js", "m.figuresOf({ os: {} })") == unknown


def test_nodes_are_counted_up_as_people_do(node: Replay, browser: Browser) -> None:
    names = [{"name": f"n-{n}"} for n in (10, 9, 2)]
    assert said(node, browser, "model.js", "given[0].sort(m.byName).map(n => n.name)", names) == ["n-2", "n-9", "n-10"]


def test_several_nodes_may_share_a_machine(node: Replay, browser: Browser) -> None:
    nodes = [
        {"name": "a", "machine": "10.0.0.2"},
        {"name": "b", "machine": "10.0.0.10"},
        {"name": "c", "machine": "10.0.0.2"},
    ]
    told = said(node, browser, "model.js", "m.machinesOf(given[0]).map(x => [x.name, x.nodes.map(n => n.name)])", nodes)
    assert told == [["10.0.0.2", ["a", "c"]], ["10.0.0.10", ["b"]]]
