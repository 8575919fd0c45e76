"""A log's lines as they are compared: no colours, progress bars as they stand, without the prefix that names a rank.

What was written into the line of a progress bar counts without the bar, and an error into whose line a launcher wrote
without what the launcher says. Several writers may share a log. Who wrote a line is told by what launchers put before
it: `[rank3]:`, `[default3]:` (torchrun --tee), `[1,7]<stderr>:` (mpirun), `[7]<stderr>:` (horovodrun), `3: ` (srun
--label), and `(train pid=417)` (Ray).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from desktop_app.api._log_forms import (
    BRACKETED,
    CLOCK,
    EQUAL,
    HOROVOD,
    HOST,
    LABEL,
    MONTH,
    MPI,
    RANK,
    RAY,
    ROLE,
    WEEKDAY,
    plain,
)

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|[ -/]*[0-~])")
_LEFT_OF_ESCAPES = re.compile(r"^(?:[·�]?\[(?:0|\d{1,2})(?:;\d{1,3})*m ?)+")  # where something dropped the escape
_DATED = rf"(?:{WEEKDAY} {plain(MONTH)} +\d+ {plain(CLOCK)} \d{{4}})?"  # by mpirun --timestamp-output
_PREFIX = re.compile("|".join((RANK, _DATED + MPI, HOROVOD, EQUAL, ROLE, HOST, RAY)))
_STREAM = re.compile(r"(?:stderr|stdout): |\s*\| (?=\[)")
_LABEL = re.compile(rf"{LABEL} ?|{BRACKETED} ")
_BARS = ("%|", "it/s", "s/it")  # of tqdm, at whose end is no new line
_LAUNCHER = "ChildFailedError"
_GLUED = re.compile(r"(?<=[\w.!)])torch\.distributed\.elastic\.multiprocessing(?:\.\w+)*\.ChildFailedError\b")
_MOST = 0.8  # of all lines have a bare `3: `, or `[3] ` as `rankzero runs logs` writes it, where it is a label
_LEAST = 4
_LONGEST_HOST = 70
_DEEPEST = 8
"""Prefixes before one line that are taken off, one after the other."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote a line: its `rank`, or the rank on its node, or some other name; none of them for the log's own."""

    rank: int | None = None
    local_rank: int | None = None
    name: str = ""


NOBODY = Writer()


@dataclass(frozen=True, slots=True)
class LogLines:
    """A log: `raw` lines without colours, as a person reads them; `lines` cleaned of prefixes; who wrote each."""

    raw: Sequence[str]
    lines: Sequence[str]
    writers: Sequence[Writer]
    text: str
    starts: Sequence[int]

    def numbers_with(self, needle: str) -> Iterator[int]:
        """Yield the numbers of the lines that hold a text."""
        place = self.text.find(needle)
        while place >= 0:
            number = bisect_right(self.starts, place) - 1
            yield number
            after = self.starts[number] + len(self.lines[number])
            place = self.text.find(needle, after)


def without_colours(line: str) -> str:
    """Return what a terminal shows of a line: after its last carriage return, without escape sequences."""
    line = line.rstrip("\r")
    line = line[line.rfind("\r") + 1 :]
    if "\x1b" in line:
        line = _ESCAPES.sub("", line)
    return _LEFT_OF_ESCAPES.sub("", line) if line[:1] in ("[", "·", "�") else line


def cleaned(line: str) -> tuple[str, Writer]:
    """Return one line without colours and prefixes, and who wrote it."""
    text, writer = _unlabelled(without_colours(line))
    return _unglued(text), writer


@lru_cache(maxsize=160)
def lines_of(text: str) -> LogLines:
    """Return a log cleaned; the same text is cleaned once for all who ask."""
    raw = text.split("\n")
    if "\x1b" in text or "\r" in text or "·[" in text or "�[" in text or "\n[" in text or text[:1] == "[":
        raw = [without_colours(each) for each in raw]
    pairs = [_unlabelled(each) if _may_be_labelled(each) else (each, NOBODY) for each in raw]
    labelled = _labelled(pairs)
    if labelled:
        pairs = labelled
    lines = [line for line, _ in pairs]
    if any(each in text for each in (*_BARS, _LAUNCHER)):
        lines = [_unglued(each) for each in lines]
    starts, place = [], 0
    for each in lines:
        starts.append(place)
        place += len(each) + 1
    return LogLines(raw, lines, [writer for _, writer in pairs], "\n".join(lines), starts)


def _unglued(line: str) -> str:
    """Return what a line says where no new line stands after a progress bar, or before what a launcher says."""
    bar = max(line.rfind(each) for each in _BARS)
    if bar >= 0:
        _, _, rest = line[bar:].partition("]")
        line = rest.lstrip() if rest.strip() else line
    glued = _GLUED.search(line) if _LAUNCHER in line else None
    return line[: glued.start()] if glued is not None else line


def _may_be_labelled(line: str) -> bool:
    if line[:1] in ("[", "(", "|") or line[:3].isalpha() or (line[:1] == " " and "| [" in line[:24]):
        return True
    return ": [rank" in line[:_LONGEST_HOST]


def _unlabelled(line: str) -> tuple[str, Writer]:
    stream = _STREAM.match(line)
    line = line[stream.end() :] if stream is not None else line
    writer = NOBODY
    for _ in range(_DEEPEST):
        found = _PREFIX.match(line)
        if found is None:
            break
        line, inner = line[found.end() :], _writer(found)
        writer = inner if inner.rank is not None or writer == NOBODY else writer
        if line[:1] not in ("[", "("):
            break
    return line, writer


def _writer(found: re.Match[str]) -> Writer:
    rank = found["rank"] or found["mpi"] or found["hvd"] or found["equal"]
    if rank:
        return Writer(rank=int(rank))
    if found["local"]:
        is_rank = found["role"].lower() == "rank"
        return Writer(rank=int(found["local"])) if is_rank else Writer(local_rank=int(found["local"]))
    return Writer(name=f"{found['ip'] or ''}{found['pid']}") if found["pid"] else NOBODY


def _labelled(pairs: Sequence[tuple[str, Writer]]) -> list[tuple[str, Writer]]:
    """Return the lines without `3: ` where nearly all have such a label, of more than one rank."""
    told = [(line, writer) for line, writer in pairs if line.strip()]
    if not told or not any(each.isdigit() or each in "rRwW[" for each in _first_letters(told)):
        return []
    labels = [_LABEL.match(line) for line, _ in told]
    held = Counter(each["label"] or each["own"] for each in labels if each is not None)
    if len(told) < _LEAST or sum(held.values()) < _MOST * len(told) or len(held) < 2:
        return []
    return [_without_label(line, writer) for line, writer in pairs]


def _first_letters(told: Sequence[tuple[str, Writer]]) -> tuple[str, str]:
    """Return where the last and the first line begin; srun sets its numbers to the right."""
    return told[-1][0].lstrip()[:1], told[0][0].lstrip()[:1]


def _without_label(line: str, writer: Writer) -> tuple[str, Writer]:
    found = _LABEL.match(line)
    if found is None:
        return line, writer
    rest, inner = _unlabelled(line[found.end() :])
    return rest, inner if inner != NOBODY else Writer(rank=int(found["label"] or found["own"]))
