"""A machine for the supervisor: a clock that a test turns, and units that run, stop, or do not want to stop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fleet.fence.deadline import Deadline, DeadlineFile, Marks
from fleet.fence.supervisor import Supervisor

TTL = 5.0


@dataclass
class World:
    """Time passes only while the supervisor waits; `at` are things that happen then."""

    directory: Path
    time: float = 100.0
    running: dict[str, str] = field(default_factory=dict)
    """The units that run: "polite" ones end when they are stopped, "stubborn" ones when they are killed."""
    containers: int = 0
    patience: float = 0.0
    calls: list[tuple[float, str, tuple[str, ...]]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    at: list[tuple[float, Callable[[], object]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.units = self.directory / "units"
        self.units.mkdir()
        self.file, self.marks = DeadlineFile(self.directory), Marks(self.directory)
        self.supervisor = Supervisor(self.file, self.marks, self, self, self.said.append)

    # What happens

    def run(self, name: str, kind: str = "polite") -> None:
        (self.units / name).touch()
        self.running[name] = kind

    def prove(self, sent: float) -> None:
        self.file.write(Deadline(sent + TTL, TTL, str(self.units)))

    def until(self, end: float) -> None:
        while self.time < end:
            self.supervisor.step()

    def called(self, verb: str) -> list[float]:
        return [at for at, what, _ in self.calls if what == verb]

    # Clock

    def now(self) -> float:
        return self.time

    def wait(self, at: float) -> None:
        due = sorted((event for event in self.at if event[0] <= max(at, self.time)), key=lambda event: event[0])
        if due:  # the bell
            self.at.remove(due[0])
            self.time = max(self.time, due[0][0])
            due[0][1]()
            return
        self.time = max(self.time, at)

    # Force

    def up(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if name in self.running]

    def stop(self, names: Sequence[str]) -> None:
        self.calls.append((self.time, "stop", tuple(names)))
        for name in names:
            if self.running.get(name) == "polite":
                del self.running[name]

    def kill(self, names: Sequence[str]) -> None:
        self.calls.append((self.time, "kill", tuple(names)))
        for name in names:
            self.running.pop(name, None)

    def alive(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if name in self.running]

    def strike(self, names: Sequence[str]) -> None:
        if names:
            self.kill(names)

    def kill_containers(self) -> Callable[[], bool]:
        none, self.containers = self.containers == 0, 0
        self.calls.append((self.time, "kill containers", ()))
        return lambda: none
