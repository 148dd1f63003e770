"""The commands of fleetctl and their flags. What they do is imported only when it is asked for."""

from typing import NamedTuple

from fleet.ctl.errors import UsageError
from fleet.ctl.flags import Flag

GLOBAL_FLAGS = (
    Flag("endpoint", "unix:///var/run/fleet.sock", "where fleetd listens: unix:///path or http[s]://host:port"),
    Flag("tunnel", "", "host[:port] on which the endpoint is, reached by ssh"),
    Flag("ssh-username", "core", "user on the machines, and on the tunnel's host"),
    Flag("ssh-timeout", 10.0, "seconds until connecting by ssh is given up"),
    Flag("strict-host-key-checking", True, "refuse machines whose host key is not the known one"),
    Flag("known-hosts-file", "~/.fleetctl/known_hosts", "host keys, in OpenSSH's format"),
    Flag("ca-file", "", "authorities that the certificate of an https endpoint must be from", ("etcd-cafile",)),
    Flag("cert-file", "", "certificate to show to an https endpoint", ("etcd-certfile",)),
    Flag("key-file", "", "key of that certificate", ("etcd-keyfile",)),
    Flag("debug", False, "tell on stderr what is asked of fleetd, and how ssh is called"),
    Flag("etcd-key-prefix", "/_coreos.com/fleet/", "accepted for compatibility; has no effect"),
    Flag("request-timeout", 3.0, "accepted for compatibility; has no effect"),
    Flag("experimental-api", True, "accepted for compatibility; has no effect"),
    Flag("driver", "API", "accepted for compatibility: there is no driver but API"),
    Flag("help", False, "show help", ("h",)),
)

_NO_BLOCK = Flag("no-block", False, "do not wait")
_ATTEMPTS = Flag("block-attempts", 0, "give up waiting after 2 s times this number; 0 waits without end")
_WAITING = (_NO_BLOCK, _ATTEMPTS)
_REPLACE = Flag("replace", False, "replace units whose local file differs from the registry")
_SIGN = Flag("sign", False, "accepted for compatibility; has no effect")
_FULL = Flag("full", False, "do not shorten ids and hashes", ("l",))
_TABLE = (_FULL, Flag("no-legend", False, "no header line"))
_SSH_PORT = Flag("ssh-port", 22, "port of sshd on the machine")


def _fields(default: str) -> Flag:
    return Flag("fields", default, "comma-separated columns")


class Command(NamedTuple):
    """A command, and the module of this package with the function of its name (`-` written `_`)."""

    name: str
    module: str
    arguments: str
    summary: str
    flags: tuple[Flag, ...] = ()
    # From this many arguments on, words are taken as they are, dashes and all; None: flags may stand anywhere.
    verbatim_from: int | None = None


COMMANDS = (
    Command("cat", "showing", "UNIT", "Print a unit as the machines get it"),
    Command("destroy", "destroying", "UNIT...", "Forget units; wait until their processes are gone", _WAITING),
    Command("fd-forward", "forwarding", "SOCKET", "Connect stdin and stdout to a unix socket"),
    Command("help", "helping", "[COMMAND]", "Show this help, or that of a command"),
    Command(
        "journal",
        "inspecting",
        "[-n LINES] [-f] UNIT",
        "Print the journal of a unit from the machine that it is on",
        (
            Flag("lines", 10, "how many of the last lines", ("n",)),
            Flag("follow", False, "go on with new lines as they come", ("f",)),
            Flag("sudo", False, "run journalctl as root"),
            Flag("output", "short", "journalctl's output format"),
            Flag("machine", "", "of a global unit: the machine, by the start of its id, or all"),
            _SSH_PORT,
        ),
    ),
    Command(
        "list-machines",
        "listing",
        "[-l]",
        "List the machines of the cluster",
        (*_TABLE, _fields("machine,ip,metadata")),
    ),
    Command(
        "list-unit-files",
        "listing",
        "[-l]",
        "List all units that fleet knows",
        (*_TABLE, _fields("unit,hash,dstate,state,target")),
    ),
    Command(
        "list-units",
        "listing",
        "[-l]",
        "List the units that are on machines, with systemd's states",
        (*_TABLE, _fields("unit,machine,active,sub")),
    ),
    Command("load", "raising", "UNIT...", "Put units on machines, without starting them", (*_WAITING, _REPLACE, _SIGN)),
    Command(
        "restart",
        "restarting",
        "UNIT...",
        "Stop units that run, and start them, global ones on every machine",
        (_ATTEMPTS,),
    ),
    Command(
        "ssh",
        "shell",
        "[-A] MACHINE|UNIT [COMMAND...]",
        "Open a shell, or run a command, on a machine",
        (
            Flag("machine", "", "the machine, by the start of its id"),
            Flag("unit", "", "the machine that this unit is on"),
            Flag("forward-agent", False, "forward the ssh agent", ("A",)),
            _SSH_PORT,
        ),
        verbatim_from=2,
    ),
    Command("start", "raising", "UNIT...", "Put units on machines and start them", (*_WAITING, _REPLACE, _SIGN)),
    Command("status", "inspecting", "UNIT...", "Print systemd's status of units from their machines", (_SSH_PORT,)),
    Command("stop", "lowering", "UNIT...", "Stop units, leaving them on their machines", _WAITING),
    Command("submit", "raising", "UNIT...", "Make units known, without putting them on machines", (_REPLACE, _SIGN)),
    Command("unload", "lowering", "UNIT...", "Stop units and take them off their machines", _WAITING),
    Command("verify", "verifying", "UNIT", "Deprecated: units are not signed"),
    Command("version", "helping", "", "Print the version"),
)


def find(word: str) -> Command:
    """The command of that name, or the only one that starts so; raises UsageError."""
    matching = [command for command in COMMANDS if command.name.startswith(word)]
    for command in matching:
        if command.name == word or len(matching) == 1:
            return command
    alike = "".join(f"\n\t{command.name}" for command in matching)
    raise UsageError(f'unknown command "{word}" for "fleetctl"' + (alike and f"\n\nDid you mean one of these?{alike}"))
