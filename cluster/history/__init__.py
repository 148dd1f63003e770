"""What happened in a run: one append-only file of JSON lines on one clock, which outlives whoever wrote it.

To write: open one for the process (`opened`), then anybody tells (`tell`); where none is open, nothing happens.
To read: `read`, also while it is still written, and after its writer was killed.

A line is an object with `kind` and `at`: seconds since the run's base on the host's monotonic clock, so that no step
of a wall clock turns an order round. The first line is the header, which tells the wall time of the base. What each
kind holds is in `entries`. A run with one cluster has `history.jsonl` in its folder; a run with several (a worker each)
has `history-<cluster>.jsonl` for each, with a base of its own: see `file_in` and `files`.
"""

from cluster.history.entries import (
    KINDS,
    Clock,
    Entry,
    Fault,
    Header,
    Health,
    Heard,
    Key,
    Mark,
    Observer,
    Operation,
    Other,
    Phase,
    Process,
    Test,
    Unit,
    VerdictGiven,
)
from cluster.history.phases import phase
from cluster.history.reader import History, HistoryError, parse, read
from cluster.history.writer import Writer, file_in, files, is_open, lost, now, opened, since_base, tell, wall

__all__ = [
    "KINDS",
    "Clock",
    "Entry",
    "Fault",
    "Header",
    "Health",
    "Heard",
    "History",
    "HistoryError",
    "Key",
    "Mark",
    "Observer",
    "Operation",
    "Other",
    "Phase",
    "Process",
    "Test",
    "Unit",
    "VerdictGiven",
    "Writer",
    "file_in",
    "files",
    "is_open",
    "lost",
    "now",
    "opened",
    "parse",
    "phase",
    "read",
    "since_base",
    "tell",
    "wall",
]
