"""Which exception of a chain says why a program ended: one that was dealt with, or one that was raised meanwhile.

Python prints the later one last, though it may only be the fault of a handler, of tidying up, or of a way around that
failed as well. Where the handler stands is known: a traceback that was caught begins with the frame that caught it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from desktop_app.api.kit.log_lines import LogLines
from desktop_app.core.diagnosis.exceptions import meaning
from desktop_app.core.diagnosis.frames import Frame, frames_of
from desktop_app.core.diagnosis.raised import CAUSED, HANDLED, SIBLING, Part, Raised

_TIDYING = re.compile(
    r"_{0,2}(?:exit|aexit|close|shutdown|cleanup|clean_up|teardown|finish|finalize|flush|destroy\w*|terminate|stop"
    r"|release|unlock|rmtree|del)(?:__)?$"
)
_TELLING = re.compile(
    r"_{0,2}(?:log(?:_\w+)?|logging|barrier|monitored_barrier|print_exc|format_exc|notify\w*|alert\w*|report_\w+"
    r"|send_\w+|on_\w*(?:error|exception|failure))$"
)
"""Functions in which a handler tells of what it handles: to a person, to a log, or to the other ranks."""
_RAISE = re.compile(r"raise\b")
_WRAPPERS = frozenset({"RuntimeError", "Exception", "SystemError", "InternalError", "ExceptionGroup", "RayTaskError"})
_LOOKED_UP = frozenset({"KeyError", "IndexError", "AttributeError", "LookupError", "Empty"})
_ASKED = _LOOKED_UP | {"StopIteration", "NotImplementedError", "TypeError", "ValueError"}
"""What a program asks by trying, on the spot: that it is raised need not be a fault."""
_MISSING = frozenset({"FileNotFoundError", "ImportError", "ModuleNotFoundError"})
"""What is asked from afar too: whether there is a checkpoint, or a library that is quicker."""
_NEAR = 2
"""Frames of a question: the line that asks, and what it calls."""
_BUGS = frozenset({"KeyError", "IndexError", "AttributeError", "NameError", "UnboundLocalError", "TypeError"})
"""Of what a handler's own line is raised, where it is wrong itself."""


def shown_of(log: LogLines, chain: Raised) -> int:
    """Return the place of the part that says most: what came from another process, else most often the last.

    A cause that says more than what was raised from it is shown, and so is what was dealt with when a handler, or what
    it called, failed as well.
    """
    shown = 0
    for place, link in enumerate(chain.links, 1):
        before, after = chain.parts[shown], chain.parts[place]
        if after.line is None or link == SIBLING:
            continue
        if link == CAUSED and not _says_more(after, before):
            continue
        if link == HANDLED and _is_of_the_handling(log, chain, place, before):
            continue
        shown = place
    return shown


def _says_more(after: Part, before: Part) -> bool:
    """Whether an exception says more than the one that it was raised from."""
    said, told = _message(before), _message(after)
    if (said and said in after.text) or not told:
        return False
    return after.type not in _WRAPPERS or (before.type in _LOOKED_UP and " " in told and " " not in said)


def _message(part: Part) -> str:
    return part.text.partition(":")[2].strip()


def _is_of_the_handling(log: LogLines, chain: Raised, place: int, before: Part) -> bool:
    """Whether an exception only says how the handling of another one failed, which is then why the program ended."""
    after = chain.parts[place]
    if after.type != before.type and _repeats(after, before):
        return False
    frames, caught = _frames(log, chain, after), _frames(log, chain, chain.parts[place - 1])
    rest = _from_the_handler(frames, caught)
    takes_it_wrong = f"'{before.type}' object" in after.text
    if takes_it_wrong or _serves_the_handler(rest[1:] if rest else frames):
        return True
    is_question = before.type in _MISSING or (before.type in _ASKED and len(caught) <= _NEAR)
    return bool(rest) and not _is_answer(before, after, rest, is_question=is_question)


def _is_answer(before: Part, after: Part, frames: Sequence[Frame], *, is_question: bool) -> bool:
    """Whether an exception is what a program came to by way of another one; `frames` begin with its handler's."""
    told, line = meaning(before.type, before.text), frames[0].text
    if len(frames) == 1 and _RAISE.match(line):
        return _says_more(after, before)
    is_bug = len(frames) == 1 and after.type in _BUGS and bool(line)
    if before.type == after.type and not is_bug:
        return False  # it was tried in another way, in vain: of both failures the first is the one to mend
    if is_bug:
        return is_question
    return is_question or told.is_symptom or told.is_echo or before.type.startswith("_")


def _repeats(after: Part, before: Part) -> bool:
    message = _message(before)
    return bool(message) and message in _message(after)


def _frames(log: LogLines, chain: Raised, part: Part) -> tuple[Frame, ...]:
    """Return the frames of a traceback, the outermost first."""
    return tuple(frames_of(log, chain, part))[::-1]


def _from_the_handler(frames: Sequence[Frame], caught: Sequence[Frame]) -> Sequence[Frame]:
    """Return the frames from the one on that caught the other exception; nothing where that is not among them."""
    if not caught or not caught[0].function:
        return ()
    for place, each in enumerate(frames):
        if (each.file, each.function) == (caught[0].file, caught[0].function):
            return frames[place:]
    return ()


def _serves_the_handler(frames: Sequence[Frame]) -> bool:
    """Whether it was raised where a program tidies up, or tells of an error."""
    return any(_TIDYING.match(each.function) or _TELLING.match(each.function) for each in frames)
