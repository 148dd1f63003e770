"""One browser and one replay server for all tests of the page."""

import shutil
from collections.abc import Iterator

import pytest

from cluster.browser import Browser
from tests.marvel.replay import Replay


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        pytest.skip("no Chromium: apt-get install chromium chromium-driver")
    with Browser(environment={"TZ": "UTC", "PATH": "/usr/bin:/bin"}) as browser:
        yield browser


@pytest.fixture(scope="session")
def server() -> Iterator[Replay]:
    with Replay() as server:
        yield server


@pytest.fixture
def node(server: Replay, browser: Browser) -> Iterator[Replay]:
    server.play("green")
    browser.forget(server.url)
    yield server
    browser.open("about:blank")
    server.play("green")
