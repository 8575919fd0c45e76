"""Checks files of knowledge: each signature's form, its expressions, and its own log, in which it must be heard.

from desktop_app.api.testing import knowledge_problems

def test_what_it_knows_of_failures_holds():
    assert knowledge_problems(FOLDER) == ()
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import TypeAlias

from desktop_app.api.failures import UNKNOWN_RANKS, Explanation, FailureReport
from desktop_app.api.jobs import Job
from desktop_app.api.kit.knowledge import Kind, Knowledge, KnowledgeError, Signature
from desktop_app.api.kit.knowledge_files import expressions_of, read_knowledge, troubles_of
from desktop_app.api.kit.knowledge_match import LONGEST_LINE, compiled, explain_by, filled
from desktop_app.api.kit.knowledge_needles import needles
from desktop_app.api.kit.log_lines import cleaned

Judge: TypeAlias = Callable[[Sequence[Explanation], Mapping[int, str]], Explanation | None]
"""Which explanation of a log is the cause; the program has one, `rankzero plugins check` uses it."""
MOST_SECONDS = 1.0
"""For one line, of the process's own time; most expressions take a hundredth of it."""
_TRIES = 3
_ILL_SAID = re.compile(r"^ |  |\s[.,;:](?:\s|$)|[:,;]\.|(?<!\w)\(\s*\)|\bNone\b(?![,)\]])|\.\.(?:\s|$)")
"""A blank first, two blanks, one before a full stop, nothing between brackets, two full stops."""
_BEFORE_HOLE = re.compile(r"([A-Za-z]{2,})\{\w+\}")
_AROUND = 20


def knowledge_problems(path: Path, judge: Judge | None = None) -> tuple[str, ...]:
    """Return what is wrong with a file of knowledge, or all of a plugin's: file, line, signature and key come first."""
    files = knowledge_files(path)
    if not files:
        return (f"{path}: there is no file of knowledge: a plugin keeps them in knowledge/*.toml.",)
    found: list[str] = []
    known: list[tuple[Path, Knowledge]] = []
    for file in files:
        try:
            known.append((file, read_knowledge(file)))
        except KnowledgeError as error:
            found.append(str(error))
    return (*found, *_twice(known), *(said for file, each in known for said in _of_file(file, each, judge)))


def knowledge_files(path: Path) -> list[Path]:
    """Return a file as it is; of a folder the `*.toml` files of its `knowledge`, or its own where it has none.

    A project's folder has them in that of its package.
    """
    if not path.is_dir():
        return [path]
    folders = [path / "knowledge"] if (path / "knowledge").is_dir() else sorted(path.glob("*/knowledge")) or [path]
    found = (each for folder in folders for each in folder.glob("*.toml"))
    return sorted(each for each in found if each.name not in ("plugin.toml", "pyproject.toml"))


def _twice(known: Sequence[tuple[Path, Knowledge]]) -> Iterator[str]:
    codes: dict[str, str] = {}
    for path, each in known:
        for signature in each.signatures:
            if signature.code in codes:
                yield f"{_place(path, signature)}: code: “{codes[signature.code]}” has a signature of that code already"
            codes.setdefault(signature.code, path.name)


def _of_file(path: Path, known: Knowledge, judge: Judge | None) -> Iterator[str]:
    if not known.signatures:
        yield f"{path.name}: it holds no signature: one begins with [[signature]]"
    for each in known.signatures:
        faults = troubles_of(each) or [*_slow(each)] or [*_of_log(each, known, judge)]
        yield from (f"{_place(path, each)}: {fault}" for fault in faults)


def _place(path: Path, signature: Signature) -> str:
    before, code, _ = path.read_text("utf-8").partition(f'"{signature.code}"')
    line = f":{before.count(chr(10)) + 1}" if code else ""
    return f"{path.name}{line}: {signature.code}"


def _slow(signature: Signature) -> Iterator[str]:
    """Yield expressions that hang on a line of their own words: one that begins anew for each match is the worst."""
    for key, pattern in expressions_of(signature):
        for words in needles(pattern):
            line = (words * LONGEST_LINE)[:LONGEST_LINE]
            if all(_seconds(pattern, line) >= MOST_SECONDS for _ in range(_TRIES)):
                yield f"{key}: this expression takes longer than {MOST_SECONDS:g} s for one line: {pattern}"


def _seconds(pattern: str, line: str) -> float:
    begin = process_time()
    compiled(pattern).search(line)
    return process_time() - begin


def _of_log(signature: Signature, known: Knowledge, judge: Judge | None) -> Iterator[str]:
    """Yield what is wrong when a signature's own log is all there is."""
    if signature.shown.strip() not in [cleaned(line)[0].strip() for line in signature.log.split("\n")]:
        yield f"shown: its log has no such line: {signature.shown.strip()}"
        return
    report = FailureReport(job=Job(command=""), tails={UNKNOWN_RANKS: signature.log.strip("\n")}, is_foreign=True)
    found = explain_by(known, report)
    mine = [each for each in found if each.code == signature.code]
    if not mine:
        others = ", ".join(f"{each.code} ({each.line})" for each in found)
        yield f"log: it is not found in its own log; found: {others or 'nothing'}"
        return
    yield from dict.fromkeys(_ill_said(signature, mine[0]))
    cause = judge(found, report.tails) if judge is not None else None
    if judge is not None:
        yield from _judged(signature, cause, found)
    shown = cause if cause is not None and cause.code == signature.code else mine[0]
    if cleaned(shown.line)[0].strip() != signature.shown.strip():
        yield f"shown: the line shown is: {shown.line}"
    if signature.rank is not None and shown.about != signature.rank:
        yield f"rank: the rank it blames is {shown.about}, not {signature.rank}"


def _ill_said(signature: Signature, found: Explanation) -> Iterator[str]:
    """Yield sentences that read ill: filled from the signature's own log, and by expressions that lack their groups."""
    texts = (signature.explanation, *signature.advice)
    for text, said in zip(texts, (found.cause, *found.advice), strict=True):
        yield from _clumsy(text, said)
        for pattern in signature.lines:
            held = dict.fromkeys((*compiled(pattern).groupindex, *compiled(signature.shows).groupindex), "it")
            yield from _clumsy(text, filled(text, held))


def _clumsy(text: str, said: str) -> Iterator[str]:
    """Yield what is ill said in a filled text, and is not so in the text itself."""
    grown = "|".join(rf"\b{word}\d" for word in _BEFORE_HOLE.findall(text))
    for fault in (*_ILL_SAID.finditer(said), *(re.finditer(grown, said) if grown else ())):
        if fault.start() == 0 or fault[0] not in text:
            yield f"this does not read well at “{said[max(0, fault.start() - _AROUND) : fault.end()]}”: {said}"


def _judged(signature: Signature, cause: Explanation | None, found: Sequence[Explanation]) -> Iterator[str]:
    if signature.kind in (Kind.SYMPTOM, Kind.ECHO):
        if cause is not None:
            yield f"kind: it is a {signature.kind}, but its log is diagnosed to {cause.code}: {cause.line}"
    elif cause is None or cause.code != signature.code:
        said = "nothing" if cause is None else f"{cause.code}: {cause.line}"
        yield f"log: it is diagnosed to {said} (found: {', '.join(each.code for each in found)})"
