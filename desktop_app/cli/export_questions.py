"""What an export needs decided: answered by what was allowed for that very file, else said as the options to give."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from desktop_app.api import UserError
from desktop_app.services.exports.allowed import Allowed
from desktop_app.services.exports.orders import Answer, Question
from desktop_app.services.workers import TaskFailedError

_NAMES = ("unsafe-globals", "hdf5")


class AskedError(UserError):
    """An export that goes on once more is said; `ask` is the question as JSON has it."""

    def __init__(self, error: TaskFailedError, hint: str) -> None:
        super().__init__(error.message, hint=hint, details=error.details)
        self.ask = dict(error.ask or {})


class Answers:
    """Decides by `--allow`, which holds for the file with these bytes from then on, and never by itself."""

    def __init__(self, allowed: Sequence[str], kept: Allowed) -> None:
        self._allowed = allowed
        self._kept = kept

    async def __call__(self, question: Question) -> Answer | None:
        """Return the names that were allowed, if they are all that the file asks for."""
        if question.kind not in _NAMES:
            return None
        names, sha256 = {str(each) for each in question.ask.get("names", ())}, str(question.ask.get("sha256") or "")
        known = await asyncio.to_thread(self._kept.read)
        allowed = {*self._allowed, *known.get(sha256, ())}
        if not names or not names <= allowed:
            return None
        if sha256 and names & {*self._allowed}:
            together = sorted({*known.get(sha256, ()), *(names & {*self._allowed})})
            await asyncio.to_thread(self._kept.keep, {**known, sha256: together})
        return Answer(allowed=tuple(sorted(names)))


def with_options(error: TaskFailedError) -> UserError:
    """Return the error with the options that answer its question."""
    ask = error.ask
    if ask is None:
        return error
    words = _WORDS.get(str(ask.get("kind", "")))
    told = words(ask) if words is not None else ""
    return AskedError(error, f"{error.hint or ''} {told}".strip())


def _of_names(ask: Mapping[str, Any]) -> str:
    names = [str(each) for each in ask.get("names", ())]
    options = " ".join(f"--allow {shlex.quote(each)}" for each in names)
    return f"If you trust this file: {options}" if options else ""


def _of_class(ask: Mapping[str, Any]) -> str:
    rows = [each for each in ask.get("candidates", ()) if isinstance(each, Mapping) and each.get("name")]
    fitting = [str(each["name"]) for each in rows if each.get("fits")] or [str(each["name"]) for each in rows]
    if not fitting:
        return "`--set class=MODULE:CLASS` names it; MODULE is a file in this folder."
    others = f" (or {', '.join(fitting[1:4])})" if len(fitting) > 1 else ""
    return f"`--set class={fitting[0]}`{others} names it."


def _of_arguments(ask: Mapping[str, Any]) -> str:
    rows = [each for each in ask.get("parameters", ()) if isinstance(each, Mapping) and each.get("name")]
    needed = [each for each in rows if each.get("required")] or rows
    options = " ".join(f"--set arguments.{each['name']}={_example(each)}" for each in needed)
    return f"Add {options}" if options else ""


def _example(row: Mapping[str, Any]) -> str:
    examples = {"int": "64", "float": "0.1", "bool": "true", "str": "TEXT"}
    return examples.get(str(row.get("annotation") or ""), "VALUE")


def _of_inputs(ask: Mapping[str, Any]) -> str:
    known = [str(each["name"]) for each in ask.get("known", ()) if isinstance(each, Mapping) and each.get("name")]
    names = f" It takes {', '.join(known)}." if known else ""
    return f"`--inputs` takes one at a time, or an .npz with examples.{names}"


def _of_signature(ask: Mapping[str, Any]) -> str:
    name = _first(str(each) for each in ask.get("names", ()))
    return f"`--set signature={name}` names it." if name else ""


def _first(names: Iterable[str]) -> str:
    return next(iter(names), "")


_WORDS = {
    "unsafe-globals": _of_names,
    "hdf5": _of_names,
    "class": _of_class,
    "arguments": _of_arguments,
    "inputs": _of_inputs,
    "signature": _of_signature,
}
