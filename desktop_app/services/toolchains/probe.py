"""Asks an interpreter what it can import: in one short process, or from what it answered before.

An answer holds as long as the interpreter, its `sys.path` folders and PYTHONPATH stay as they are; it is kept in
the cache, so that most jobs start without asking at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from desktop_app.processes import end_group, group_options
from desktop_app.services.files import write_atomically

_SCRIPT = Path(__file__).resolve().parents[2] / "worker" / "interpreter_probe.py"
_QUICK = 20.0  # seconds; a machine under load may take long to start a Python
_THOROUGH = 300.0


class BrokenError(Exception):
    """The interpreter can't be run; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What an interpreter said; `troubles` maps a module to what its import said and the traceback."""

    version: str
    missing: tuple[str, ...] = ()
    troubles: Mapping[str, tuple[str, str]] = field(default_factory=dict)


async def find_modules(python: Path, names: Sequence[str], cache: Path) -> Findings:
    """Return which modules the interpreter can't find; quick, imports nothing. Raises BrokenError."""
    kept = cache / f"{hashlib.sha256(str(python).encode()).hexdigest()[:16]}.json"
    known = await asyncio.to_thread(_recall, kept, python)
    if known and all(each in known["found"] for each in names):
        return _findings(known, names)
    wanted = sorted({*names, *(known["found"] if known else ())})
    answer = await _ask(python, "find", wanted, _QUICK)
    fresh = await asyncio.to_thread(_keep, kept, python, answer, wanted)
    return _findings(fresh, names)


def _keep(kept: Path, python: Path, answer: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, Any]:
    fresh = {
        "version": str(answer["version"]),
        "stamp": _stamp(python, answer["paths"]),
        "paths": answer["paths"],
        "found": {each: each not in answer["missing"] for each in wanted},
    }
    with contextlib.suppress(OSError):  # a cache that can't be written costs time, no more
        write_atomically(kept, json.dumps(fresh))
    return fresh


def run_once(python: Path) -> str:
    """Return the version of an interpreter after running it once; waits for it. Raises BrokenError."""
    command = [str(python), "-I", str(_SCRIPT), "find"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_QUICK, check=False)
    except subprocess.TimeoutExpired:
        raise BrokenError(f"{python} gave no answer for {_QUICK:g} seconds.") from None
    except OSError as error:
        raise BrokenError(f"{python} can't be run: {error.strerror or error}.") from error
    return str(_answer(python, done.stdout, done.stderr, done.returncode)["version"])


async def import_modules(python: Path, names: Sequence[str]) -> Findings:
    """Import modules for real, in a process of their own, and return what went wrong. Raises BrokenError."""
    answer = await _ask(python, "import", names, _THOROUGH)
    troubles = {name: (short, full) for name, (short, full) in answer["troubles"].items()}
    return Findings(str(answer["version"]), troubles=troubles)


def _findings(known: Mapping[str, Any], names: Sequence[str]) -> Findings:
    missing = tuple(each for each in dict.fromkeys(names) if not known["found"][each])
    return Findings(known["version"], missing)


def _recall(kept: Path, python: Path) -> dict[str, Any] | None:
    try:
        known: dict[str, Any] = json.loads(kept.read_text("utf-8"))
        return known if known["stamp"] == _stamp(python, known["paths"]) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _stamp(python: Path, paths: Sequence[str]) -> list[list[str | int]]:
    """Return what changes when anything is installed or removed: the times of the interpreter and its folders."""
    stamps: list[list[str | int]] = [["PYTHONPATH", os.environ.get("PYTHONPATH", "")]]
    for each in (str(python), *paths):
        try:
            stamps.append([each, os.stat(each).st_mtime_ns])  # noqa: PTH116 - as `sys.path` spells it
        except OSError:
            stamps.append([each, 0])
    return stamps


async def _ask(python: Path, mode: Literal["find", "import"], names: Sequence[str], patience: float) -> dict[str, Any]:
    try:
        process = await asyncio.create_subprocess_exec(
            str(python), str(_SCRIPT), mode, *names,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            **group_options(),
        )  # fmt: skip
    except OSError as error:
        raise BrokenError(f"{python} can't be run: {error.strerror or error}.") from error
    try:
        output, errors = await asyncio.wait_for(process.communicate(), patience)
    except TimeoutError:
        await end_group(process)
        raise BrokenError(f"{python} gave no answer for {patience:g} seconds.") from None
    except BaseException:
        await end_group(process)
        raise
    return _answer(python, output, errors, process.returncode)


def _answer(python: Path, output: bytes, errors: bytes, code: int | None) -> dict[str, Any]:
    try:
        answer = json.loads(output)
        if isinstance(answer, dict) and "version" in answer:
            return answer
    except ValueError:
        pass
    last = next((each for each in reversed(errors.decode("utf-8", "replace").splitlines()) if each.strip()), "")
    ending = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
    raise BrokenError(f"{python} is no working Python: it {ending}{f' ({last.strip()[:200]})' if last else ''}.")
