"""The page itself: one file with everything in it, which asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cluster.evidence import by_the_history, folder_of
from cluster.history import HistoryError, files, parse
from cluster.report.view import View, as_data, view

PAGE = Path(__file__).parent / "page"
SCRIPTS = ("words", "dom", "window", "lanes", "charts", "timeline", "details", "findings", "table", "keys", "main")
"""The page's scripts in the order in which they are put together."""

ESCAPED = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026"})
"""What could end a script element or begin another one; in JSON these stand in strings only."""


def draw_run(run: Path, trouble: Callable[[str], object] | None = None) -> list[Path]:
    """Draw the page of each history in a run's folder, and return where they are.

    One that cannot be read takes no other one's page away: `trouble` is told of it. Without that, raises HistoryError.
    """
    pages = []
    for path in files(run):
        try:
            pages.append(draw(path))
        except HistoryError as error:
            if trouble is None:
                raise
            trouble(f"{path.name}: {error}")
    return pages


def draw(history: Path) -> Path:
    """Draw the page of one history beside it: `history-x.jsonl` becomes `report-x.html`.

    Raises HistoryError where the file is no history.
    """
    shown, data = load(history)
    page = page_of(history)
    partial = page.with_name(f".{page.name}.{os.getpid()}")
    partial.write_text(html_of(shown, data))
    return partial.replace(page)


def page_of(history: Path) -> Path:
    """Return where the page of a history is, or will be."""
    return history.with_name(history.name.replace("history", "report", 1)).with_suffix(".html")


def load(history: Path) -> tuple[View, dict[str, Any]]:
    """Return what a history's page shows, and the data in it."""
    lines = history.read_text(errors="replace").splitlines()
    shown = view(parse(lines))
    numbers = {line: number for number, line in reversed(list(enumerate(lines, start=1)))}
    data = as_data(shown, numbers)
    data["file"] = history.name
    for one in data["findings"]:
        folders = (folder_of(history.parent, name) for name in _kept_as(one, shown.told.header.cluster))
        one["folder"] = next((folder.name for folder in folders if folder.is_dir()), "")
    return shown, data


def _kept_as(one: Mapping[str, Any], cluster: str) -> list[str]:
    """Return the names under which the evidence of a finding may have been kept."""
    what, about = one["what"], one["about"]
    if what == "test":
        return [about, f"{about}-setup", f"{about}-teardown"]
    if what == "phase":
        step = about.removeprefix("campaign-") if about.startswith("campaign-step-") else ""
        return {"up": [f"boot-{cluster}"], "deploy": [f"deploy-{cluster}"]}.get(about, [step] if step else [])
    if what == "check" and not about:
        return [by_the_history(cluster)]
    return [about.replace("step ", "step-")] if about else []


def html_of(shown: View, data: Mapping[str, Any]) -> str:
    """Return the page. The data are no markup at any place: in a script that is not run, or escaped."""
    script = "\n".join((PAGE / f"{name}.js").read_text() for name in SCRIPTS)
    script = f"(() => {{\n'use strict';\n{script}\n}})();"
    style = (PAGE / "style.css").read_text()
    policy = f"default-src 'none'; img-src data:; script-src {_hash(script)}; style-src {_hash(style)}"
    parts = {
        "policy": html.escape(policy),
        "title": html.escape(f"{data['tone']}: {data['run']['name'] or 'a run'}"),
        "plain": html.escape(_plain(shown)),
        "style": style,
        "script": script,
        "data": as_json(data),
    }
    page = (PAGE / "page.html").read_text()
    pieces = page.split("%%")  # odd ones are names: nothing that is put in is ever looked at again
    return "".join(parts[piece] if number % 2 else piece for number, piece in enumerate(pieces))


def as_json(data: Any) -> str:
    """Return JSON that can stand in an HTML script element, whatever the strings in it say."""
    try:
        text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(data), separators=(",", ":"), allow_nan=False)
    return text.translate(ESCAPED)


def _finite(data: Any) -> Any:
    """Replace what is no number: JSON has no word for it, and a browser would show nothing at all."""
    if isinstance(data, float) and not math.isfinite(data):
        return None
    if isinstance(data, Mapping):
        return {key: _finite(value) for key, value in data.items()}
    return [_finite(value) for value in data] if isinstance(data, list | tuple) else data


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _plain(shown: View) -> str:
    """Return the findings as text, for a reader whose browser runs no script."""
    lines = [shown.headline[1]]
    lines += [f"{one.status}: {one.title}" + (f": {one.reason}" if one.reason else "") for one in shown.findings]
    return "\n".join(lines)
