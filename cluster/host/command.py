"""Running programs as root on this host: directly, or through a sudo that asks for no password."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

_PASSED = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""sudo drops the environment, and a proxy may stand there only."""


class RootCommandFailed(RuntimeError):
    """A program that was run as root failed; the message has its last words."""


def as_root(*command: str) -> list[str]:
    """Return the command line that runs a command as root, in a plain language and without questions."""
    kept = [f"{name}={os.environ[name]}" for name in _PASSED if name in os.environ]
    environment = ["env", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", *kept]
    return [*([] if os.geteuid() == 0 else ["sudo", "-n"]), *environment, *command]


def run(*command: str, log: Path | None = None, follow: Callable[[str], None] | None = None) -> str:
    """Run a command as root and return its output; raise RootCommandFailed with its last lines.

    `log` gets all of the output too; `follow` gets each line as it comes.
    """
    lines: list[str] = []
    with subprocess.Popen(
        as_root(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if follow:
                follow(lines[-1])
    output = "\n".join(lines)
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as file:
            file.write(f"$ {' '.join(command)}\n{output}\n")
    if process.returncode != 0:
        raise RootCommandFailed(f"{' '.join(command)}: exit {process.returncode}\n{_tail(lines)}")
    return output


def _tail(lines: Sequence[str]) -> str:
    return "\n".join(f"      {line}" for line in lines[-8:])
