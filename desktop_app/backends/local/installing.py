"""What a command calls by the PATH: a Python, or a pip, that the toolchain lacks is that of somebody else.

Packages that a command installs go into an environment that other runs use as well.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from desktop_app.api import Diagnostic, Severity, simple_commands
from desktop_app.backends.local.ports import Interpreter

_PIP = re.compile(r"pip\d*(\.\d+)?(\.exe)?")
_PYTHON = re.compile(r"python\d*(\.\d+)?(\.exe)?")
_BEFORE = frozenset({"if", "then", "else", "do", "while", "!", "time", "exec", "command", "env", "nice", "sudo"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_ELSEWHERE = re.compile(r"--(target|prefix|root|dry-run|python)\b|-t$")


@dataclass(frozen=True, slots=True)
class Pips:
    """How a command calls pip by the PATH: `programs` by their names, `modules` by `python -m pip`; and `pythons`."""

    programs: tuple[str, ...] = ()
    pythons: tuple[str, ...] = ()
    modules: bool = False
    installs: bool = False


def find_pips(command: str) -> Pips:
    """Return how a command calls pip; nothing where it switches to an environment of its own first."""
    programs: list[str] = []
    pythons: list[str] = []
    modules = installs = False
    for words in simple_commands(command):
        if any(re.split(r"[/\\]", each)[-1].lower().startswith("activate") for each in words[:2]):
            break
        head = _head(words)
        call = _call(head)
        pythons += [each for each in head[:1] if _PYTHON.fullmatch(each)]
        programs += [each for each in call[:1] if _PIP.fullmatch(each)]
        modules = modules or call[:1] == ["-m"]
        installs = installs or ("install" in call and not any(_ELSEWHERE.match(each) for each in call))
    return Pips(tuple(dict.fromkeys(programs)), tuple(dict.fromkeys(pythons)), modules, installs)


def _head(words: Sequence[str]) -> Sequence[str]:
    """Return a simple command from the program on that it calls."""
    for index, each in enumerate(words):
        if each not in _BEFORE and not _ASSIGNMENT.match(each):
            return words[index:]
    return ()


def _call(call: Sequence[str]) -> Sequence[str]:
    """Return a simple command from where it calls pip: `pip …`, the `-m pip …` of Python, `uv pip …`, or nothing."""
    if call and _PYTHON.fullmatch(call[0]):
        return call[1:] if call[1:3] == ["-m", "pip"] else ()
    return call if call and (_PIP.fullmatch(call[0]) or call[:2] == ["uv", "pip"]) else ()


def check(pips: Pips, interpreter: Interpreter) -> Iterator[Diagnostic]:
    """Say where packages would go, and which pip would be that of another Python."""
    if not interpreter.bin:
        return
    for each in pips.pythons:
        if shutil.which(each, path=interpreter.bin) is None:
            message = (
                f"The command calls {each}, which {interpreter.bin} lacks: if there is another on the PATH, that one "
                f"runs. Call {PurePath(interpreter.python).name} instead."
            )
            yield Diagnostic(Severity.WARNING, "python-elsewhere", message, "command")
    for each in pips.programs:
        if shutil.which(each, path=interpreter.bin) is None:
            yield Diagnostic(Severity.ERROR, "pip-elsewhere", _no_pip(each, interpreter), "command")
            return
    if pips.installs:
        place = f"the toolchain “{interpreter.name}”" if interpreter.name else f"the Python {interpreter.python}"
        message = f"The command installs packages: on this machine they go into {place} that other runs use too."
        yield Diagnostic(Severity.WARNING, "installs-packages", message, "command")


def _no_pip(program: str, interpreter: Interpreter) -> str:
    message = f"The command calls {program}, which {interpreter.bin} lacks: it would be that of another Python."
    if not interpreter.name:
        return f"{message} Call `python -m pip` instead."
    return f"{message} `rankzero toolchains add {interpreter.name} PACKAGE` adds what the job needs; leave it out here."
