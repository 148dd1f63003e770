"""Files of KEY=value lines: read them, and set some keys while every other line stays."""

from __future__ import annotations

from collections.abc import Mapping


def values(text: str) -> dict[str, str]:
    """Return the keys of a file such as /etc/environment; quotes around a value are not part of it."""
    result = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            result[key] = value.strip().strip("\"'")
    return result


def merged(text: str, new: Mapping[str, str]) -> str:
    """Return the text with the keys set: in place where they stand, otherwise appended in alphabetic order."""
    missing = dict(sorted(new.items()))
    lines = []
    for line in text.splitlines():
        key = line.partition("=")[0]
        if key not in new:
            lines.append(line)
        elif key in missing:
            lines.append(f"{key}={missing.pop(key)}")
    lines.extend(f"{key}={value}" for key, value in missing.items())
    return "".join(f"{line}\n" for line in lines)
