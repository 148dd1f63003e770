"""A machine that keeps its files in a dictionary and writes down what it is told to run."""

from __future__ import annotations

PASSWD = "root:x:0:0::/root:/bin/bash\ncore:x:500:501::/home/core:/bin/bash\n"
GROUP = "root:x:0:\ncore:x:501:\nsudo:x:27:\n"


class Recorder:
    def __init__(self, *, live: bool = True, failing: tuple[str, ...] = ()) -> None:
        self.live = live
        self.failing = failing
        self.files: dict[str, bytes] = {"/etc/passwd": PASSWD.encode(), "/etc/group": GROUP.encode()}
        self.modes: dict[str, tuple[int, tuple[int, int] | None]] = {}
        self.links: dict[str, str] = {}
        self.commands: list[str] = []
        self.inputs: list[str] = []
        self.changes: list[str] = []

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def write(self, path: str, content: bytes, mode: int, owner: tuple[int, int] | None) -> None:
        self.files[path] = content
        self.modes[path] = (mode, owner)
        self.changes.append(f"write {path}")

    def make_directory(self, path: str, mode: int, owner: tuple[int, int]) -> None:
        self.modes.setdefault(path, (mode, owner))

    def names(self, directory: str) -> list[str]:
        below = f"{directory}/"
        return sorted(path.removeprefix(below) for path in self.files if path.startswith(below))

    def link(self, path: str, target: str) -> None:
        self.files.pop(path, None)
        self.links[path] = target
        self.changes.append(f"link {path}")

    def is_null(self, path: str) -> bool:
        return self.links.get(path) == "/dev/null" or self.files.get(path) == b""

    def remove(self, path: str) -> None:
        self.links.pop(path, None)
        self.files.pop(path, None)
        self.changes.append(f"remove {path}")

    def run(self, *command: str, stdin: str = "") -> int:
        line = " ".join(command)
        self.commands.append(line)
        self.inputs.append(stdin)
        self.changes.append(line)
        return 1 if any(word in line for word in self.failing) else 0

    def hostname(self) -> str:
        return "found"

    def set_hostname(self, name: str) -> None:
        self.changes.append(f"hostname {name}")
