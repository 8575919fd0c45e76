"""What a diagnosis says: the cause and where it stands, what followed from it, and who fell when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from desktop_app.api import Explanation, Fix


class Verdict(StrEnum):
    """Whether the logs hold a cause. `NOTHING` is for logs that hold no failure at all, or no line."""

    CAUSE = "cause"
    SYMPTOMS_ONLY = "symptoms-only"
    NOTHING = "nothing"


class Part(StrEnum):
    """The part that one rank had in a failure."""

    CAUSE = "cause"
    OWN = "own"  # an error of its own that is not the run's cause
    SYMPTOM = "symptom"
    ECHO = "echo"  # it fell because another one was gone
    STOPPED = "stopped"  # the launcher or the program ended it
    FINISHED = "finished"
    SILENT = "silent"  # nothing is known: no log, or nothing in it


_LONGEST_CODE = 200
_COMMENT = re.compile(r"\s{2,}#.*$")


def shortened(code: str) -> str:
    """Return a line of code, its beginning where it is long."""
    return code if len(code) <= _LONGEST_CODE else f"{code[:_LONGEST_CODE]} …"


@dataclass(frozen=True, slots=True)
class Place:
    """A line in a log: `file` as the person named it or relative to the run's folder, `line` from 1.

    Of a line far back in a huge file the number is 0; `offset` says at which byte of the file each begins.
    """

    file: str
    line: int
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Stand:
    """The line of the person's own code at which ranks were when they fell, and what stands in it."""

    ranks: tuple[int, ...]
    place: Place
    text: str = ""

    @property
    def line(self) -> str:
        """The file with the number of the line."""
        return f"{self.place.file}:{self.place.line}"

    @property
    def code(self) -> str:
        """What stands there, without a comment behind it."""
        return shortened(_COMMENT.sub("", self.text))


@dataclass(frozen=True, slots=True)
class Fall:
    """How one rank ended: `at` is None where no clock tells; `order` counts from 0, the same where nothing tells."""

    rank: int
    part: Part
    order: int
    at: datetime | None = None
    exit_code: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is known of a failed run or of logs from elsewhere.

    `all` holds each explanation, causes first, then symptoms, then echoes; `places` says where each of them stands, in
    the same order. `rank` is the guilty one where it is known. `steps` are changes to run again with, to learn more.
    """

    verdict: Verdict = Verdict.NOTHING
    cause: Explanation | None = None
    all: tuple[Explanation, ...] = ()
    places: tuple[Place | None, ...] = ()
    rank: int | None = None
    only_echo: bool = False
    falls: tuple[Fall, ...] = ()
    steps: tuple[Fix, ...] = ()
    code: Place | None = None
    """The innermost line of the person's own code in the traceback of the cause, else of the first symptom."""
    code_text: str = ""
    """All of that line, where the traceback or the run's copy of the code tells it; `code_shown` is to be shown."""
    stands: tuple[Stand, ...] = ()
    """Where ranks were that lost or waited for each other, if not all at the same line."""
    missing: tuple[str, ...] = ()
    """What could not be looked at, or is not there, a sentence each: an empty log, a rank without one."""
    is_read: bool = False
    """Whether there was any line to read."""
    last_line: str = ""
    """The last line of the guilty rank, of the only suspect, or of one that left early, where no line says why."""
    last_rank: int | None = None
    """Whose that line is, where that is not `rank`."""
    suspects: tuple[int, ...] = ()
    """Where no cause is known: the few ranks that did not wait for others, nor lose them, as all others did."""

    @property
    def echoes(self) -> tuple[Explanation, ...]:
        """The explanations that are echoes."""
        return tuple(each for each in self.all if each.is_echo)

    @property
    def symptoms(self) -> tuple[Explanation, ...]:
        """The explanations that say what went wrong, and not why."""
        return tuple(each for each in self.all if each.is_symptom and not each.is_echo)

    @property
    def code_shown(self) -> str:
        """What stands in the line of code, its beginning where it is long: cut only now that no secret is in it."""
        return shortened(self.code_text)

    @property
    def place(self) -> Place | None:
        """Where the cause stands."""
        return None if self.cause is None else self.place_of(self.cause)

    def place_of(self, explanation: Explanation) -> Place | None:
        """Return where an explanation's line stands, None where that is not known."""
        found = (place for each, place in zip(self.all, self.places, strict=False) if each is explanation)
        return next(found, None)
