"""What can go wrong in a fleetctl call, and the exit status it has then."""

from collections.abc import Iterator
from contextlib import contextmanager


class CommandError(Exception):
    """The command failed; its text goes to stderr."""

    status = 1


class UsageError(CommandError):
    """The command line makes no sense: nothing was done."""

    status = 2


class ApiError(Exception):
    """fleetd could not be reached, or refused a request."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(f"Error {status}: {message}" if status else message)
        self.status = status  # of HTTP; 0 if there was no reply


@contextmanager
def failing_with(what: str) -> Iterator[None]:
    """Turns an API error or a refused unit inside the block into `what: reason`."""
    try:
        yield
    except BrokenPipeError:
        raise  # stdout's reader has gone: that is no failure of this block
    except (ApiError, ValueError, OSError) as reason:
        raise CommandError(f"{what}: {reason}") from reason
