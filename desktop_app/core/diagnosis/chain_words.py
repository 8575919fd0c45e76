"""What is said of a chain of exceptions beside the one that counts: what it came of, or what was raised meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from desktop_app.api import Explanation
from desktop_app.api.kit.log_lines import LogLines
from desktop_app.core.diagnosis.exception_words import words_of
from desktop_app.core.diagnosis.raised import CAUSED, HANDLED, Part, Raised
from desktop_app.core.diagnosis.tracebacks import raised_in

_EARLIER = {CAUSED: "It came of {}.", HANDLED: "It was raised while the program dealt with {}."}
_LATER = {CAUSED: "The program passed it on as {}.", HANDLED: "While the program dealt with it, {} was raised as well."}
_HANDLING = "During handling of the above exception"
_SHORT = 4
"""Characters up to which a message may stand in another one by chance."""


def with_the_other(cause: Explanation, logs: Mapping[int | None, LogLines]) -> Explanation:
    """Return a cause whose sentence also tells of the exception that it is chained with, unless they say the same."""
    log, position = logs.get(cause.rank), cause.position
    if log is None or position is None:
        return cause
    said = next((_said(each, position) for each in _chains(log) if each.begin <= position <= each.end), "")
    return replace(cause, cause=f"{cause.cause} {said}") if said and said not in cause.cause else cause


def without_aftermath(found: Sequence[Explanation], logs: Mapping[int | None, LogLines]) -> tuple[Explanation, ...]:
    """Leave out what is said of a handling that failed, where something is said of what was handled."""
    chains = {
        rank: [each for each in _chains(log) if each.aftermath <= each.end]
        for rank, log in logs.items()
        if _HANDLING in log.text
    }
    said = {(each.rank, each.position) for each in found}
    return tuple(each for each in found if not _is_aftermath(each, chains.get(each.rank, ()), said))


def _is_aftermath(
    explanation: Explanation, chains: Sequence[Raised], said: Collection[tuple[int | None, int | None]]
) -> bool:
    place = explanation.position
    chain = next((each for each in chains if place is not None and each.aftermath <= place <= each.end), None)
    if chain is None:
        return False
    return any((explanation.rank, number) in said for number in range(chain.begin, chain.aftermath))


def _chains(log: LogLines) -> Iterator[Raised]:
    return (each for each in raised_in(log) if len(each.parts) > 1)


def _said(chain: Raised, position: int) -> str:
    mine = next((place for place, part in enumerate(chain.parts) if part.begin <= position <= part.end), None)
    if mine is None:
        return ""
    later = chain.links[mine] if mine < len(chain.links) else ""
    if later in _LATER:
        return _sentence(_LATER[later], chain.parts[mine + 1], chain.parts[mine])
    first = mine
    while first > 0 and chain.links[first - 1] in _EARLIER:
        first -= 1
    return _sentence(_EARLIER[chain.links[first]], chain.parts[first], chain.parts[mine]) if first < mine else ""


def _sentence(form: str, other: Part, shown: Part) -> str:
    if other.line is None or _says_the_same(other, shown):
        return ""
    kind, message = words_of(other.type, other.text.partition(":")[2])
    return form.format(f"{kind}: {message.rstrip('.')}" if message else kind)


def _says_the_same(one: Part, other: Part) -> bool:
    mine, theirs = (each.text.partition(":")[2].strip() for each in (one, other))
    if one.type == other.type and mine == theirs:
        return True
    return (len(mine) > _SHORT and mine in theirs) or (len(theirs) > _SHORT and theirs in mine)
