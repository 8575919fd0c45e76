"""What the program reads itself in the logs of a failed run: exceptions and errors that no plugin knows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from desktop_app.api import Explanation
from desktop_app.api.kit.log_lines import LogLines, lines_of
from desktop_app.core.diagnosis.exceptions import GENERAL, GUESS, OF_PEERS, OF_THE_SCRIPT, WEAK, meaning
from desktop_app.core.diagnosis.frames import frames_of, is_of_others
from desktop_app.core.diagnosis.raised import Raised
from desktop_app.core.diagnosis.reported import guess, of_reported, of_silent
from desktop_app.core.diagnosis.survived import without_survived
from desktop_app.core.diagnosis.tracebacks import raised_in

CUT = "traceback-cut"
_BEFORE = 12
"""Lines before a traceback in which a program writes what it is about to raise."""
_TELLING = 24
"""Characters from which on the same message twice is the same thing said twice."""


def with_own(
    found: Sequence[Explanation],
    tails: Mapping[int, str],
    unshared: Collection[int] = (),
    *,
    is_alone: bool = False,
    is_foreign: bool = False,
) -> tuple[Explanation, ...]:
    """Return what plugins found and what logs say beyond it, without errors that were survived.

    `unshared` are the ranks whose logs no other rank writes.
    """
    own = _of_logs(found, tails)
    logs: dict[int | None, LogLines] = {rank: lines_of(tail) for rank, tail in tails.items()}
    kept = set(map(id, without_survived([*found, *own], logs, unshared)))
    told = [each for each in found if id(each) in kept]
    own = [each for each in own if id(each) in kept]
    return (*told, *_with_rest(told, own, tails, is_alone=is_alone, is_foreign=is_foreign))


def own_explanations(
    found: Sequence[Explanation], tails: Mapping[int, str], *, is_alone: bool = False, is_foreign: bool = False
) -> tuple[Explanation, ...]:
    """Return what logs say beyond what plugins found: exceptions that they do not know; a guess where there is nothing.

    What a plugin says about any line of an exception, or about one that it was raised from, stands for the whole. A
    process that `is_alone` has no peers that it could have lost. Of logs that are `is_foreign` no exit codes are known.
    """
    return _with_rest(found, _of_logs(found, tails), tails, is_alone=is_alone, is_foreign=is_foreign)


def _of_logs(found: Sequence[Explanation], tails: Mapping[int, str]) -> list[Explanation]:
    return [each for rank, tail in tails.items() if tail for each in _of_log(found, rank, lines_of(tail))]


def _with_rest(
    found: Sequence[Explanation],
    own: list[Explanation],
    tails: Mapping[int, str],
    *,
    is_alone: bool,
    is_foreign: bool,
) -> tuple[Explanation, ...]:
    if is_alone:
        own = [_without_peers(each) for each in own]
    if not found and all(each.code == CUT for each in own):
        own += [each for rank, tail in tails.items() if tail for each in guess(rank, lines_of(tail))]
    else:
        own += of_reported([*found, *own], tails)
        own += of_silent([*found, *own], tails, is_foreign=is_foreign)
    return tuple(own)


def _without_peers(explanation: Explanation) -> Explanation:
    if explanation.code != OF_PEERS:
        return explanation
    return replace(
        explanation, cause="What the program connects to did not answer, or ended the connection.",
        advice=("See that it runs, that its address is right, and that it can be reached from this machine.",),
        is_symptom=False, certainty=GENERAL,
    )  # fmt: skip


def _of_log(found: Sequence[Explanation], rank: int, log: LogLines) -> Iterator[Explanation]:
    mine = [each for each in found if each.rank == rank]
    for each in raised_in(log):
        if not any(_tells(one, each, log) for one in mine):
            yield _explanation(each, log, rank)


def _tells(found: Explanation, raised: Raised, log: LogLines) -> bool:
    """Whether an explanation is of an exception: of any of its lines, but of an echo only up to where it is named.

    It is as well where the program wrote the exception's very words right before it raised it. What is said of a
    failure of the handling tells of what was handled only where that one says little by itself.
    """
    lines = [part.line for part in raised.parts if part.line is not None]
    if found.position is None:
        return any(found.line.strip() in (log.raw[line].strip(), log.lines[line].strip()) for line in lines)
    if log.writers[found.position] != raised.writer:
        return False
    is_cause = not found.is_echo and not found.is_symptom
    end = raised.end if is_cause or raised.part.type not in OF_THE_SCRIPT else max(lines, default=raised.end)
    if not is_cause or meaning(raised.part.type, raised.part.text).certainty > GENERAL:
        end = min(end, raised.aftermath - 1)
    return raised.begin <= found.position <= end or _says_before(found, raised)


def _says_before(found: Explanation, raised: Raised) -> bool:
    if found.position is None or not 0 < raised.begin - found.position <= _BEFORE:
        return False
    messages = (part.text.partition(": ")[2].strip() for part in raised.parts)
    return any(len(each) >= _TELLING and each in found.line for each in messages)


def _explanation(raised: Raised, log: LogLines, rank: int) -> Explanation:
    part, about = raised.part, raised.about
    if about is None and raised.writer.rank != rank:
        about = raised.writer.rank
    if part.line is None:
        return Explanation(
            CUT, "The log ends in the middle of a traceback, before it says what was raised.",
            ("Fetch the log again: the rest may have come later.",), rank, log.raw[part.end].strip(),
            category="user-exception", about=about, position=part.end, certainty=GUESS, is_symptom=True,
        )  # fmt: skip
    known = meaning(part.type, part.text, "\n".join(log.lines[part.begin : part.line]))
    found = Explanation(
        known.code, known.cause, known.advice, rank, log.raw[part.line].strip(), known.is_echo,
        category=known.category, is_symptom=known.is_symptom, about=about, position=part.line,
        certainty=known.certainty, remedy=known.remedy,
    )  # fmt: skip
    if known.code == OF_PEERS and _is_of_script(log, raised):
        return replace(_without_peers(found), certainty=WEAK)
    return found


def _is_of_script(log: LogLines, raised: Raised) -> bool:
    """Whether the script itself raised it, and all that led to it: what it waits for is not another rank."""
    innermost = [next(frames_of(log, raised, part), None) for part in raised.parts]
    return all(
        each is not None and each.text.startswith("raise ") and not is_of_others(each.file) for each in innermost
    )
