"""What a person at the terminal sees of a command that takes its time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.text import Text


class Terminal(Console):
    """A console that tells who prints that nobody reads any more, as a closed terminal does, instead of exiting."""

    def on_broken_pipe(self) -> None:
        """Raise the BrokenPipeError again that is being handled; what could not be written is not tried again."""
        del self._buffer[:]
        raise


console = Terminal(highlight=False, markup=False)
"""Where the commands print what they found."""


def tell(text: str) -> None:
    """Print it; a terminal that is closed hears nothing, and what is being done goes on."""
    with suppress(OSError):
        console.print(text, soft_wrap=True)


class Progress:
    """Lines with the time they took, and a spinner with the last one while something goes on."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._status = console.status("…")

    def say(self, line: str) -> None:
        """Tell a line."""
        tell(f"{time.monotonic() - self._began:6.1f} s  {line}")
        self._status.update(Text(line[: console.width - 4]))

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the spinner meanwhile, where somebody sees it."""
        with suppress(OSError):
            self._status.start()
        try:
            yield
        finally:
            with suppress(OSError):
                self._status.stop()
