"""What kind of user-data a file holds."""

from __future__ import annotations

import gzip
import zlib
from enum import Enum

from cloudconfig.problems import Problem, Rejected

HEADER = "#cloud-config"
GZIP_MAGIC = b"\x1f\x8b"


class Form(Enum):
    """The forms of user-data that coreos-cloudinit tells apart."""

    EMPTY = "empty"
    CLOUD_CONFIG = "cloud-config"
    IGNITION = "ignition"


def text_of(data: bytes) -> str:
    """Return the text of user-data, decompressed where it is gzip; raise Rejected where it is not UTF-8."""
    if data.startswith(GZIP_MAGIC):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise Rejected([Problem(1, f"cannot decompress: {error}")]) from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Rejected([Problem(line, f"not UTF-8: byte {data[error.start]:#04x}")]) from error


def recognise(text: str) -> Form:
    """Say what the text is; raise Rejected for a script and for anything that no header explains."""
    if not text.strip():
        return Form.EMPTY
    first = text.split("\n", 1)[0].rstrip()
    if first == HEADER:
        return Form.CLOUD_CONFIG
    if first.startswith("#!"):
        raise Rejected([Problem(1, "scripts are not run here: write the script with write_files and run it by a unit")])
    if _is_ignition(text):
        return Form.IGNITION
    raise Rejected([Problem(1, f'the first line must be "{HEADER}", got "{first[:40]}"')])


def _is_ignition(text: str) -> bool:
    if not text.lstrip().startswith("{"):
        return False
    import json  # costs boot time, and hardly any user-data is JSON

    try:
        document = json.loads(text)
    except ValueError:
        return False
    ignition = document.get("ignition")
    return isinstance(ignition, dict) and "version" in ignition
