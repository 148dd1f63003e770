"""The page as a file: what is in it, what is not, and how large it may become."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.evidence import folder_of
from cluster.history import HistoryError, parse
from cluster.plugin import failure_name
from cluster.report import draw, draw_run
from cluster.report.drawing import as_json, load
from cluster.report.thinning import MOST, evenly
from tests.cluster.report.sample import KILL, MACHINES, TEST, Sample, red_night

HOSTILE = (
    """</script><script>document.title='had'</script><img src=x onerror="document.title='had'">'"&amp;%%data%%\u2028"""
)


class Elements(HTMLParser):
    """What a browser would make of the page: its elements, and the text of its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.scripts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and self.scripts:
            self.scripts[-1] += data


def hostile() -> Sample:
    """A history in which everything that a cluster may choose is markup."""
    told = Sample(run=HOSTILE, cluster=HOSTILE, command=HOSTILE, machines={HOSTILE: HOSTILE}, labels=[HOSTILE])
    told.test(1, 9, HOSTILE, "failed")
    told.fault(1, {"kind": HOSTILE, "target": HOSTILE}, 2, 8)
    told.tell("mark", 3, machine=HOSTILE, unit=HOSTILE, text=HOSTILE, level="error")
    told.tell("unit", 3, machine=HOSTILE, unit=HOSTILE, state="active")
    told.tell("key", 3, key=f"/locks/{HOSTILE}", value=HOSTILE, revision=3)
    told.health(4, HOSTILE, 1, HOSTILE, 5, master=HOSTILE)
    told.tell("verdict", 9, question=HOSTILE, status="failed", observed=1, complaints=[HOSTILE], about=HOSTILE)
    told.tell(
        "operation", 5, id=1, process=HOSTILE, f=HOSTILE, phase="fail", node=HOSTILE, document=HOSTILE, error=HOSTILE
    )
    return told


def data_of(page: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(Elements(page).scripts[0])
    return data


def test_a_page_is_drawn_beside_its_history_and_asks_nobody_for_anything(tmp_path: Path) -> None:
    page = draw(red_night().write(tmp_path))
    assert page == tmp_path / "report.html"
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".jsonl"] == ["report.html"]
    elements = Elements(page.read_text())
    assert not {"link", "img", "iframe"} & set(elements.tags) - {"link"}
    fetched = [value for name, value in elements.attributes if name in ("src", "href", "srcset", "action")]
    assert set(fetched) == {"#timeline", "data:,"}
    assert "url(" not in page.read_text()
    assert "@import" not in page.read_text()


def test_each_cluster_of_a_run_has_a_page(tmp_path: Path) -> None:
    red_night().write(tmp_path, "history-w1.jsonl")
    red_night().write(tmp_path, "history-w2.jsonl")
    assert [page.name for page in draw_run(tmp_path)] == ["report-w1.html", "report-w2.html"]


def test_a_history_that_cannot_be_read_takes_no_other_page_away(tmp_path: Path) -> None:
    (tmp_path / "history-w1.jsonl").write_text("{")
    red_night().write(tmp_path, "history-w2.jsonl")
    troubles: list[str] = []
    assert [page.name for page in draw_run(tmp_path, troubles.append)] == ["report-w2.html"]
    (trouble,) = troubles
    assert trouble.startswith("history-w1.jsonl: ")


def test_what_a_cluster_wrote_is_never_markup(tmp_path: Path) -> None:
    tame, wild = draw(red_night().write(tmp_path)).read_text(), draw(hostile().write(tmp_path)).read_text()
    assert Elements(wild).tags == Elements(tame).tags
    assert len(Elements(wild).scripts) == 2
    assert data_of(wild)["run"]["name"] == HOSTILE
    assert html.escape(HOSTILE.split("%%")[0]) in wild


def test_only_the_pages_own_script_may_run(tmp_path: Path) -> None:
    page = draw(hostile().write(tmp_path)).read_text()
    policy = next(value or "" for name, value in Elements(page).attributes if name == "content")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.search(r"script-src 'sha256-[^']+'; style-src 'sha256-", policy)


@given(
    st.recursive(st.text() | st.floats() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_json_in_the_page_says_the_same_and_ends_no_element(data: Any) -> None:
    text = as_json(data)
    assert not set("<>&\u2028\u2029") & set(text)
    json.loads(text, parse_constant=pytest.fail)


def test_the_raw_lines_are_the_historys_own_with_their_numbers(tmp_path: Path) -> None:
    history = red_night().write(tmp_path)
    written = history.read_text().splitlines()
    for number, line in data_of(draw(history).read_text())["lines"].values():
        assert written[number - 1] == line


def test_a_large_run_is_thinned_and_says_so_and_nothing_that_failed_is_left_out(tmp_path: Path) -> None:
    told = red_night(operations=9_000)
    for number in range(300):
        told.fault(1000 + number, KILL, 200 + number, 200.9 + number)
    _, data = load(told.write(tmp_path))
    assert any(f"{MOST['operations that went well']} of " in note for note in data["notes"])
    lanes = [event["lane"] for event in data["events"]]
    assert lanes.count("faults") == 301
    assert len([one for one in data["findings"] if one["status"] == "failed"]) == 2
    assert draw(tmp_path / "history.jsonl").stat().st_size < 10_000_000


def test_charts_of_a_thinned_run_count_everything(tmp_path: Path) -> None:
    _, data = load(red_night(operations=5_000).write(tmp_path))
    rate = next(chart for chart in data["charts"] if chart["id"] == "rate")
    counted = sum(sum(point[2:]) for point in rate["points"]) * rate["width"]
    assert counted == pytest.approx(5_000, rel=0.001)


@given(st.lists(st.integers()), st.integers(min_value=2, max_value=50))
def test_thinning_keeps_the_ends_and_the_order_and_never_more_than_asked(numbers: list[int], most: int) -> None:
    events: list[Any] = sorted(numbers)
    kept = evenly(events, most)
    assert len(kept) == min(most, len(events))
    assert kept == sorted(kept)
    assert kept[:1] == events[:1]
    assert kept[-1:] == events[-1:]


def test_a_history_that_was_cut_short_is_drawn_and_says_so(tmp_path: Path) -> None:
    path = red_night().write(tmp_path)
    path.write_text(path.read_text()[:-9])
    assert "1 lines of the history are not whole" in " ".join(data_of(draw(path).read_text())["notes"])


def test_a_failure_leads_to_its_evidence_where_there_is_some(tmp_path: Path) -> None:
    history, named = red_night().write(tmp_path), "test_machine_loss-test_an_instance_moves_when_its_machine_dies"
    assert {one["folder"] for one in load(history)[1]["findings"]} == {""}
    (tmp_path / named).mkdir()
    assert {one["folder"] for one in load(history)[1]["findings"] if one["about"] == TEST} == {named}


def finding_of(name: str) -> Sample:
    """A history with one finding of each sort."""
    told = Sample()
    told.tell("phase", 1, name=name, phase="begin")
    told.tell("phase", 5, name=name, phase="failed", why="late")
    told.tell("verdict", 6, question="one master", status="failed", complaints=["two"])
    told.tell("verdict", 6, question="the lease", status="failed", complaints=["two"], about="step 3")
    told.tell("fault", 6, id=1, fault=KILL, phase="failed", why="late")
    told.test(7, 9, "e2e/test_a.py::test_b[c]", "failed")
    return told


@pytest.mark.parametrize(
    ("folder", "phase", "title"),
    [
        ("boot-esfleet", "up", "up failed"),
        ("deploy-esfleet", "deploy", "deploy failed"),
        ("step-3", "campaign-step-3", "campaign-step-3 failed"),
        ("step-3", "gate", "the lease"),
        ("by-the-history-esfleet", "gate", "one master"),
        ("test_a-test_b-c", "gate", "b[c]"),
        ("test_a-test_b-c-setup", "gate", "b[c]"),
        ("test_a-test_b-c-teardown", "gate", "b[c]"),
    ],
)
def test_whatever_kept_evidence_the_finding_leads_to_it(tmp_path: Path, folder: str, phase: str, title: str) -> None:
    kept = folder_of(tmp_path, failure_name("e2e/test_a.py::test_b[c]", folder.rpartition("-")[2]))
    kept = kept if folder.endswith(("-setup", "-teardown")) else tmp_path / folder
    kept.mkdir()
    found = {one["title"]: one["folder"] for one in load(finding_of(phase).write(tmp_path))[1]["findings"]}
    assert found[title] == kept.name
    assert found["the fault kill-machine core-03 went wrong"] == ""


def test_a_page_names_its_own_history(tmp_path: Path) -> None:
    assert data_of(draw(red_night().write(tmp_path, "history-w2.jsonl")).read_text())["file"] == "history-w2.jsonl"


def test_what_is_no_history_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text("once upon a time\n")
    with pytest.raises(HistoryError):
        draw(path)


def test_the_machines_are_lanes_in_their_order(tmp_path: Path) -> None:
    _, data = load(red_night().write(tmp_path))
    assert [lane["title"] for lane in data["lanes"] if lane["machine"]] == list(MACHINES)
    assert parse(red_night().text().splitlines()).cut == 0
