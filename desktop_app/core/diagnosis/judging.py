"""Which explanation of a failed run is its cause: an echo is never one, and neither is the rank that it stands in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from desktop_app.api import Explanation, RunSnapshot
from desktop_app.core.diagnosis.model import Diagnosis, Verdict

LAST_LINES = 20  # of a log without an exception: what stands above them, the rank outlived
_OWN_DEATHS = frozenset({4, 7, 8, 9, 11})  # no peer's end brings these signals, as it does SIGABRT and SIGTERM
_OF_A_SHELL = 128


def judged(found: Sequence[Explanation], run: RunSnapshot, tails: Mapping[int, str]) -> Diagnosis:
    """Return the explanations in order, and the cause among them; `tails` are the ends of the logs, by rank.

    A line that anybody calls an echo is no cause. The cause of the first rank to fall is the run's; that of another
    rank, or of the launcher, only where the first rank itself has nothing but an echo to tell, or no rank fell.
    """
    ordered = _ordered(found, run)
    only_echo = _is_only_echo(ordered, run, tails)
    causes = [each for each in ordered if not each.is_echo]
    first = run.first_failure
    if first is not None and not only_echo:
        causes = [each for each in causes if each.rank == first.rank]
    cause = causes[0] if causes else None
    verdict = Verdict.CAUSE if cause is not None else Verdict.SYMPTOMS_ONLY if ordered else Verdict.NOTHING
    return Diagnosis(verdict, cause, ordered, only_echo=only_echo)


def _ordered(found: Sequence[Explanation], run: RunSnapshot) -> tuple[Explanation, ...]:
    echoing = {_place(each) for each in found if each.is_echo and each.line}
    kept: dict[tuple[object, ...], Explanation] = {}
    for each in sorted(found, key=lambda one: one.fix is None):  # of two that say the same, the one that can mend it
        if each.is_echo or _place(each) not in echoing:
            kept.setdefault((each.code, *_place(each)), each)
    first = run.first_failure.rank if run.first_failure is not None else None
    return tuple(sorted(kept.values(), key=lambda each: (each.is_echo, each.rank != first, each.fix is None)))


def _place(explanation: Explanation) -> tuple[int | None, str]:
    return explanation.rank, explanation.line.strip()


def _is_only_echo(ordered: Sequence[Explanation], run: RunSnapshot, tails: Mapping[int, str]) -> bool:
    """Whether the first rank's last words are an echo; words that nobody knows are its own fault, as long as any.

    One without last words may have been killed long after a line that only sounds like an echo.
    """
    first = run.first_failure
    if first is None or _died_by_itself(first.exit_code):
        return False
    mine = [each for each in ordered if each.rank == first.rank]
    if any(not each.is_echo for each in mine):
        return False
    words = first.text.strip()
    last = words or "\n".join([each for each in tails.get(first.rank, "").splitlines() if each.strip()][-LAST_LINES:])
    return any(each.line.strip() in last or (words and words in each.line) for each in mine if each.line)


def _died_by_itself(code: int) -> bool:
    """Whether a rank was killed for what it did itself, such as a fault, or memory that ran out."""
    return (-code if code < 0 else code - _OF_A_SHELL) in _OWN_DEATHS
