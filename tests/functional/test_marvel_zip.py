"""A plugin's zip in the place of the project's page: a node made of it serves the zip's page, and nothing of ours.

The zip is made up here, of the official one's layout. The official one itself was not tried.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from cluster import dockercli
from cluster.eventually import eventually
from cluster.images.elasticsearch import ElasticsearchImage
from cluster.marvel import PATH
from cluster.marvelzip import checked
from cluster.say import Say
from cluster.settings import PROJECT, Settings

WORDS = "a page that a test made up"
START = "/usr/share/elasticsearch/bin/elasticsearch"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, say: Say) -> Iterator[str]:
    path = tmp_path_factory.mktemp("marvel") / "made-up.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("marvel-1.3.1/LICENSE.txt", "made up")
        archive.writestr("marvel-1.3.1/_site/index.html", f"<!DOCTYPE html><title>made up</title><p>{WORDS}")
        archive.writestr("marvel-1.3.1/_site/kibana/index.html", "<!DOCTYPE html><title>made up</title>")
    recipe = ElasticsearchImage(PROJECT, checked(str(path)))
    recipe.build(recipe.reference, say)
    yield recipe.reference
    dockercli.docker("image", "rm", recipe.reference)


@pytest.fixture
def address(image: str, settings: Settings) -> Iterator[str]:
    options = ("--detach", f"--label={settings.label}", "--env=ES_HEAP_SIZE=128m", f"--entrypoint={START}")
    container = dockercli.docker("run", *options, image, "-Des.path.data=/tmp/data")
    try:
        yield dockercli.docker("inspect", "--format={{.NetworkSettings.IPAddress}}", container)
    finally:
        dockercli.docker("rm", "--force", "--volumes", container)


def test_a_node_serves_the_page_of_the_zip_in_the_place_of_ours(address: str) -> None:
    base = f"http://{address}:9200"
    with requests.Session() as session:
        session.trust_env = False

        def got(path: str) -> Any:
            try:
                return session.get(base + path, timeout=3, allow_redirects=False)
            except requests.RequestException:
                return None

        first: requests.Response = eventually("the node answers", lambda: got(PATH), 60)
        assert (first.status_code, first.headers["Location"]) == (301, f"{PATH}/")
        page = session.get(f"{base}{PATH}/", timeout=3)
        assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html")
        assert WORDS in page.text
        assert session.get(f"{base}{PATH}/app.js", timeout=3).status_code == 404
