"""The spool's files: lines that are appended, read in their order, and forgotten once they are delivered.

A segment is named for its number. `delivered` has the place up to which all is delivered; it is replaced whole, so that
a crash leaves the old or the new one. A crash in the middle of a line leaves its beginning, which is passed over.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

PIECES = 16
"""In so many segments the limit is cut; the oldest is what is dropped when it is reached."""

LEAST = 16 * 1024
CHUNK = 256 * 1024


@dataclass(frozen=True, order=True)
class Place:
    """A place in the spool: behind so many bytes of a segment."""

    segment: int = 0
    offset: int = 0


class Segments:
    """The lines in a folder, which takes at most `limit` bytes of them. Raises OSError where the disk says no."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._file: int | None = None
        self._number = 0
        self._delivered = self._read_delivered()

    def append(self, lines: list[bytes], durably: bool) -> None:
        """Write lines, each without its end; all of them or none. `durably`: also a power cut leaves them there."""
        data = b"".join(line + b"\n" for line in lines)
        file = self._open()
        before = os.fstat(file).st_size
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]
            if durably:
                os.fdatasync(file)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(file, before)
            raise
        if before + len(data) >= max(LEAST, self._limit // PIECES):
            self.close()

    def read(self) -> tuple[list[bytes], Place]:
        """Return some of the lines that are not delivered, and the place behind them; none when there are none."""
        place = self._delivered
        for number in self._numbers():
            if number < place.segment:
                continue
            start = place.offset if number == place.segment else 0
            lines, end = self._lines(number, start)
            if lines:
                return lines, Place(number, end)
        return [], place

    def delivered(self, place: Place) -> None:
        """Remember that all before the place is delivered; segments that are done with go."""
        self._delivered = place
        for number in self._numbers():
            if number < place.segment:
                self._path(number).unlink(missing_ok=True)
        temporary = self._folder / "delivered.new"
        temporary.write_text(json.dumps([place.segment, place.offset]))
        temporary.replace(self._folder / "delivered")

    def trim(self) -> int:
        """Drop the oldest segments as long as there is more than the limit; return how many lines are lost by that."""
        lost = 0
        while len(numbers := self._numbers()) > 1 and sum(self._size(number) for number in numbers) > self._limit:
            oldest = numbers[0]
            start = self._delivered.offset if oldest == self._delivered.segment else 0
            if oldest >= self._delivered.segment:
                lost += self._path(oldest).read_bytes()[start:].count(b"\n")
            self._path(oldest).unlink(missing_ok=True)
        return lost

    def written_last(self) -> float | None:
        """Return when something was written or delivered last, in seconds since the epoch; None: never."""
        with contextlib.suppress(OSError):
            return max((path.stat().st_mtime for path in self._folder.iterdir()), default=None)
        return None

    def close(self) -> None:
        """End the segment; the next line begins another one."""
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def _open(self) -> int:
        if self._file is not None and os.fstat(self._file).st_nlink == 0:
            self.close()  # somebody has removed it
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            # Always a new one: what a crash has left of a line stays the end of its segment.
            self._number = max([0, *self._numbers(), self._delivered.segment]) + 1
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._file = os.open(self._path(self._number), flags, 0o644)
        return self._file

    def _lines(self, number: int, start: int) -> tuple[list[bytes], int]:
        """Return whole lines from a place on, about CHUNK bytes of them and one at least, and where they end."""
        with contextlib.suppress(FileNotFoundError), self._path(number).open("rb") as file:
            file.seek(start)
            data = file.read(CHUNK)
            while b"\n" not in data and (more := file.read(CHUNK)):
                data += more
            whole = data[: data.rfind(b"\n") + 1]
            return whole.splitlines(), start + len(whole)
        return [], start

    def _numbers(self) -> list[int]:
        try:
            return sorted(int(path.stem) for path in self._folder.glob("*.jsonl") if path.stem.isdigit())
        except OSError:
            return []

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:09}.jsonl"

    def _size(self, number: int) -> int:
        with contextlib.suppress(OSError):
            return self._path(number).stat().st_size
        return 0

    def _read_delivered(self) -> Place:
        try:
            segment, offset = json.loads((self._folder / "delivered").read_text())
            return Place(int(segment), int(offset))
        except (OSError, ValueError, TypeError):
            return Place()
