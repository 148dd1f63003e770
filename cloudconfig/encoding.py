"""How the content of a file may be packed into a cloud-config."""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib

BASE64 = frozenset({"b64", "base64"})
GZIP = frozenset({"gz", "gzip"})
BOTH = frozenset({"gz+base64", "gzip+base64", "gz+b64", "gzip+b64"})
ENCODINGS = ("", *sorted(BASE64 | GZIP | BOTH))


def decode(content: str, encoding: str) -> bytes:
    """Return the bytes of a file; raise ValueError with the reason where the content is not what `encoding` says."""
    if encoding == "":
        return content.encode()
    try:
        data = base64.b64decode("".join(content.split()), validate=True) if encoding in BASE64 | BOTH else None
        if encoding in BASE64 and data is not None:
            return data
        return gzip.decompress(content.encode("latin-1") if data is None else data)
    except (binascii.Error, OSError, EOFError, zlib.error, UnicodeEncodeError) as error:
        raise ValueError(f"content is not {encoding}: {error}") from error
