"""`fleetctl help` and `fleetctl version`."""

from fleet.ctl import commands
from fleet.ctl.flags import Flag
from fleet.ctl.invocation import Invocation
from fleet.model.version import VERSION


def version(call: Invocation) -> int:
    """Prints the version."""
    call.say(f"fleetctl version {VERSION}")
    return 0


def help(call: Invocation) -> int:
    """Prints what there is, or how to use one command."""
    call.say(_of_command(commands.find(call.arguments[0])) if call.arguments else _overview())
    return 0


def _overview() -> str:
    lines = [f"  {command.name:<18}{command.summary}" for command in commands.COMMANDS]
    return "\n".join(
        [
            "fleetctl runs systemd units on a cluster of machines.",
            "",
            "Usage: fleetctl [FLAGS] COMMAND [FLAGS] [ARGUMENTS]",
            "",
            "Commands:",
            *lines,
            "",
            "Flags of all commands (one dash or two; also FLEETCTL_ENDPOINT and so on in the environment):",
            *_described(commands.GLOBAL_FLAGS),
            "",
            f"Version {VERSION}. 'fleetctl help COMMAND' tells more about a command.",
        ]
    )


def _of_command(command: commands.Command) -> str:
    flags = ["", "Flags:", *_described(command.flags)] if command.flags else []
    usage = f"Usage: fleetctl {command.name} {'[FLAGS] ' if command.flags else ''}{command.arguments}"
    return "\n".join([f"{command.summary}.", "", usage.rstrip(), *flags])


def _described(flags: tuple[Flag, ...]) -> list[str]:
    def line(flag: Flag) -> str:
        names = ", ".join([f"--{flag.name}", *(f"-{alias}" for alias in flag.aliases if len(alias) == 1)])
        default = "" if isinstance(flag.default, bool) and not flag.default else f" (default {flag.default})"
        return f"  {names:<30}{flag.help}{default if flag.default != '' else ''}"

    return [line(flag) for flag in flags]
