"""axe-core, which judges pages by rules of the WCAG: out of a wheel that brings it along, and on no machine."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from cluster.browser import Browser
from cluster.errors import InfraError
from cluster.settings import PROJECT

WHEEL = "axe-playwright-python==0.1.8"
SHA256 = "fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8"
"""Of the wheel, which has axe-core 4.12.1. Its own code drives another browser than ours and is not used."""
INSIDE = "axe_playwright_python/axe.min.js"

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
"""The rules of WCAG 2.2, levels A and AA."""

RUN = """
const [tags, done] = arguments;
axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations", "incomplete"] })
  .then((found) => done({
    violations: found.violations.flatMap(
      ({ id, nodes }) => nodes.map((one) => `${id}: ${one.html}: ${one.failureSummary}`)),
    rules: found.passes.length,
  }), (error) => done({ violations: [String(error)], rules: 0 }));
"""


def source() -> str:
    """Return axe's script; the wheel is fetched once, and only with the pinned checksum.

    Raises InfraError where it cannot be fetched.
    """
    kept = PROJECT / ".cluster" / "downloads" / "axe-core-4.12.1.js"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            _download(Path(folder))
            with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
                part = Path(folder) / "axe.js"
                part.write_bytes(wheel.read(INSIDE))
            part.rename(kept)
    return kept.read_text()


def _download(folder: Path) -> None:
    (folder / "wanted.txt").write_text(f"{WHEEL} --hash=sha256:{SHA256}\n")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
    ]
    wanted = ["--dest", str(folder), "--requirement", str(folder / "wanted.txt")]
    done = subprocess.run([*command, *wanted], stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise InfraError(f"axe-core cannot be had: {WHEEL}: {done.stderr.strip()}")


def violations(browser: Browser) -> list[str]:
    """Return what axe complains of in the page that the browser shows now; fails where it has judged nothing."""
    browser.driver.execute_script(source())  # type: ignore[no-untyped-call]
    found: dict[str, Any] = browser.driver.execute_async_script(RUN, TAGS)
    assert found["rules"] > 10, "axe applied hardly any rule: the page was not there"
    return list(found["violations"])
