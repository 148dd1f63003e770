"""MARVEL_ZIP: which zips Elasticsearch would serve a page from, and what is said of the others."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from cluster.marvelzip import MarvelZipError, checked, unfit
from cluster.settings import Settings, SettingsError, again, load

OFFICIAL = ["LICENSE.txt", "marvel-1.3.1.jar", "_site/index.html", "_site/kibana/index.html"]
"""The layout of a plugin with an agent and a page."""


def zipped(folder: Path, *names: str) -> Path:
    path = folder / "marvel.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, f"made up: {name}")
    return path


@pytest.mark.parametrize(
    "names",
    [
        OFFICIAL,
        [f"elasticsearch-marvel-1.3.1/{name}" for name in OFFICIAL],
        ["_site/index.html"],
        ["index.html", "app.js"],
        ["some-page/index.html", "some-page/js/app.js"],
    ],
)
def test_what_the_installer_takes_is_taken(tmp_path: Path, names: list[str]) -> None:
    path = zipped(tmp_path, *names)
    assert checked(str(path)) == path


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ([], "holds no page"),
        (["marvel-1.3.1.jar"], "holds no page: _site/index.html is not there"),
        (["marvel-1.3.1.jar", "index.html"], "holds no page"),
        (["_site/kibana/index.html"], "holds no page"),
        (["a/b/index.html"], "holds no page"),
        (["src/Main.java", "_site/index.html"], "holds Java sources"),
        (["../index.html"], r"leads out of its folder: \.\./index\.html"),
        (["/_site/index.html"], "leads out of its folder"),
    ],
)
def test_what_serves_no_page_is_refused_by_the_settings_name(tmp_path: Path, names: list[str], why: str) -> None:
    with pytest.raises(MarvelZipError, match=f"^MARVEL_ZIP: .*{why}"):
        checked(str(zipped(tmp_path, *names)))


def test_a_folder_a_missing_file_and_what_is_no_zip_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    for given, why in (
        (tmp_path, "is no file"),
        (tmp_path / "gone.zip", "is no file"),
        (tmp_path / "text.zip", "as a zip"),
    ):
        with pytest.raises(MarvelZipError, match=why):
            checked(str(given))


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, *OFFICIAL)
    path.write_bytes(path.read_bytes().replace(b"made up: _site/index", b"mad- up: _site/index"))
    with pytest.raises(MarvelZipError, match=r"is damaged: _site/index\.html"):
        checked(str(path))


def test_a_page_needs_no_more_than_its_first_file() -> None:
    assert unfit(["_site/index.html"]) is None


def test_the_setting_comes_from_the_environment_and_is_told_with_the_command(tmp_path: Path) -> None:
    path = zipped(tmp_path, *OFFICIAL)
    settings = load(environment={"MARVEL_ZIP": str(path)})
    assert settings.marvel_zip == path
    assert settings.environment["MARVEL_ZIP"] == str(path)
    assert again("tox", {"MARVEL_ZIP": "/m.zip", "CLUSTER_NAME": "a"}) == "CLUSTER_NAME=a MARVEL_ZIP=/m.zip tox"


def test_without_it_the_page_is_the_projects() -> None:
    assert load(environment={}).marvel_zip is None
    assert "MARVEL_ZIP" not in Settings().environment


def test_a_setting_that_cannot_be_meant_ends_before_anything_is_built(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"MARVEL_ZIP: .* is no file"):
        load(environment={"MARVEL_ZIP": str(tmp_path / "gone.zip")})
