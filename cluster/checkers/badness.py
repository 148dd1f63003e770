"""What is bad in a journal whoever says it, and what is worth seeing in a picture of the run."""

from __future__ import annotations

import re
from dataclasses import dataclass

ERROR, WARNING, INFO = "error", "warning", "info"


@dataclass(frozen=True)
class Badness:
    """A pattern of a journal's line; the name says what it means, the unit's pattern who must have said it."""

    name: str
    level: str
    pattern: str
    unit: str = ""

    def is_said_by(self, unit: str) -> bool:
        """Whether it counts when that unit says it."""
        return re.search(self.unit, unit) is not None


NODES, ETCD, FLEET = r"@\d+\.service$", r"^etcd", r"^fleet"

BADNESS = (
    Badness("heap exhausted", ERROR, r"java\.lang\.OutOfMemoryError"),
    Badness("corrupt index", ERROR, r"Corrupt(?:Index|State)Exception|TranslogCorruptedException"),
    Badness("Java crashed", ERROR, r"fatal error has been detected by the Java Runtime|SIGSEGV \(0x"),
    Badness("assertion in Java", ERROR, r"java\.lang\.AssertionError"),
    Badness("no file descriptors", ERROR, r"[Tt]oo many open files"),
    Badness("disk full", ERROR, r"No space left on device"),
    Badness("shard failed", ERROR, r"received shard failed for|failed to start shard|failed engine", NODES),
    Badness("Elasticsearch error", ERROR, r"\[ERROR\]\[", NODES),
    Badness("Python failed", ERROR, r"Traceback \(most recent call last\)"),
    Badness("Go panicked", ERROR, r"^panic: |^goroutine \d+ \[running\]|fatal error: "),
    Badness("etcd's store", ERROR, r"database space exceeded|NOSPACE|crc mismatch|file is corrupt", ETCD),
    Badness("fleet error", ERROR, r"^(?:ERROR|CRITICAL) ", FLEET),
    Badness("kernel", ERROR, r"kernel BUG at|Oops: |general protection fault|soft lockup|rcu_sched self-detected"),
    Badness("hung task", ERROR, r"blocked for more than \d+ seconds"),
    Badness("memory exhausted", ERROR, r"oom-kill|Out of memory: Kill|killed by the OOM killer|oom_reaper"),
    Badness("file system", ERROR, r"EXT4-fs error|XFS.* [Cc]orruption|I/O error, dev"),
    Badness("core dumped", ERROR, r"segfault at|core-dump|dumped core"),
    Badness("ordering cycle", ERROR, r"[Oo]rdering cycle"),
    Badness(
        "unit file", ERROR, r"Unknown (?:key name|section|lvalue)|Failed to parse", r"\.(?:service|socket|timer|mount)$"
    ),
    Badness("dependency failed", ERROR, r"^Dependency failed for"),
    Badness("given up", ERROR, r"Start request repeated too quickly|start-limit-hit"),
    Badness("watchdog", ERROR, r"[Ww]atchdog timeout"),
    Badness("docker fatal", ERROR, r"level=fatal"),
    Badness("etcd overloaded", WARNING, r"server is likely overloaded|failed to send out heartbeat on time", ETCD),
    Badness("etcd has no leader", WARNING, r"lost leader|no leader", ETCD),
    Badness("etcd not available", WARNING, r"etcd is not available", FLEET),
    Badness("master left", WARNING, r"master left \(reason", NODES),
    Badness("unit failed", WARNING, r"Failed with result|entered failed state"),
    Badness("disk watermark", WARNING, r"disk watermark \[.*exceeded", NODES),
    Badness("master elected", INFO, r"\[cluster\.service +\].*(?:new_master|detected_master)", NODES),
    Badness("nodes joined", INFO, r"\[cluster\.service +\].* added \{", NODES),
    Badness("nodes removed", INFO, r"\[cluster\.service +\].* removed \{", NODES),
    Badness("gateway", INFO, r"\[gateway +\].* recovered \[", NODES),
    Badness("etcd elected", INFO, r"became leader at term|elected leader \S+ at term", ETCD),
)
"""In order: the first one that matches tells what a line means."""

_ANY = re.compile("|".join(f"(?:{one.pattern})" for one in BADNESS))


def meaning(unit: str, line: str) -> Badness | None:
    """Return what a line of a unit's journal means; None for one that is not worth seeing."""
    if not _ANY.search(line):
        return None
    return next((one for one in BADNESS if re.search(one.pattern, line) and one.is_said_by(unit)), None)
