"""Finds signatures in the logs of a failed run: quickly where logs hold none of them, and each once a writer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from desktop_app.api.diagnostics import Fix
from desktop_app.api.failures import Explanation, FailureReport, Remedy
from desktop_app.api.jobs import Job
from desktop_app.api.kit.knowledge import Kind, Knowledge, Signature
from desktop_app.api.kit.knowledge_needles import needles
from desktop_app.api.kit.log_lines import LogLines, Writer, log_lines

Fixes = Mapping[str, Callable[[Job], Fix | None]]
APART = 60
"""Lines between two matches of which the first was outlived: the last such group counts, by its first line."""
AHEAD = 12
LONGEST_LINE = 4000
"""Characters of a line that are looked at."""
_MOST_WRITERS = 64
_HOLE = re.compile(r"\{(\w+)\}")
REPORT_CERTAINTY = 0.5


def explain_by(knowledge: Knowledge, report: FailureReport, fixes: Fixes | None = None) -> tuple[Explanation, ...]:
    """Return what the logs of a report mean, by rank: of each signature one line for each writer of a log.

    Of two signatures of one file that know the same line the first is heard. `fixes` are the changes to a job that
    signatures name in `fix`.
    """
    used = [each for each in knowledge.signatures if _is_for(each, report)]
    logs: list[tuple[int | None, str]] = [*report.tails.items(), (None, report.launcher)]
    return tuple(each for rank, text in logs if text for each in _of_log(used, rank, text, report.job, fixes or {}))


def _is_for(signature: Signature, report: FailureReport) -> bool:
    if report.is_foreign or not signature.distributions:
        return True
    distribution = report.job.distribution
    return (distribution.type.lower() if distribution is not None else "none") in signature.distributions


def _of_log(used: Sequence[Signature], rank: int | None, text: str, job: Job, fixes: Fixes) -> Iterator[Explanation]:
    log, taken = log_lines(text), set[tuple[str, int]]()
    for each in used:
        for number, match in _told(each, log):
            if (each.file, number) not in taken:
                taken.add((each.file, number))
                fix = fixes[each.fix](job) if each.fix in fixes else None
                yield _explanation(each, log, (rank, number), match, fix)


def _told(signature: Signature, log: LogLines) -> Iterator[tuple[int, re.Match[str]]]:
    """Yield where a signature stands in a log: once for each writer, by the first of its expressions that is there."""
    done: set[Writer] = set()
    for pattern in signature.lines:
        by_writer: dict[Writer, list[tuple[int, re.Match[str]]]] = {}
        for number, match in _matches(pattern, log):
            writer = log.writers[number]
            if writer not in done and not _any(signature.unless, log.lines[number]):
                by_writer.setdefault(writer, []).append((number, match))
        done |= set(by_writer)
        if by_writer and not _is_beside(signature, log):
            return
        for found in list(by_writer.values())[:_MOST_WRITERS]:
            yield _first_of_last_group(found)


def _matches(pattern: str, log: LogLines) -> Iterator[tuple[int, re.Match[str]]]:
    for number in _candidates(pattern, log):
        match = compiled(pattern).search(log.lines[number][:LONGEST_LINE])
        if match is not None:
            yield number, match


def _candidates(pattern: str, log: LogLines) -> Sequence[int]:
    wanted = needles(pattern)
    if not wanted:
        return range(len(log.lines))
    return sorted({number for needle in wanted for number in log.numbers_with(needle)})


def _first_of_last_group(found: Sequence[tuple[int, re.Match[str]]]) -> tuple[int, re.Match[str]]:
    begin = found[0]
    for before, after in pairwise(found):
        if after[0] - before[0] > APART:
            begin = after
    return begin


def _is_beside(signature: Signature, log: LogLines) -> bool:
    if not signature.beside:
        return True
    return any(next(_matches(each, log), None) is not None for each in signature.beside)


def _any(patterns: Sequence[str], line: str) -> bool:
    return any(compiled(each).search(line[:LONGEST_LINE]) for each in patterns)


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a regular expression ready for use; one that is none matches nothing."""
    try:
        return re.compile(pattern)
    except re.error:
        return re.compile(r"(?!)")


def _explanation(
    signature: Signature, log: LogLines, where: tuple[int | None, int], match: re.Match[str], fix: Fix | None
) -> Explanation:
    rank, number = where
    held = {name: value or "" for name, value in match.groupdict().items()}
    shown = _shown(signature, log, number)
    if shown is not None:
        number, more = shown
        held |= {name: value or "" for name, value in more.groupdict().items() if value or not held.get(name)}
    return Explanation(
        signature.code,
        _filled(signature.explanation, held),
        tuple(_filled(each, held) for each in signature.advice),
        rank,
        log.raw[number].strip(),
        signature.kind is Kind.ECHO,
        fix,
        category=signature.category,
        is_symptom=signature.kind is Kind.SYMPTOM,
        about=_about(held.get("rank", ""), log.writers[number], rank),
        position=number,
        certainty=_certainty(signature),
        links=signature.links,
        rerun=_rerun(signature.rerun),
        remedy=_remedy(signature.remedy, held),
    )


def _certainty(signature: Signature) -> float:
    return min(signature.certainty, REPORT_CERTAINTY) if signature.kind is Kind.REPORT else signature.certainty


def _about(named: str, writer: Writer, rank: int | None) -> int | None:
    if named.isdecimal():
        return int(named)
    return writer.rank if writer.rank != rank else None


def _shown(signature: Signature, log: LogLines, number: int) -> tuple[int, re.Match[str]] | None:
    if not signature.shows:
        return None
    writer = log.writers[number]
    for ahead in range(number + 1, min(number + 1 + AHEAD, len(log.lines))):
        match = compiled(signature.shows).search(log.lines[ahead][:LONGEST_LINE])
        if match is not None and log.writers[ahead] == writer:
            return ahead, match
    return None


def _rerun(variables: Mapping[str, str]) -> Fix | None:
    if not variables:
        return None
    said = " and ".join(f"{name}={value}" for name, value in variables.items())
    return Fix(f"Run again with {said}", {f"environment_variables.{name}": value for name, value in variables.items()})


def _remedy(remedy: Remedy | None, held: Mapping[str, str]) -> Remedy | None:
    return Remedy(remedy.kind, _filled(remedy.value, held)) if remedy is not None else None


def _filled(text: str, held: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda hole: held.get(hole[1], ""), text)
