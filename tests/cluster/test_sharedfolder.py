"""A folder that the host and all machines see."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.settings import SHARE, Settings
from cluster.sharedfolder import shared_folder


def test_a_folder_has_two_names_and_goes_with_its_block(tmp_path: Path) -> None:
    settings = Settings(name="one", project=tmp_path)
    (tmp_path / "a@.service").write_text("text")
    with shared_folder(settings, "tiny") as folder:
        folder.with_units(tmp_path)
        assert folder.there == f"{SHARE}/.cluster/one/tiny"
        assert [path.name for path in folder.here.iterdir()] == ["a@.service"]
        assert folder.here.stat().st_mode & 0o777 == 0o777
    assert not folder.here.exists()


def test_what_a_killed_run_left_in_it_is_gone_and_a_failure_leaves_nothing(tmp_path: Path) -> None:
    settings = Settings(name="one", project=tmp_path)
    (settings.folder / "tiny").mkdir(parents=True)
    (settings.folder / "tiny/old").touch()
    with shared_folder(settings, "tiny") as folder:
        assert list(folder.here.iterdir()) == []
    with pytest.raises(RuntimeError), shared_folder(settings, "tiny"):
        raise RuntimeError
    assert not folder.here.exists()
