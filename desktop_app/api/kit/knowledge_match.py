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
from desktop_app.api.kit.log_lines import LogLines, Writer
from desktop_app.api.kit.log_lines_unlike import Place, UnlikeLines, unlike_lines

Fixes = Mapping[str, Callable[[Job], Fix | None]]
APART = 60
"""Lines between two matches of which the first was outlived: the last such group counts, by its first line."""
AHEAD = 12
_SOURCE = r"^\s+raise\b"  # a traceback's line of code: what it raises stands below
LONGEST_LINE = 4000
"""Characters of a line that are looked at."""
_MOST_WRITERS = 1024
_LONGEST_RANK = 9  # digits
_HOLE = re.compile(r"\{(\w+)\}")
_BYTES = re.compile(r"\b(\d{4,30}) [Bb]ytes\b")
_BLANKS = re.compile(r"\s{2,}")
_TWO_STOPS = re.compile(r"(?<!\.)\.\.(?=\s|$)")
_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_STEP = 1024
_AROUND_NOTHING = (
    (re.compile(r" *(?:\(\)|“”)"), ""),
    (re.compile(r"[:, ]+(?=[.,;](?:\s|$))"), ""),
    (re.compile(r"(?:: *| +)$"), "."),
    (re.compile(r"  +"), " "),
    (re.compile(r" (?=: )"), ""),
)
REPORT_CERTAINTY = 0.5


def explain_by(knowledge: Knowledge, report: FailureReport, fixes: Fixes | None = None) -> tuple[Explanation, ...]:
    """Return what the logs of a report mean, by rank: of each signature one line for each writer of a log.

    Of two signatures of one file that know the same line the first is heard. `fixes` are the changes to a job that
    signatures name in `fix`.
    """
    ranks = [*report.tails, None]
    lines = unlike_lines((*report.tails.values(), report.launcher))
    found: list[tuple[int, Explanation]] = []
    taken: set[tuple[str, int, int]] = set()
    for each in knowledge.signatures:
        for place, match in _told(each, lines) if _is_for(each, report) else ():
            if (each.file, *place) not in taken:
                taken.add((each.file, *place))
                fix = fixes[each.fix](report.job) if fixes is not None and each.fix in fixes else None
                where = (ranks[place[0]], place[1])
                found.append((place[0], _explanation(each, lines.logs[place[0]], where, match, fix)))
    return tuple(each for _, each in sorted(found, key=lambda one: one[0]))


def _is_for(signature: Signature, report: FailureReport) -> bool:
    if report.is_foreign or not signature.distributions:
        return True
    distribution = report.job.distribution
    return (distribution.type.lower() if distribution is not None else "none") in signature.distributions


def _told(signature: Signature, lines: UnlikeLines) -> Iterator[tuple[Place, re.Match[str]]]:
    """Yield where a signature stands: once for each writer of each log, by the first of its expressions there."""
    beside: set[int] | None = None
    done: set[tuple[int, Writer]] = set()
    for pattern in signature.lines:
        by_writer: dict[tuple[int, Writer], list[tuple[Place, re.Match[str]]]] = {}
        for place, match in _matches(pattern, lines):
            writer = lines.writer_of(place)
            if (
                writer not in done
                and not lines.is_code(place)
                and not _any((*signature.unless, _SOURCE), lines.line_at(place))
            ):
                by_writer.setdefault(writer, []).append((place, match))
        if by_writer and signature.beside and beside is None:
            beside = {place[0] for each in signature.beside for place, _ in _matches(each, lines)}
        done |= set(by_writer)
        for (log, _), found in list(by_writer.items())[:_MOST_WRITERS]:
            if beside is None or log in beside:
                yield _first_of_last_group(found)


def _matches(pattern: str, lines: UnlikeLines) -> Iterator[tuple[Place, re.Match[str]]]:
    """Yield the places of lines that match, in the order of logs and lines."""
    found = [(place, match) for line, match in _unlike_matches(pattern, lines) for place in lines.places[line]]
    yield from sorted(found, key=lambda each: each[0])


def _unlike_matches(pattern: str, lines: UnlikeLines) -> Iterator[tuple[int, re.Match[str]]]:
    wanted = needles(pattern)
    numbers = lines.with_any(wanted) if wanted else range(len(lines.lines))
    for number in numbers:
        match = compiled(pattern).search(lines.lines[number][:LONGEST_LINE])
        if match is not None:
            yield number, match


def _first_of_last_group(found: Sequence[tuple[Place, re.Match[str]]]) -> tuple[Place, re.Match[str]]:
    begin = found[0]
    for before, after in pairwise(found):
        if after[0][1] - before[0][1] > APART:
            begin = after
    return begin


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
    held = _held(match)
    shown = _shown(signature, log, number, named=any(held.values()))
    if shown is not None:
        number, more = shown
        held |= {name: value for name, value in _held(more).items() if value or not held.get(name)}
    return Explanation(
        signature.code,
        filled(signature.explanation, held),
        tuple(filled(each, held) for each in signature.advice),
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
        rerun=rerun_with(signature.rerun) if signature.rerun else None,
        remedy=_remedy(signature.remedy, held),
    )


def _held(match: re.Match[str]) -> dict[str, str]:
    """Return what the groups took, as texts say it: a size in the unit in which it is a small number."""
    return {name: _BLANKS.sub(" ", _BYTES.sub(_size, value or "")) for name, value in match.groupdict().items()}


def _size(found: re.Match[str]) -> str:
    number, said = float(found[1]), "bytes"
    for unit in _UNITS:
        if number < _STEP:
            break
        number, said = number / _STEP, unit
    return f"{number:.1f}".removesuffix(".0") + f" {said}"


def _certainty(signature: Signature) -> float:
    return min(signature.certainty, REPORT_CERTAINTY) if signature.kind is Kind.REPORT else signature.certainty


def _about(named: str, writer: Writer, rank: int | None) -> int | None:
    if named.isdecimal() and len(named) <= _LONGEST_RANK:
        return int(named)
    return writer.rank if writer.rank != rank else None


def _shown(signature: Signature, log: LogLines, number: int, *, named: bool) -> tuple[int, re.Match[str]] | None:
    """Return the line to show instead, with its number: it follows, unless the line itself names what it is about."""
    if not signature.shows:
        return None
    writer = log.writers[number]
    more = signature.shows.count(r"\n")  # an expression may reach over several lines: the last of them is shown
    for ahead in range((number if named else number + 1) + more, min(number + 1 + AHEAD, len(log.lines))):
        told = "\n".join(each[:LONGEST_LINE] for each in log.lines[ahead - more : ahead + 1])
        match = compiled(signature.shows).search(told)
        if match is not None and log.writers[ahead] == writer:
            return ahead, match
    return None


def rerun_with(variables: Mapping[str, str]) -> Fix:
    """Return a change with which a further run tells more: environment variables."""
    said = " and ".join(f"{name}={value}" for name, value in variables.items())
    return Fix(f"Run again with {said}", {f"environment_variables.{name}": value for name, value in variables.items()})


def _remedy(remedy: Remedy | None, held: Mapping[str, str]) -> Remedy | None:
    return Remedy(remedy.kind, filled(remedy.value, held)) if remedy is not None else None


def filled(text: str, held: Mapping[str, str]) -> str:
    """Return a text with its holes filled; what stood around a hole for which there is nothing goes with it."""
    if all(held.get(hole) for hole in _HOLE.findall(text)):
        return _TWO_STOPS.sub(".", _HOLE.sub(lambda hole: held[hole[1]], text))
    for pattern, instead in _AROUND_NOTHING:
        text = pattern.sub(instead, _HOLE.sub(lambda hole: held.get(hole[1], ""), text))
    return _TWO_STOPS.sub(".", text)
