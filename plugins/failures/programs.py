"""Says what a program that a script called wrote of its failure: its own words stand above CalledProcessError."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from desktop_app.api import Explanation
from desktop_app.api.kit import LogLines, lines_of

_RAISED = "CalledProcessError: Command"
_FAILED = re.compile(
    r"CalledProcessError: Command '\[?['\"]?(?P<program>[^\s'\",]+)"
    r".{0,3000} returned non-zero exit status (?P<code>\d+)"
)
_NO_ERROR = re.compile(r"\b(?:warning|info|note|debug)\b", re.IGNORECASE)
_ABOVE = 120
"""Lines above the exception in which its traceback and the program's words stand."""
_LONGEST = 200
_LOOKED_AT = 4000
_ELSEWHERE = re.compile(
    r"python|torchrun|deepspeed|accelerate|horovodrun|mpirun|mpiexec|srun|docker|ninja|c?make\b|pip|conda"
)
"""Programs whose children tell why: ranks have tracebacks of their own, compilers and installers their errors."""
_SHELLS = ("/bin/sh: ", "sh: ", "bash: ")


def of_called_programs(tails: Mapping[int, str]) -> Iterator[Explanation]:
    """Yield what called programs wrote before their caller raised, by the first line that begins with their name."""
    for rank, tail in tails.items():
        if _RAISED not in tail:
            continue
        log = lines_of(tail)
        for number in log.numbers_with(_RAISED):
            yield from _said(rank, log, number)


def _said(rank: int, log: LogLines, number: int) -> Iterator[Explanation]:
    failed = _FAILED.search(log.lines[number][:_LOOKED_AT])
    program = PurePosixPath(failed["program"]).name if failed is not None else ""
    words = next(_words(log, program, number), "") if program and not _ELSEWHERE.match(program) else ""
    if failed is not None and words:
        yield Explanation(
            "called-program-failed",
            f"{program}, which the script started, failed (exit status {failed['code']}): {words}.",
            (
                f"Mend what {program} says: its words stand above the traceback.",
                "Run the same command by hand, on that machine, to see all that it says.",
            ),
            rank, log.raw[number].strip(), category="user-exception",
            about=log.writers[number].rank, position=number, certainty=0.85,
        )  # fmt: skip


def _words(log: LogLines, program: str, number: int) -> Iterator[str]:
    """Yield the lines of a program's own, as GNU's and git's are: `tar: x: Cannot open`, `fatal: not a repository`."""
    begins = (f"{program}: ", *_SHELLS, *(("fatal: ", "error: ") if program == "git" else ()))
    for line in log.lines[max(0, number - _ABOVE) : number]:
        if line.startswith(begins) and not _NO_ERROR.search(line[:_LONGEST]):
            said = line.removeprefix(f"{program}: ").strip().rstrip(".")
            yield said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"
