"""The unit files that this machine has, and which request it answered last for each.

Both live in /run: they outlast fleetd, so that it adopts running units without touching them, and not a reboot.
"""

from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path

from fleet.model.names import RUNNABLE_TYPES, InvalidNameError, validate
from fleet.model.unitfile import UnitFile


@dataclass(frozen=True, slots=True)
class Held:
    """A unit that is on this machine. `answered` is the last request that was carried out, `started` if by a start."""

    name: str
    hash: str
    answered: int = 0
    started: bool = False


class Store:
    """A directory of unit files with a directory of notes beside it."""

    def __init__(self, directory: Path) -> None:
        self._files = directory
        self._notes = directory.parent / f"{directory.name}.answered"

    def scan(self) -> dict[str, Held]:
        """Everything that is there. A unit that was not loaded to the end has an empty hash, and so is unloaded."""
        self._files.mkdir(parents=True, exist_ok=True)
        self._notes.mkdir(parents=True, exist_ok=True)
        return {
            name: self._held(name) for name in sorted(path.name for path in self._files.iterdir()) if _is_unit(name)
        }

    def path(self, name: str) -> Path:
        """Where the unit's file is."""
        return self._files / name

    def write(self, name: str, unit_file: UnitFile) -> None:
        """Put the unit's file there, whole or not at all."""
        _write(self.path(name), unit_file.text)

    def note(self, held: Held) -> None:
        """Remember which request was answered."""
        _write(self._notes / held.name, f"{held.answered} {'started' if held.started else 'loaded'}")

    def remove(self, name: str) -> None:
        """Forget a unit."""
        self.path(name).unlink(missing_ok=True)
        (self._notes / name).unlink(missing_ok=True)

    def _held(self, name: str) -> Held:
        note = self._notes / name
        try:
            # The file is the canonical text. Without a note it was written, and perhaps not made known to systemd.
            digest = sha1(self.path(name).read_bytes(), usedforsecurity=False).hexdigest()
            answered, _, action = note.read_text(encoding="ascii").partition(" ")
        except (OSError, UnicodeDecodeError):
            return Held(name, "")
        return Held(name, digest, int(answered) if answered.isdigit() else 0, action == "started")


def _is_unit(name: str) -> bool:
    """Whether fleet may have put a file of that name there; what others leave there is none of its business."""
    try:
        return validate(name).type in RUNNABLE_TYPES
    except InvalidNameError:
        return False


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o644)
    fresh.replace(path)
