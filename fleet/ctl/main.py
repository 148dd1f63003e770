"""The entry of fleetctl: reads the command line and runs one command."""

import os
import sys
from collections.abc import Callable
from importlib import import_module

from fleet.ctl.answering import VARIABLE, answer
from fleet.ctl.errors import ApiError, CommandError, UsageError
from fleet.ctl.invocation import Invocation

INTERRUPTED = 130


def main() -> int:
    """Runs fleetctl on sys.argv and returns its exit status: 0 done, 1 failed, 2 usage, else a remote command's own."""
    try:
        if asking := os.environ.get(VARIABLE):
            return answer(int(asking), " ".join(sys.argv[1:]))
        return _run(sys.argv[1:])
    except UsageError as problem:
        print(f"Error: {problem}\n\nRun 'fleetctl help' for usage.", file=sys.stderr)
        return problem.status
    except CommandError as problem:
        print(problem, file=sys.stderr)
        return problem.status
    except ApiError as problem:
        print(f"Error: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read stdout has seen enough. Keep the interpreter from complaining when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(words: list[str]) -> int:
    if words[:1] in (["--version"], ["-version"], ["-v"]):
        words = ["version"]
    call = Invocation(words or ["help"], os.environ)
    if call.command is None or (call.flags.truth("help") and call.command.name != "help"):
        call.arguments = [call.command.name] if call.command else []
        call.command = None
    if call.command and call.command.module != "helping" and call.flags.text("driver").upper() != "API":
        raise CommandError("Unable to initialize client: there is no driver but API")
    module, name = (call.command.module, call.command.name) if call.command else ("helping", "help")
    run: Callable[[Invocation], int] = getattr(import_module(f"fleet.ctl.{module}"), name.replace("-", "_"))
    try:
        status = run(call)
    finally:
        call.close()
    sys.stdout.flush()
    return status
