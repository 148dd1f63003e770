"""The page's plugin, as it goes into the image: the project's files, and the chart library from its jar."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

import pytest

from cluster.errors import InfraError
from cluster.images import page
from cluster.images.elasticsearch import ElasticsearchImage
from cluster.settings import PROJECT

JAR = "uplot-1.6.30.jar"
INSIDE = "META-INF/resources/webjars/uplot/1.6.30"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with our page and a jar of the library's layout."""
    shutil.copytree(PROJECT / "marvel", tmp_path / "marvel")
    kept(tmp_path, "dist/uPlot.iife.min.js", "dist/uPlot.min.css", "dist/uPlot.esm.js", "LICENSE")
    return tmp_path


def kept(project: Path, *names: str) -> None:
    jar = project / ".cluster" / "downloads" / JAR
    jar.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(jar, "w") as files:
        for name in ("META-INF/MANIFEST.MF", *(f"{INSIDE}/{name}" for name in names)):
            files.writestr(name, f"this is {name}")
    versions = project / "images" / "elasticsearch" / "VERSIONS"
    versions.parent.mkdir(parents=True, exist_ok=True)
    versions.write_text(f"# what\norg.webjars.npm:uplot:jar 1.6.30 {hashlib.sha256(jar.read_bytes()).hexdigest()}\n")


def test_the_library_has_names_that_elasticsearch_serves_with_a_type(project: Path) -> None:
    files = page.library(project, pytest.fail)
    assert files["vendor/uPlot.js"] == f"this is {INSIDE}/dist/uPlot.iife.min.js".encode()
    assert sorted(files) == ["vendor/uPlot.css", "vendor/uPlot.js", "vendor/uPlot.licence.txt"]


def test_a_jar_without_the_library_is_refused_by_what_it_lacks(project: Path) -> None:
    kept(project, "dist/uPlot.min.css", "LICENSE")
    with pytest.raises(InfraError, match=r"uplot-1\.6\.30\.jar holds no uPlot\.iife\.min\.js"):
        page.library(project, pytest.fail)


def test_the_plugin_has_the_site_the_library_and_what_2_x_asks_for(project: Path) -> None:
    page.stage(project, project / "plugins", None, pytest.fail)
    assert (project / "plugins" / "marvel" / "_site" / "index.html").is_file()
    assert (project / "plugins" / "marvel" / "_site" / "es-plugin.properties").is_file()
    assert (project / "plugins" / "marvel" / "_site" / "vendor" / "uPlot.js").is_file()
    descriptor = (project / "plugins" / "marvel" / "plugin-descriptor.properties").read_text().splitlines()
    assert {"name=marvel", "site=true", "jvm=false"} <= set(descriptor)
    assert not (project / "plugins" / "marvel" / "_site" / "plugin-descriptor.properties").exists()


def test_a_zip_of_the_users_takes_the_place_of_all_of_it(project: Path) -> None:
    given = project / "official-1.3.1.zip"
    given.write_bytes(b"made up")
    page.stage(project, project / "plugins", given, pytest.fail)
    assert [path.name for path in (project / "plugins").rglob("*")] == ["marvel.zip"]
    assert (project / "plugins" / "marvel.zip").read_bytes() == b"made up"


def test_the_image_is_another_one_for_each_zip(tmp_path: Path) -> None:
    one, other = tmp_path / "one.zip", tmp_path / "other.zip"
    one.write_bytes(b"1")
    other.write_bytes(b"2")
    assert len({ElasticsearchImage(PROJECT, given).reference for given in (None, one, other)}) == 3


def test_both_descriptors_say_the_same() -> None:
    one, other = (said(name) for name in ("es-plugin.properties", "plugin-descriptor.properties"))
    assert one.items() <= other.items()


def said(name: str) -> dict[str, str]:
    lines = (PROJECT / "marvel" / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_nothing_of_the_library_is_in_the_repository() -> None:
    assert not (PROJECT / "marvel" / page.VENDOR).exists()
