"""Which Python a job gets, and what it lacks for the job, with the command that mends it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from desktop_app.api import Diagnostic, Severity, ToolchainSpec
from desktop_app.core.imports import known_distribution
from desktop_app.core.words import cost_text
from desktop_app.services.toolchains.build_programs import advice, is_or_are, listed, missing_programs
from desktop_app.services.toolchains.build_programs import title as build_title
from desktop_app.services.toolchains.models import InterpreterChoice, Toolchain
from desktop_app.services.toolchains.probe import BrokenError, find_modules

Pair: TypeAlias = tuple[ToolchainSpec, Toolchain]


def modules_of(spec: ToolchainSpec) -> tuple[str, ...]:
    """Return the top-level modules that a toolchain declares, as scripts name them: `horovod` for `horovod.torch`."""
    return tuple(dict.fromkeys(each.partition(".")[0] for each in spec.imports))


def best(pairs: Sequence[Pair], plugin: str | None, imports: Sequence[str]) -> Pair:
    """Return the toolchain for a job: the one that lacks fewest of its imports, of those that any toolchain is for.

    Of equals, one of the plugin that starts the job, then one that is ready, then the one for least else, then the
    first: a program that speaks MPI alone waits for no Horovod.
    """
    declared = {module for spec, _ in pairs for module in modules_of(spec)}
    wanted = declared.intersection(imports)

    def distance(pair: Pair) -> tuple[int, bool, bool, int]:
        spec, toolchain = pair
        lacks = sum(not _has(spec, toolchain, module) for module in wanted)
        return lacks, spec.plugin != plugin, toolchain.state != "ready", len(modules_of(spec))

    return min(pairs, key=distance)


def declares(pairs: Sequence[Pair], imports: Sequence[str]) -> bool:
    """Whether any toolchain is made for one of the imports."""
    return any(module in imports for spec, _ in pairs for module in modules_of(spec))


def _has(spec: ToolchainSpec, toolchain: Toolchain, module: str) -> bool:
    """Whether a toolchain has a module, as far as can be told without starting its Python."""
    distribution = distribution_key(known_distribution(module) or module)
    promised = {distribution_key(each) for each in (*spec.requires, *spec.alone)}
    return module in modules_of(spec) or distribution in promised or distribution in toolchain.packages


def distribution_key(requirement: str) -> str:
    """Return what two requirements for one distribution have in common."""
    return re.split(r"[\s\[<>=!~;@]", requirement, maxsplit=1)[0].replace("_", "-").lower()


async def choice_for(
    spec: ToolchainSpec, toolchain: Toolchain, imports: Sequence[str], cache: Path
) -> InterpreterChoice:
    """Return a plugin's toolchain for a job, with errors where it is not there or lacks an import."""
    if toolchain.state in ("missing", "incomplete"):
        return InterpreterChoice(toolchain.name, "", "", (_error("toolchain-missing", _not_made(spec)),))
    if toolchain.state == "broken":
        return _broken(toolchain, toolchain.reason)
    try:
        findings = await find_modules(toolchain.python, imports, cache)
    except BrokenError as error:
        return _broken(toolchain, str(error))
    where, adding = f"the toolchain {toolchain.name}", f"rankzero toolchains add {toolchain.name}"
    lacks = tuple(_missing(each, where, adding, toolchain.packages) for each in findings.missing)
    return InterpreterChoice(toolchain.name, str(toolchain.python), str(toolchain.python.parent), lacks)


async def plain_choice(pairs: Sequence[Pair], imports: Sequence[str], cache: Path) -> InterpreterChoice:
    """Return a Python for a job that no plugin starts: the ready toolchain that lacks least, else this program's own.

    Where none of them has all, and one that is not made yet is meant for what is lacking, that one is named.
    """
    choices = []
    for spec, toolchain in pairs:
        if toolchain.state == "ready":
            choices.append(await choice_for(spec, toolchain, imports, cache))
            if not choices[-1].diagnostics:
                return choices[-1]
    choices.append(await _own(imports, cache))
    least = min(choices, key=lambda each: len(each.diagnostics))
    if least.diagnostics and declares(pairs, imports):
        meant = best(pairs, None, imports)
        if meant[1].state != "ready":
            return await choice_for(*meant, imports, cache)
    return least


def _not_made(spec: ToolchainSpec) -> str:
    """Say that a toolchain has to be made, what that costs, and what it needs of the system first."""
    cost = cost_text(spec.minutes, spec.size_mb)
    takes = f", which takes {cost}" if cost else ""
    command = f"`rankzero toolchains create {spec.name}`"
    said = f"The toolchain {spec.name} ({spec.title}) is not made yet: run {command}{takes}."
    lacking = list(dict.fromkeys(name for build in spec.builds for name in missing_programs(build)))
    if not lacking:
        return said
    title = build_title(next(build for build in spec.builds if missing_programs(build)))
    return (
        f"{said} {title} is built for it, and {listed(lacking)} {is_or_are(lacking)} missing: {advice(lacking, title)}"
    )


async def _own(imports: Sequence[str], cache: Path) -> InterpreterChoice:
    python = Path(getattr(sys, "_base_executable", "") or sys.executable)
    try:
        findings = await find_modules(python, imports, cache)
    except BrokenError as error:
        return InterpreterChoice("", "", "", (_error("toolchain-broken", str(error)),))
    lacks = tuple(_missing(each, f"the Python {python}", f"{python} -m pip install", {}) for each in findings.missing)
    return InterpreterChoice("", str(python), str(python.parent), lacks)


def _missing(module: str, where: str, adding: str, packages: Mapping[str, str]) -> Diagnostic:
    """Say which import is nowhere; what to install is only said where it is known, and never guessed by the name."""
    keras = packages.get("keras", "")
    if module == "tf_keras" and keras.partition(".")[0].isdecimal() and int(keras.partition(".")[0]) >= 3:
        message = (
            f"The script imports tf_keras, which is Keras 2, and {where} has Keras {keras}: run `{adding} tf_keras`."
        )
        return _error("missing-package", message)
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
