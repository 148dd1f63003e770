"""`verify`: compared a unit with its signature, until fleet gave signing up."""

from fleet.ctl.errors import UsageError
from fleet.ctl.invocation import Invocation


def verify(call: Invocation) -> int:
    """Says that there is nothing to verify, with the exit status that fleet's last releases had here."""
    call.warn("DEPRECATED - verify is deprecated: units are not signed, so that there is nothing to verify.")
    return UsageError.status
