"""The command coreos-cloudinit: applies a cloud-config to this machine, or only checks it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cloudconfig import config, preflight, substitution
from cloudconfig.apply import Applier, Failed
from cloudconfig.document import Form, recognise, text_of
from cloudconfig.lines import values
from cloudconfig.plan import ENVIRONMENT, plan
from cloudconfig.problems import Rejected
from cloudconfig.system import Machine, System


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 1 where the file is wrong or cannot be applied."""
    options = _parser().parse_args(arguments)
    try:
        data = Path(options.from_file).read_bytes()
    except OSError as error:
        print(f"cannot read {options.from_file}: {error.strerror}", file=sys.stderr)
        return 1
    try:
        return _validate(data) if options.validate else _apply(data, Machine(options.root.resolve()), options.no_block)
    except Rejected as error:
        print(error, file=sys.stdout if options.validate else sys.stderr)
    except Failed as error:
        print(f"Failed to apply cloud-config: {error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("coreos-cloudinit", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--from-file", "-from-file", metavar="PATH", required=True, help="the user-data to read")
    add("--validate", "-validate", action="store_true", help="check it, print its mistakes, change nothing")
    add("--no-block", "-no-block", action="store_true", help="queue the units' commands and do not wait for them")
    add("--root", type=Path, default=Path("/"), metavar="DIR", help="apply to the files of a machine below DIR")
    return parser


def _validate(data: bytes) -> int:
    text = text_of(data)
    if recognise(text) is Form.CLOUD_CONFIG:
        config.read(substitution.substitute(text, substitution.EXAMPLES))
    return 0


def _apply(data: bytes, system: System, no_block: bool) -> int:
    text = text_of(data)
    form = recognise(text)
    if form is Form.IGNITION:
        _say("Detected an Ignition config, which is for another program: nothing to do")
    if form is not Form.CLOUD_CONFIG:
        return 0
    addresses = _addresses(system)
    wanted = config.read(substitution.substitute(text, addresses))
    missing = list(preflight.complaints(wanted, system))
    if missing:
        raise Failed("; ".join([*missing, "nothing was changed"]))
    Applier(system, _say, no_block=no_block).apply(plan(wanted, addresses))
    return 0


def _addresses(system: System) -> dict[str, str]:
    """Return the COREOS_ addresses: of the process, else of /etc/environment."""
    known = {**values((system.read(ENVIRONMENT) or b"").decode()), **{k: v for k, v in os.environ.items() if v}}
    return {name: known[name] for name in substitution.ADDRESSES.values() if known.get(name)}


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
