"""Which Python a job gets, and what it lacks for the job, with the command that mends it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from desktop_app.api import Diagnostic, Severity, ToolchainSpec
from desktop_app.core.imports import known_distribution
from desktop_app.services.toolchains.models import InterpreterChoice, Toolchain
from desktop_app.services.toolchains.probe import BrokenError, find_modules


def modules_of(spec: ToolchainSpec) -> tuple[str, ...]:
    """Return the top-level modules that a toolchain declares, as scripts name them: `horovod` for `horovod.torch`."""
    return tuple(dict.fromkeys(each.partition(".")[0] for each in spec.imports))


async def choice_for(toolchain: Toolchain, imports: Sequence[str], cache: Path) -> InterpreterChoice:
    """Return a plugin's toolchain for a job, with errors where it is not there or lacks an import."""
    if toolchain.state in ("missing", "incomplete"):
        message = (
            f"The toolchain {toolchain.name} ({toolchain.title}) is not made yet: "
            f"run `rankzero toolchains create {toolchain.name}`."
        )
        return InterpreterChoice(toolchain.name, "", "", (_error("toolchain-missing", message),))
    if toolchain.state == "broken":
        return _broken(toolchain, toolchain.reason)
    try:
        findings = await find_modules(toolchain.python, imports, cache)
    except BrokenError as error:
        return _broken(toolchain, str(error))
    where, adding = f"the toolchain {toolchain.name}", f"rankzero toolchains add {toolchain.name}"
    lacks = tuple(_missing(each, where, adding) for each in findings.missing)
    return InterpreterChoice(toolchain.name, str(toolchain.python), str(toolchain.python.parent), lacks)


async def plain_choice(ready: Sequence[Toolchain], imports: Sequence[str], cache: Path) -> InterpreterChoice:
    """Return a Python for a job that no plugin knows: the ready toolchain that lacks least, else this program's own."""
    choices = [await choice_for(each, imports, cache) for each in ready]
    if not any(not each.diagnostics for each in choices):
        choices.append(await _own(imports, cache))
    return min(choices, key=lambda each: len(each.diagnostics))


async def _own(imports: Sequence[str], cache: Path) -> InterpreterChoice:
    python = Path(getattr(sys, "_base_executable", "") or sys.executable)
    try:
        findings = await find_modules(python, imports, cache)
    except BrokenError as error:
        return InterpreterChoice("", "", "", (_error("toolchain-broken", str(error)),))
    lacks = tuple(_missing(each, f"the Python {python}", f"{python} -m pip install") for each in findings.missing)
    return InterpreterChoice("", str(python), str(python.parent), lacks)


def _missing(module: str, where: str, adding: str) -> Diagnostic:
    """Say which import is nowhere; what to install is only said where it is known, and never guessed by the name."""
    if module == "pip":
        message = f"The command calls pip, which {where} lacks: `{adding} PACKAGE` adds what the job needs."
        return _error("missing-package", message)
    known = known_distribution(module)
    if known:
        return _error("missing-package", f"The script imports {module}, which {where} lacks: run `{adding} {known}`.")
    message = (
        f"The script imports {module}, which is neither in the code folder nor in {where}. "
        f"If it is a package, `{adding} PACKAGE` adds it."
    )
    return _error("missing-package", message)


def _broken(toolchain: Toolchain, reason: str) -> InterpreterChoice:
    mend = (
        f"run `rankzero toolchains create {toolchain.name}`"
        if toolchain.origin == "made"
        else "choose another with `rankzero toolchains use PLUGIN PYTHON`"
    )
    said = reason.partition("; `rankzero ")[0].rstrip(".")  # the command is said once
    message = f"The toolchain {toolchain.name} is broken ({said}): {mend}."
    return InterpreterChoice(toolchain.name, "", "", (_error("toolchain-broken", message),))


def _error(code: str, message: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, code, message)
