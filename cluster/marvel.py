"""Marvel's page, as a reader sees it in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cluster import axe
from cluster.bounds import ANSWER
from cluster.browser import Browser
from cluster.es import PORT
from cluster.eventually import eventually, scaled
from cluster.machine import Machine
from cluster.site import Site

PATH = "/_plugin/marvel"
FIGURES = ("heap", "cpu", "load", "uptime")
"""The columns that are one while a node does not answer: the first one tells why."""

SLOW = 60.0
"""Seconds in which axe has looked at the whole page, beside five nodes."""

OFF = 1.0
"""Seconds by which the page may be wrong about the machines' clock: half of what an answer took that it believes."""

READ = 20.0 + ANSWER
"""Seconds until the page has read what the recorders saw: a delivery that failed is made again (5), the index shows it
(5), the page asks (10), and is answered. What lasts less than the two seconds between its own looks (a copy rebuilt at
once) it knows from them alone."""


@dataclass(frozen=True)
class Row:
    """A node as the page has it; `figures` are its heap, processor, load and uptime, a problem if it is not live."""

    name: str
    is_live: bool
    is_master: bool
    shards: int
    figures: tuple[str, ...]


class Marvel:
    """The page that the node of one machine serves."""

    def __init__(self, browser: Browser, machine: Machine, is_ours: bool = True) -> None:
        self._browser, self.is_ours = browser, is_ours
        browser.open(f"http://{machine.address}:{PORT}{PATH}/")

    @property
    def verdict(self) -> str:
        """The page's first sentence: how the cluster is, in words."""
        return self._browser.text("#verdict")

    def shows(self, what: str, condition: Callable[[], bool], within: float) -> None:
        """Wait until the page shows it; nothing is claimed of another Marvel than the project's."""
        __tracebackhide__ = True
        if self.is_ours:
            eventually(f"the page shows {what}", condition, within, context=self.text)

    def rows(self) -> list[Row]:
        """Return the table of nodes; one that was not asked yet is not live."""
        return [_row(cells) for cells in self._browser.rows("#nodes tbody tr", "data-node", "data-live")]

    def live(self) -> list[str]:
        """Return the names of the nodes that answer, in order."""
        return sorted(row.name for row in self.rows() if row.is_live)

    def silent(self) -> list[str]:
        """Return the names of the nodes that the page calls its cluster's, and that do not answer."""
        return sorted(row.name for row in self.rows() if not row.is_live)

    def figures(self) -> dict[str, tuple[str, ...]]:
        """Return the figures of each node that answers, by its name."""
        return {row.name: row.figures for row in self.rows() if row.is_live}

    def events(self, since: float = 0.0) -> list[str]:
        """Return what the page tells of what happened in the last hour, or since that time, newest first."""
        script = """return [...document.querySelectorAll("#panel-timeline tbody tr")]
            .map((row) => [Date.parse(row.querySelector("time").dateTime), row.querySelector(".words").textContent]);"""
        told: list[tuple[float, str]] = self._browser.driver.execute_script(script)  # type: ignore[no-untyped-call]
        return [words for at, words in told if at / 1000 >= since]

    def tells(self, since: float, *story: str) -> bool:
        """Whether each part of the story begins one of the events since that time, by the machines' clock."""
        events = self.events(since - OFF)
        return all(any(event.startswith(part) for event in events) for part in story)

    def indices(self) -> dict[str, str]:
        """Return of each index how many of its copies are there, as the page says it: "all 20", "14 of 20"."""
        script = """return Object.fromEntries([...document.querySelectorAll("#panel-indices [data-index]")]
            .map((row) => [row.dataset.index, row.lastElementChild.textContent]));"""
        told: dict[str, str] = self._browser.driver.execute_script(script)  # type: ignore[no-untyped-call]
        return told

    def complaints(self) -> list[str]:
        """Return what is wrong with the page: its console's, since this was asked last, and axe's, of what it shows."""
        return [*self._browser.console_errors(), *axe.violations(self._browser)] if self.is_ours else []

    def text(self) -> str:
        """Return all that the page shows: for the message of a failure."""
        return self._browser.page()


@contextmanager
def marvel(site: Site, machine: Machine, picture: str = "marvel.png") -> Iterator[Marvel]:
    """Have a browser on the page of a machine's node; its last picture is kept in the folder of the run."""
    axe.source()  # whatever it takes to have it, it takes before anything is broken
    with Browser(site.run / picture, folder=site.cluster.settings.browser) as browser:
        browser.driver.set_script_timeout(scaled(SLOW))
        yield Marvel(browser, machine, site.cluster.settings.marvel_zip is None)


def _row(cells: dict[str, str]) -> Row:
    is_live = cells["data-live"] == "yes"
    return Row(
        name=cells["data-node"],
        is_live=is_live,
        is_master=cells["master"] == "master",
        shards=int(cells["shards"].split()[0]),
        figures=tuple(cells[column] for column in (FIGURES if is_live else FIGURES[:1])),
    )
