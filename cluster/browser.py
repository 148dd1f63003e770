"""A headless Chromium that looks at a page as a user would, and tells what its console said."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

FLAGS = (
    "--headless=new",
    "--no-sandbox",  # root may not have one, and the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",  # the machines are on this host
)
LOAD_SECONDS = 20


class Browser:
    """A context manager; the browser and its profile are gone afterwards, and `picture` shows what it saw last.

    Debian's chromium and chromium-driver are used as they are: selenium downloads nothing.
    With a `folder`, it and its driver have TMPDIR there: Settings.browser, where it is found after a kill.
    Raises FileNotFoundError where they are not installed.
    """

    def __init__(
        self,
        picture: Path | None = None,
        *,
        width: int = 1280,
        height: int = 1000,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self._folder = folder
        self._picture = picture
        self._size = f"--window-size={width},{height}"
        self._environment = environment

    def __enter__(self) -> Self:
        chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
        if chromium is None or chromedriver is None:
            raise FileNotFoundError("no Chromium: apt-get install chromium chromium-driver")
        environment = dict(os.environ if self._environment is None else self._environment)
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            environment["TMPDIR"] = str(self._folder)
        self._profile = tempfile.TemporaryDirectory(prefix="chromium-", dir=self._folder, ignore_cleanup_errors=True)
        options = ChromeOptions()
        options.binary_location = chromium
        for flag in (*FLAGS, self._size, f"--user-data-dir={self._profile.name}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.ignore_local_proxy_environment_variables()
        self.driver = Chrome(options, Service(chromedriver, env=environment))
        self.driver.set_page_load_timeout(LOAD_SECONDS)
        return self

    def __exit__(self, *error: object) -> None:
        try:
            if self._picture is not None:
                self.screenshot(self._picture)
        finally:
            try:
                self.driver.quit()
            finally:
                self._profile.cleanup()

    def open(self, url: str) -> None:
        """Load the page, and begin its console anew; raises WebDriverException if nothing answers there."""
        self._console()
        self.driver.get(url)

    def forget(self, url: str) -> None:
        """Drop what the browser keeps for the page's address: a first visit is next."""
        origin = "/".join(url.split("/")[:3])
        self.driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})

    def console_errors(self) -> list[str]:
        """Return what the console has complained of since the page was opened or this was asked last."""
        return [str(entry["message"]) for entry in self._console() if entry["level"] in ("SEVERE", "WARNING")]

    def all(self, css: str) -> list[WebElement]:
        """Return the elements that the selector finds now."""
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def rows(self, css: str, *attributes: str) -> list[dict[str, str]]:
        """Return the text of each cell of such table rows by the cell's data-column, and the row's own attributes.

        Read at one blow: a row that is looked at cell by cell may be another one by then.
        """
        script = """return [...document.querySelectorAll(arguments[0])].map((row) => Object.fromEntries([
            ...arguments[1].map((name) => [name, row.getAttribute(name)]),
            ...[...row.cells].map((cell) => [cell.dataset.column, cell.textContent]),
        ]));"""
        rows: list[dict[str, str]] = self.driver.execute_script(script, css, attributes)  # type: ignore[no-untyped-call]
        return rows

    def text(self, css: str) -> str:
        """Return what a reader sees of the first such element: "" where it, or its text, is not there."""
        return next((element.text for element in self.all(css)), "")

    def screenshot(self, path: Path) -> None:
        """Keep a picture (PNG) of what the window shows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.driver.get_screenshot_as_png())

    def _console(self) -> list[dict[str, Any]]:
        take: Callable[[str], list[dict[str, Any]]] = self.driver.get_log
        return take("browser")

    def page(self) -> str:
        """Return the page's address and text: for the message of a failure."""
        return f"{self.driver.current_url} shows:\n{self.text('body')}"
