"""What ssh asks where it has no terminal, as whether to trust a host, is answered by a line of fleetctl's stdin."""

import os
import sys

VARIABLE = "FLEETCTL_ASKPASS"  # set for ssh, which runs fleetctl to ask: the fleetctl that ran ssh, by process id


def answer(asking: int, question: str) -> int:
    """Shows the question, and hands on the next line that the asking fleetctl would read; 1 if there is none.

    Only what wants a yes is asked: passwords are not for fleetctl to read, and a script's lines no passwords.
    """
    if "yes" not in question:
        return 1
    sys.stderr.write(question)
    sys.stderr.flush()
    try:
        said = _line(_stdin_of(asking))
    except OSError:
        return 1
    sys.stdout.write(f"{said}\n")
    return 0 if said else 1


def _stdin_of(process: int) -> int:
    theirs = f"/proc/{process}/fd/{sys.stdin.fileno()}"
    # With a tunnel ssh's own stdin is the connection to fleetd. A socket cannot be opened again, but need not be then.
    if os.path.samestat(os.stat(theirs), os.fstat(sys.stdin.fileno())):  # noqa: PTH116
        return sys.stdin.fileno()
    return os.open(theirs, os.O_RDONLY)


def _line(descriptor: int) -> str:
    """The next line, and not a byte more: the rest is the remote command's."""
    line = b""
    while (byte := os.read(descriptor, 1)) not in (b"", b"\n"):
        line += byte
    return line.decode("utf-8", "replace").strip()
