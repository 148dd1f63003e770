"""What is wrong with a cloud-config, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake, at one line of the file as the user wrote it (1-based)."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: error: {self.message}"


class Rejected(Exception):
    """The cloud-config cannot be used; raised before anything is changed on the machine."""

    def __init__(self, problems: list[Problem]) -> None:
        """Keep every problem, in the order of the file, so that one run shows them all."""
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))
