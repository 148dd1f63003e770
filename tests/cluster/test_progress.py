"""What a person at the terminal sees of a command that takes its time."""

import io
import sys

import pytest

from cluster.progress import Progress, console


class NobodyReads(io.StringIO):
    """The end of a pipe whose reader is dead."""

    def write(self, _text: str, /) -> int:
        raise BrokenPipeError


def test_who_reads_no_more_does_not_end_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in `| tee log`, when the tee is killed: rich would exit."""
    monkeypatch.setattr(sys, "stdout", NobodyReads())
    Progress().say("removing")
    with pytest.raises(BrokenPipeError):
        console.print("a table")
    monkeypatch.setattr(sys, "stdout", somebody_reads := io.StringIO())
    console.print("the next command's")
    assert somebody_reads.getvalue() == "the next command's\n"


def test_who_reads_no_more_does_not_change_the_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", NobodyReads())

    def ended() -> None:
        progress = Progress()
        with progress.shown():
            progress.say("removing")
            sys.exit(143)

    with pytest.raises(SystemExit) as status:
        ended()
    assert status.value.code == 143
