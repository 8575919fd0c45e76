"""Checks files of knowledge: `python -m tests.helpers.check_knowledge FILE.toml…`.

Of each signature its form, its expressions, and its own log: the line that must be shown is shown, of the right rank,
and no other signature of the file is heard first. Exits 1 where anything is wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from desktop_app.api import Explanation, FailureReport, Job
from desktop_app.api.failures import UNKNOWN_RANKS
from desktop_app.api.kit import Knowledge, Signature, explain_by
from desktop_app.api.kit.knowledge import KnowledgeError
from desktop_app.api.kit.knowledge_files import read_knowledge, troubles_of
from desktop_app.api.kit.log_lines import cleaned
from desktop_app.core.diagnosis.foreign import judged_logs


def main(paths: list[str]) -> int:
    """Print what is wrong, and how many signatures there are."""
    count = wrong = 0
    for path in map(Path, paths):
        try:
            known = read_knowledge(path)
        except KnowledgeError as error:
            print(error)
            wrong += 1
            continue
        count += len(known.signatures)
        for said in troubles_in(known):
            print(f"{path.name}: {said}")
            wrong += 1
    print(f"{count} signatures, {wrong} faults")
    return 1 if wrong else 0


def troubles_in(known: Knowledge) -> Iterator[str]:
    """Yield what is wrong with signatures, each with its code."""
    codes: set[str] = set()
    for each in known.signatures:
        if each.code in codes:
            yield f"{each.code}: the code is there twice"
        codes.add(each.code)
        faults = troubles_of(each)
        yield from (f"{each.code}: {fault}" for fault in faults)
        if not faults:
            yield from (f"{each.code}: {fault}" for fault in troubles_of_log(each, known))


def troubles_of_log(signature: Signature, known: Knowledge) -> Iterator[str]:
    """Yield what is wrong when a signature's own log is all there is."""
    if signature.shown.strip() not in [cleaned(line)[0].strip() for line in signature.log.split("\n")]:
        yield f"its log has no such line: {signature.shown.strip()}"
        return
    report = FailureReport(job=Job(command=""), tails={UNKNOWN_RANKS: signature.log.strip("\n")}, is_foreign=True)
    found = explain_by(known, report)
    mine = [each for each in found if each.code == signature.code]
    if not mine:
        others = ", ".join(f"{each.code} ({each.line})" for each in found)
        yield f"it is not found in its own log; found: {others or 'nothing'}"
        return
    yield from _judged(signature, mine, judged_logs(found, report.tails).cause, found)


def _judged(
    signature: Signature, mine: list[Explanation], cause: Explanation | None, found: tuple[Explanation, ...]
) -> Iterator[str]:
    passive = signature.kind in ("symptom", "echo")
    if passive and cause is not None:
        yield f"it is a {signature.kind}, but its log is diagnosed to {cause.code}: {cause.line}"
    if not passive and (cause is None or cause.code != signature.code):
        said = "nothing" if cause is None else f"{cause.code}: {cause.line}"
        yield f"its own log is diagnosed to {said} (found: {', '.join(each.code for each in found)})"
    shown = mine[0] if passive or cause is None or cause.code != signature.code else cause
    if cleaned(shown.line)[0].strip() != signature.shown.strip():
        yield f"the line shown is: {shown.line}"
    if signature.rank is not None and shown.about != signature.rank:
        yield f"the rank it blames is {shown.about}, not {signature.rank}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
