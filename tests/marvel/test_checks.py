"""The checks of settings that lose data: each is seen to pass, and to say what is wrong and what to do."""

from typing import Any

import pytest

from cluster.browser import Browser
from tests.marvel.replay import Replay
from tests.marvel.test_words import PRIMARY, copy, said

GIB = 2**30
SOUND = {
    "discovery.zen.minimum_master_nodes": "3",
    "node.max_local_storage_nodes": "1",
    "bootstrap.mlockall": "true",
    "action.destructive_requires_name": "true",
    "action.auto_create_index": "logs-*,.marvel-*",
}
QUORUM = "discovery.zen.minimum_master_nodes"


def nodes(
    n: int = 5, *, free: float = 40 * GIB, heap: float = 4 * GIB, swap: int = 1, **changed: Any
) -> list[dict[str, Any]]:
    settings = {key: value for key, value in (SOUND | changed.pop("settings", {})).items() if value is not None}
    process = {"mlockall": True, "max_file_descriptors": 65536} | changed
    info = {
        "process": process,
        "jvm": {"mem": {"heap_max_in_bytes": heap}},
        "os": {"mem": {"total_in_bytes": 16 * GIB}, "swap": {"total_in_bytes": swap}},
    }
    stats = {"fs": {"total": {"total_in_bytes": 100 * GIB, "available_in_bytes": free}}}
    return [{"name": f"n{i}", "settings": settings, "info": info, "stats": stats} for i in range(1, n + 1)]


def found(node: Replay, browser: Browser, given: list[dict[str, Any]], **more: Any) -> dict[str, dict[str, Any]]:
    asked = {"nodes": given, "asked": len(given), "settings": None, "copies": [PRIMARY, copy(), copy()]} | more
    told = said(node, browser, "checks.js", "m.checksOf(given[0])", asked)
    return {check["name"]: check for check in told}


def test_a_sound_cluster_passes_every_check(node: Replay, browser: Browser) -> None:
    told = found(node, browser, nodes())
    assert len(told) == 10
    assert {check["severity"] for check in told.values()} == {"good"}
    assert [check["todo"] for check in told.values() if check["todo"]] == []


def test_nothing_is_judged_before_a_node_has_told_anything(node: Replay, browser: Browser) -> None:
    told = found(node, browser, [])
    assert {check["severity"] for check in told.values()} == {"unknown"}


def test_nodes_that_do_not_answer_are_not_taken_for_sound(node: Replay, browser: Browser) -> None:
    told = found(node, browser, nodes(4), asked=5)
    assert told["Nodes that answered"]["text"] == "only 4 of 5: the rest is not judged"


def wrong(about: str, severity: str, words: str, **made: Any) -> Any:
    return pytest.param(about, severity, words, made, id=f"{about}: {words}")


@pytest.mark.parametrize(
    ("about", "severity", "words", "made"),
    [
        wrong("Quorum of masters", "bad", "is not set; with five nodes", settings={QUORUM: None}),
        wrong(
            "Quorum of masters", "bad", "is 2; with five nodes that may be master it is to be 3", settings={QUORUM: "2"}
        ),
        wrong(
            "Quorum of masters",
            "warn",
            "is 4, which is right for 6 to 7 nodes, and there are five nodes",
            settings={QUORUM: "4"},
        ),
        wrong("One node a disk", "warn", "is not 1 on every node", settings={"node.max_local_storage_nodes": None}),
        wrong("Memory locked", "warn", "asked for on every node, but not got", mlockall=False),
        wrong("Memory locked", "warn", "not asked for", mlockall=False, settings={"bootstrap.mlockall": None}),
        wrong("Heap", "warn", "every node has 32 GiB or more", heap=32 * GIB),
        wrong("Heap", "warn", "more than half of the machine's memory", heap=12 * GIB),
        wrong("File descriptors", "warn", "may open few files (4,096)", max_file_descriptors=4096),
        wrong("File descriptors", "warn", "(not told)", max_file_descriptors=-1),
        wrong("Free space", "warn", "every node is past the low watermark and gets no more", free=12 * GIB),
        wrong("Free space", "bad", "every node is past the high watermark", free=9 * GIB),
        wrong("Deleting by name", "warn", "DELETE /_all", settings={"action.destructive_requires_name": None}),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(
    node: Replay, browser: Browser, about: str, severity: str, words: str, made: dict[str, Any]
) -> None:
    told = found(node, browser, nodes(**made))
    assert told[about]["severity"] == severity
    assert words in told[about]["text"]
    assert told[about]["todo"]
    others = {name for name, check in told.items() if check["severity"] != "good" and name != about}
    assert others == set()
    assert next(iter(told)) == about


def test_a_lone_node_without_a_quorum_is_no_danger_yet(node: Replay, browser: Browser) -> None:
    told = found(node, browser, nodes(1, settings={QUORUM: None}))
    assert told["Quorum of masters"]["severity"] == "warn"


def test_one_node_with_another_quorum_is_told(node: Replay, browser: Browser) -> None:
    given = nodes()
    given[4] = given[4] | {"settings": SOUND | {QUORUM: "5"}}
    told = found(node, browser, given)["Quorum of masters"]
    assert "differs: 3, for 4 to 5 nodes and 5, for 8 to 9 nodes" in told["text"]


def quorum(node: Replay, browser: Browser, there: int, value: str | None, **more: Any) -> tuple[str, str, str]:
    """What is said of the quorum when so many nodes have answered: how bad it is, what is, and what to do."""
    told = found(node, browser, nodes(there, settings={QUORUM: value}), **more)["Quorum of masters"]
    return told["severity"], told["text"], told["todo"] or ""


@pytest.mark.parametrize("there", [1, 2, 3])
@pytest.mark.parametrize("more", [{"asked": 5}, {"hasMaster": False}, {}])
def test_a_quorum_is_never_to_be_lowered_because_nodes_are_away(
    node: Replay, browser: Browser, there: int, more: dict[str, Any]
) -> None:
    """Of five nodes with a quorum of three: two lost, the first one to start, without a master."""
    severity, text, todo = quorum(node, browser, there, "3", **more)
    assert severity == ("unknown" if more else "warn")
    assert "is 3, which is right for 4 to 5 nodes" in text
    assert "Set " not in todo


def test_a_quorum_is_sound_only_when_all_nodes_have_told_theirs_to_a_master(node: Replay, browser: Browser) -> None:
    assert quorum(node, browser, 5, "3") == ("good", "3 of 5 nodes elect a master: right for 4 to 5 nodes", "")
    assert quorum(node, browser, 4, "3")[0] == "good"
    severity, text, _ = quorum(node, browser, 4, "3", asked=5)
    assert (severity, text.rpartition("; ")[2]) == ("unknown", "only 4 of 5 nodes answered")
    severity, text, _ = quorum(node, browser, 4, "3", hasMaster=False)
    assert (severity, text.rpartition("; ")[2]) == ("unknown", "there is no master, so nobody knows who is missing")


@pytest.mark.parametrize(("there", "value"), [(1, None), (3, "1"), (4, "2")])
def test_a_quorum_that_is_too_low_for_those_who_answered_is_so_for_all(
    node: Replay, browser: Browser, there: int, value: str | None
) -> None:
    severity, text, todo = quorum(node, browser, there, value, asked=5)
    assert severity == "bad"
    assert "too low already for" in text
    assert todo.endswith("to one more than half of all nodes that may be master, also of those that are away.")


def test_a_quorum_to_be_raised_is_not_lowered_elsewhere(node: Replay, browser: Browser) -> None:
    given = nodes()
    given[0] = given[0] | {"settings": SOUND | {QUORUM: "2"}}
    given[4] = given[4] | {"settings": SOUND | {QUORUM: "4"}}
    assert f"Set {QUORUM}: 4 in" in found(node, browser, given)["Quorum of masters"]["todo"]


ASIDE = pytest.mark.parametrize("aside", [{"node.client": "true"}, {"node.master": "false"}], ids=["client", "data"])


@ASIDE
def test_what_a_node_is_set_to_that_never_votes_is_of_no_effect(
    node: Replay, browser: Browser, aside: dict[str, str]
) -> None:
    other = nodes(1, settings={QUORUM: None} | aside)
    told = found(node, browser, nodes(3, settings={QUORUM: "2"}) + other)["Quorum of masters"]
    assert (told["severity"], told["text"]) == ("good", "2 of 3 nodes elect a master: right for 2 to 3 nodes")
    told = found(node, browser, other, asked=4)["Quorum of masters"]
    assert (told["severity"], told["todo"]) == ("unknown", None)


def test_a_quorum_that_no_election_can_reach_is_not_to_be_put_live(node: Replay, browser: Browser) -> None:
    """Of three nodes with 1, 1 and 5: with 5 the master would step down, and with 2 the fifth's would be lowered."""
    given = [nodes(1, settings={QUORUM: value})[0] for value in ("1", "1", "5")]
    told = found(node, browser, given)["Quorum of masters"]
    assert told["severity"] == "bad"
    assert told["todo"].startswith(f"Set {QUORUM} on every node to one more than half of all nodes that may be master")


def test_copies_that_need_more_nodes_are_not_told_while_nodes_do_not_answer(node: Replay, browser: Browser) -> None:
    assert found(node, browser, nodes(2), asked=5)["Replicas"]["severity"] == "unknown"


def test_without_swap_nothing_needs_to_be_locked(node: Replay, browser: Browser) -> None:
    told = found(node, browser, nodes(swap=0, mlockall=False))
    assert told["Memory locked"] == {
        "name": "Memory locked",
        "severity": "good",
        "text": "the machines have no swap",
        "todo": None,
    }


def test_what_was_set_by_the_api_counts_before_the_files(node: Replay, browser: Browser) -> None:
    low = {"persistent": {QUORUM: "2"}, "transient": {}}
    assert found(node, browser, nodes(), settings=low)["Quorum of masters"]["severity"] == "bad"
    high = {"persistent": {}, "transient": {QUORUM: "3"}}
    assert found(node, browser, nodes(settings={QUORUM: "1"}), settings=high)["Quorum of masters"]["severity"] == "good"


def test_nodes_that_cannot_be_master_are_not_counted(node: Replay, browser: Browser) -> None:
    given = nodes(5, settings={QUORUM: "2"})
    for one in given[3:]:
        one["settings"] = one["settings"] | {"node.master": "false"}
    assert found(node, browser, given)["Quorum of masters"]["severity"] == "good"


def test_an_index_of_one_copy_is_a_danger(node: Replay, browser: Browser) -> None:
    told = found(node, browser, nodes(), copies=[PRIMARY, copy(primary=True, index="k"), copy(index="k")])
    assert told["Replicas"]["severity"] == "bad"
    assert told["Replicas"]["text"].startswith("i has one copy only")


def test_more_copies_than_nodes_stay_yellow(node: Replay, browser: Browser) -> None:
    told = found(node, browser, nodes(2, settings={QUORUM: "2"}))
    assert "3 copies are wanted of a shard, and there are two nodes with data" in told["Replicas"]["text"]


def test_a_node_that_tells_nothing_of_its_disks_is_told(node: Replay, browser: Browser) -> None:
    given = nodes()
    given[2]["stats"] = {"fs": {"total": {}}}
    told = found(node, browser, given)["Free space"]
    assert told["text"].startswith("n3 tells nothing of disks")
    assert "/etc/mtab" in told["todo"]


def test_watermarks_that_are_off_are_told(node: Replay, browser: Browser) -> None:
    off = {"persistent": {"cluster.routing.allocation.disk.threshold_enabled": "false"}}
    assert found(node, browser, nodes(), settings=off)["Disk watermarks"]["severity"] == "warn"


@pytest.mark.parametrize(
    ("watermark", "kept"),
    [("85%", 15.0), ("0.9", 10.0), ("2gb", 2 * GIB), ("500mb", 500 * 2**20), ("7b", 7), ("none", None)],
)
def test_a_watermark_is_how_full_or_how_much_is_to_stay(
    node: Replay, browser: Browser, watermark: str, kept: float | None
) -> None:
    told = said(node, browser, "checks.js", "m.kept(given[0], 100)", watermark)
    assert told == (None if kept is None else pytest.approx(kept))
