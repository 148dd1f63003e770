r"""The addresses that stand in user-data as $private_ipv4 and the like.

They are replaced in the raw text, before YAML sees it, exactly as coreos-cloudinit does: there is no word boundary to
the right ($private_ipv4x becomes 10.0.0.1x), ``\$private_ipv4`` stands for itself, every other $word is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cloudconfig.problems import Problem, Rejected

ADDRESSES = {
    "public_ipv4": "COREOS_PUBLIC_IPV4",
    "private_ipv4": "COREOS_PRIVATE_IPV4",
    "public_ipv6": "COREOS_PUBLIC_IPV6",
    "private_ipv6": "COREOS_PRIVATE_IPV6",
}
# Addresses reserved for documentation: a file is checked away from the machine as if it were on one.
EXAMPLES = {
    "COREOS_PUBLIC_IPV4": "192.0.2.1",
    "COREOS_PRIVATE_IPV4": "192.0.2.2",
    "COREOS_PUBLIC_IPV6": "2001:db8::1",
    "COREOS_PRIVATE_IPV6": "2001:db8::2",
}
_TOKEN = re.compile(r"(\\?)\$(" + "|".join(ADDRESSES) + ")")


def substitute(text: str, environment: Mapping[str, str]) -> str:
    """Put the machine's addresses in; raise Rejected where one is used and the machine has none.

    coreos-cloudinit puts the empty string in its place, and etcd then fails much later with words that hide the cause.
    """
    _reject_unknown(text, environment)

    def value(match: re.Match[str]) -> str:
        escaped, name = match.groups()
        return f"${name}" if escaped else environment.get(ADDRESSES[name], "")

    return _TOKEN.sub(value, text)


def _reject_unknown(text: str, environment: Mapping[str, str]) -> None:
    problems = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.lstrip().startswith("#"):
            continue
        for escaped, name in _TOKEN.findall(line):
            if not escaped and not environment.get(ADDRESSES[name]):
                wanted = f"set {ADDRESSES[name]} in /etc/environment"
                problems.append(Problem(number, f"${name} is not known on this machine: {wanted}"))
    if problems:
        raise Rejected(problems)
