"""What is wrong in a policy file: where, what, and what to write instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `where` is the value's address in the file, for instance `balance.choices`."""

    file: Path
    line: int
    where: str
    what: str
    instead: str

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{self.file}:{self.line}: {where}{self.what} (write instead: {self.instead})"


class PolicyProblems(Exception):
    """Policy files that cannot be used."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(tuple(problems))
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)
