"""The reaper: it acts when its maker is gone, only then, and only on what its maker made."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

import pytest

from cluster import ownership, reaper
from cluster.reaper import KEEP
from cluster.settings import Settings, SettingsError


def test_settings_that_cannot_be_read_are_its_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def load() -> Settings:
        raise SettingsError("cluster.yml is not YAML")

    monkeypatch.setattr(reaper, "load", load)
    monkeypatch.setattr(reaper, "LOG", tmp_path / "reaper.log")
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    monkeypatch.setattr(sys, "argv", ["reaper", "suite mine"])
    assert reaper.main() == 1
    assert "cluster.yml is not YAML" in (tmp_path / "reaper.log").read_text()


@pytest.mark.parametrize(
    ("said", "maker", "removed"),
    [("", "suite mine", 1), (KEEP, "suite mine", 0), ("", "suite another", 0), ("", "person", 0)],
)
def test_it_removes_its_makers_cluster_when_the_pipe_ends_without_a_keep(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, maker: str, removed: int
) -> None:
    calls: list[str] = []
    settings = Settings(name="trial", project=tmp_path)
    ownership.note(settings, maker)

    class Counted:
        def __init__(self, settings: Settings) -> None: ...

        def down(self) -> None:
            calls.append("down")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(reaper, "Cluster", Counted)
    monkeypatch.setattr(reaper, "load", lambda: settings)
    monkeypatch.setattr(sys, "stdin", io.StringIO(said))
    monkeypatch.setattr(sys, "argv", ["reaper", "suite mine"])
    assert reaper.main() == 0
    assert len(calls) == removed
