"""What a build says: how far it is, and why it failed, by the lines of cmake, ninja, compilers, linkers and Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

_CMAKE = re.compile(r"\[\s*(\d+)%\] (Building|Linking) .*?(?:object|library|executable|module) (\S+)")
_NINJA = re.compile(r"\[(\d+)/(\d+)\] ")
_OBJECT = re.compile(r"\s-c(?:\s+-o\s+\S+)?\s+(\S+\.(?:c|cc|cpp|cxx|cu))\b")
_COMPILER = re.compile(r"(?P<file>[^\s:][^:]*):(?P<line>\d+):(?:\d+:)?\s*(?:fatal )?error:\s*(?P<text>.+)")
_MEMORY = re.compile(r"Killed signal terminated program|virtual memory exhausted|out of memory allocating|bad_alloc")
_FULL = re.compile(r"No space left on device|Disk quota exceeded")
_CMAKE_ERROR = re.compile(r"\s*CMake Error(?: at (?P<where>\S+:\d+) \(\S+\))?:\s*(?P<text>.*)")
_LINKER = re.compile(
    r"(?:ld|ld\.\w+|collect2):\s*(?P<text>cannot find .+|error: .+)|(?P<other>undefined reference to .+)"
)
_RAISED = re.compile(r"\s*(?:\w+\.)*(?P<what>\w+(?:Error|Exception|Exit)): (?P<text>.+)")
_LAST = re.compile(r"\s*(?:error|ERROR): (?P<text>.+)")
_RELAYED = ("CalledProcessError", "CompileError", "DistutilsExecError", "InstallationError")  # others' failures
_PARTS = 4  # of a file's path, at the most


class BuildLines:
    """Reads a build's output as it comes: what is being done, and the part done where the build counts."""

    def __init__(self, what: str) -> None:
        self.lines: list[str] = []
        self.message = what
        self.part: float | None = None

    def take(self, line: str) -> bool:
        """Read one more line, and return whether there is something new to tell."""
        self.lines.append(line)
        before = (self.message, self.part)
        if match := _CMAKE.search(line):
            self._reach(int(match[1]) / 100)
            self.message = f"{'Compiling' if match[2] == 'Building' else 'Linking'} {_name(match[3])}"
        else:
            if (match := _NINJA.search(line)) and int(match[2]):
                self._reach(int(match[1]) / int(match[2]))
            if match := _OBJECT.search(line):
                self.message = f"Compiling {_name(match[1])}"
        return before != (self.message, self.part)

    def _reach(self, part: float) -> None:
        self.part = max(self.part or 0.0, min(1.0, part))  # a build with two halves begins anew: the bar does not


def first_error(lines: Sequence[str], source: str = "") -> str:
    """Return why a build failed, in one sentence without its full stop; empty where no line says it."""
    for reasons in (_machine, _compilers, _cmakes, _linkers, _pythons, _others):
        found = next(reasons(lines, source), "")
        if found:
            return found.strip().rstrip(".")
    return ""


def _machine(lines: Sequence[str], _source: str) -> Iterator[str]:
    for each in lines:
        if _MEMORY.search(each):
            yield "the compiler was ended because the memory was full"
        if _FULL.search(each):
            yield "the disk is full"


def _compilers(lines: Sequence[str], source: str) -> Iterator[str]:
    for each in lines:
        if match := _COMPILER.fullmatch(each.strip()):
            yield f"{_short(match['file'], source)}:{match['line']}: {match['text']}"


def _cmakes(lines: Sequence[str], _source: str) -> Iterator[str]:
    for at, each in enumerate(lines):
        if match := _CMAKE_ERROR.fullmatch(each):
            text = match["text"] or " ".join(_paragraph(lines[at + 1 :]))
            yield f"{match['where']}: {text}" if match["where"] else text


def _paragraph(lines: Sequence[str]) -> Iterator[str]:
    """Yield the first lines with text, up to the next empty one."""
    said = False
    for each in lines:
        if each.strip():
            said = True
            yield each.strip()
        elif said:
            return


def _linkers(lines: Sequence[str], _source: str) -> Iterator[str]:
    for each in lines:
        if match := _LINKER.search(each):
            yield f"linking failed: {match['text'] or match['other']}"


def _pythons(lines: Sequence[str], _source: str) -> Iterator[str]:
    for each in lines:
        if (match := _RAISED.fullmatch(each)) and match["what"] not in _RELAYED:
            yield f"{match['what']}: {match['text']}"


def _others(lines: Sequence[str], _source: str) -> Iterator[str]:
    for each in lines:
        if match := _LAST.fullmatch(each):
            yield match["text"]


def _name(path: str) -> str:
    name = PurePosixPath(path.replace("\\", "/")).name
    return name.removesuffix(".o").removesuffix(".obj")


def _short(path: str, source: str) -> str:
    """Return a file's place in its package, or the last parts of its path."""
    for start in (f"{source}/" if source else "", "site-packages/"):
        if start and start in path:
            return path.rpartition(start)[2]
    return "/".join(PurePosixPath(path).parts[-_PARTS:])
