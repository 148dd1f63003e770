"""A result is what was measured, and can be read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.bench import command
from cluster.bench.command import bench, folder, phases_of
from cluster.bench.figures import PHASES
from cluster.bench.result import Result, all_of, keep, measured, read
from cluster.bench.stopwatch import Stopwatch
from cluster.errors import InfraError
from cluster.settings import Settings


def test_the_median_of_an_odd_and_of_an_even_number_of_runs() -> None:
    assert Result("", "", {}, {"a": [9.0, 1.0, 2.0], "b": [1.0, 2.0], "c": []}).medians == {"a": 2.0, "b": 1.5}


def test_a_result_says_when_where_and_of_what_and_is_read_as_it_was_kept(tmp_path: Path) -> None:
    now = measured({"tear-down": [1.23456]}, tmp_path)
    assert now.figures == {"tear-down": [1.235]}
    assert now.host.keys() >= {"cores", "memory_mib", "kernel"}
    assert now.commit == ""  # no git here
    assert read(keep(now, tmp_path / "bench")) == now


def test_the_results_of_a_folder_are_the_newest_first(tmp_path: Path) -> None:
    old, new = Result("2026-01-01T000000Z", "old", {}, {}), Result("2026-02-01T000000Z", "new", {}, {})
    assert all_of(tmp_path) == []
    for one in (new, old):
        keep(one, tmp_path)
    assert all_of(tmp_path) == [new, old]


@pytest.mark.parametrize("end", [InfraError("no route"), KeyboardInterrupt()])
def test_what_was_measured_before_a_failure_is_kept_and_shown(
    end: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(meant: Settings, runs: int, phases: object, watch: Stopwatch, say: object) -> None:
        watch.note("tear-down", 2.0)
        raise end

    settings = Settings(project=tmp_path)
    monkeypatch.setattr(command.settings, "load", lambda: settings)
    monkeypatch.setattr(command, "measure", measure)
    with pytest.raises(type(end)):
        bench(json=tmp_path / "also.json")
    (kept,) = all_of(folder(settings))
    assert kept.figures == {"tear-down": [2.0]}
    assert read(tmp_path / "also.json") == kept
    assert "tear-down" in capsys.readouterr().out


OTHERS = '{"at": "", "commit": "", "host": {}, "figures": '


def test_a_result_that_cannot_be_read_is_told_and_stops_no_measurement(tmp_path: Path) -> None:
    whole, said = Result("2026-02-01T000000Z", "new", {}, {}), list[str]()
    keep(whole, tmp_path)
    (tmp_path / "2026-01-01T000000Z.json").write_text(whole.text()[:20])
    assert all_of(tmp_path, said.append) == [whole]
    assert [line.partition(": ")[0] for line in said] == ["passed over"]


def test_a_result_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Result("2026-02-01T000000Z", "new", {}, {})
    path = keep(whole, tmp_path)

    def full(new: Path, text: str) -> int:
        with new.open("w") as file:
            file.write(text[:20])
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="no space left"):
        keep(whole, tmp_path)
    monkeypatch.undo()
    assert read(path) == whole
    assert all_of(tmp_path) == [whole]


@pytest.mark.parametrize("text", ["", "[]", '{"at": 1}', f"{OTHERS}3}}", f'{OTHERS}{{"up": ["x"]}}}}'])
def test_a_file_without_a_result_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InfraError, match="no benchmark's result"):
        read(tmp_path / "a.json")


def test_phases_are_named_in_any_order_and_a_wrong_one_is_refused() -> None:
    assert phases_of("loss, up") == ["up", "loss"]
    assert phases_of(",".join(PHASES)) == list(PHASES)
    with pytest.raises(InfraError, match="no phase green; there are host, "):
        phases_of("up,green")


def test_the_stopwatch_takes_only_figures_that_there_are_and_not_what_failed() -> None:
    told: list[str] = []
    watch = Stopwatch(told.append)
    watch.note("tear-down", 2.0)
    with pytest.raises(OSError, match="failed"), watch.timing("host set-up, warm"):
        raise OSError("failed")
    assert (watch.figures["tear-down"], watch.figures["host set-up, warm"]) == ([2.0], [])
    assert told == ["tear-down: 2.00 s"]
    with pytest.raises(KeyError):
        watch.note("what nobody measures", 1.0)
