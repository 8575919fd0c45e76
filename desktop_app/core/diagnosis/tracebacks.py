"""Exceptions in a log that nobody caught, as far as the log tells: which line says what was raised, and what it wraps.

Each writer of a log is read for itself. Of a chain, and of an exception that came from another process, all parts are
kept: which of them a person needs to see depends on what is known of them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from desktop_app.api.kit.log_lines import LogLines, Writer
from desktop_app.core.diagnosis.chained import shown_of
from desktop_app.core.diagnosis.frames import Frame, frames_of
from desktop_app.core.diagnosis.raised import CAUSED, HANDLED, INNER, SIBLING, Part, Raised

HEADER = "Traceback (most recent call last)"
_EXCEPTION = re.compile(r"(?P<type>(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?::(?:\s|$)|$)")
_SURE = re.compile(r"(?:[A-Za-z_]\w*\.)*\w*(?:Error|Exception|Interrupt|Exit|Failure)(?:Group)?(?::(?:\s|$)|\s*$)")
_BARE = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt)(?::\s+\S|:?\s*$)")
_CAUSING = "The above exception was the direct cause of the following exception"
_HANDLING = "During handling of the above exception, another exception occurred"
_SIBLING = re.compile(r"[\s|]*\+-+ (?:[2-9]|\d\d+) -+$")  # of an exception group
_MEMBER = re.compile(r"[\s|]*\+-\+-+ 1 -+$")  # the first of a group, below the group's own name
_GROUP = re.compile(r"([\s|]*)\+ Exception Group $")
_PROCESS = re.compile(r"^-- Process (\d{1,9}) terminated with the following error")
RECORD = re.compile(
    r"\[(?!/)|\d{4}-\d\d|[IWEF]\d{4} |(?:INFO|WARN|WARNING|ERROR|DEBUG|CRITICAL|FATAL)\b|terminate called|[-=*#]{4,}"
    r"|(?:mpirun|mpiexec|srun|slurmstepd|horovodrun|torchrun|bash|sh)\b|.{0,200}(?:\d%\||\b(?:ERROR|WARNING|INFO):\w)"
)
"""Lines that loggers, launchers and native code write."""
_IGNORED = re.compile(r"^(?:Exception ignored (?:in|on)\b|Error in (?:atexit|sys\.excepthook)|--- Logging error ---)")
_RECORDED = re.compile(r"(\s+)traceback : $")  # where torchrun's summary has it from an error file, indented
_GOES_ON = re.compile(r"Exception encountered when calling \S+\.$")
_OF_GRAPH = "Graph execution error:"
_OF_TRACING = "in user code:"
_SAID = re.compile(r"(?!\s*$|Detected at node |\s+File \"|\s*\d+ root error\(s\) found|Stack trace for op definition)")
_TRACED = re.compile(r"\s+(?:[A-Za-z_]\w*\.)*\w*(?:Error|Exception): \S")
_NODE = re.compile(r"\[\[\{\{node |\[Op:")
_LONGEST_GRAPH = 200
_LONGEST = 3000
_MOST = 400
_MESSAGE = 15
_GARBLED = 30


def raised_in(log: LogLines) -> tuple[Raised, ...]:
    """Return the exceptions of a log, by their first lines."""
    parts: dict[Writer, list[Part]] = {}
    for number in islice(log.numbers_with(HEADER), _MOST):
        writer = log.writers[number]
        own = parts.setdefault(writer, [])
        if not own or number > own[-1].end:
            part = _part(log, number)
            if part is not None:
                own.append(part)
    ignored = {number for own in parts.values() for each in own if _is_ignored(log, each) for number in _span(each)}
    parts = {writer: [each for each in own if not _is_ignored(log, each)] for writer, own in parts.items()}
    chains = [each for writer, own in parts.items() for each in _chains(log, writer, own)]
    inside = ignored | {number for each in chains for part in each.parts for number in _span(part)}
    chains += [each for each in _without_header(log) if each.begin not in inside]
    return tuple(sorted(chains, key=lambda each: each.begin))


def _span(part: Part) -> range:
    return range(part.begin, part.end + 1)


def _is_ignored(log: LogLines, part: Part) -> bool:
    """Whether Python says that it ignored an exception: it was outlived by definition."""
    before = next(_lines(log, log.writers[part.begin], part.begin - 1, -1), None)
    return before is not None and _IGNORED.match(log.lines[before]) is not None


def _part(log: LogLines, header: int) -> Part | None:
    """Read one traceback; None for one that another writer's cuts short, or that Python says it ignored."""
    writer, line = log.writers[header], log.lines[header]
    indent = line[: line.find("Traceback")]
    recorded = _RECORDED.match(indent)
    if recorded is not None:
        indent = recorded[1]
    else:
        indent = _GROUP.sub(r"\1| ", indent) if _GROUP.match(indent) or not indent.strip(" |") else ""
    last = header
    for number in islice(_lines(log, writer, header + 1), _LONGEST):
        text = log.lines[number].removeprefix(indent)
        if HEADER in text and not _SURE.match(text):  # `ImportError: Traceback …` goes on with what it wraps
            return None
        if not text.strip() or text[:1] in " \t|" or HEADER in text:
            last = number
            continue
        if _names_exception(text, log, number):
            return _ended(log, header, number, text)
        if number - header > _LONGEST or number - last > _GARBLED:
            return None
    return Part(header, last, None)


def _names_exception(text: str, log: LogLines, number: int) -> bool:
    if _SURE.match(text):
        return True
    found = _EXCEPTION.match(text)
    if found is None:
        return False
    before = log.lines[number - 1]
    return not before.strip() or before[:1] in " \t|"


def _ended(log: LogLines, header: int, number: int, text: str) -> Part:
    found = _EXCEPTION.match(text)
    name = found["type"] if found is not None else text.partition(":")[0]
    if text.rstrip().endswith((_OF_GRAPH, _OF_TRACING)):
        number, text = _said_by_node(log, number, text.strip())
    end = number
    for after in islice(_lines(log, log.writers[number], number + 1), _MESSAGE):
        line = log.lines[after]
        if after == number + 1 and not line.strip() and _GOES_ON.search(text):
            continue  # Keras: what is wrong follows
        if not line.strip() or HEADER in line or _PROCESS.match(line) or line.startswith((_CAUSING, _HANDLING)):
            break
        if _SURE.match(line) or RECORD.match(line) or _MEMBER.match(line) or after - number > _GARBLED:
            break
        end = after
    return Part(header, end, number, name.rpartition(".")[2], text.strip())


def _said_by_node(log: LogLines, number: int, text: str) -> tuple[int, str]:
    """Return the line with TensorFlow's own words for what broke in a graph: it stands below where nodes were made.

    Below `in user code:` that is the exception itself, indented.
    """
    is_traced = text.endswith(_OF_TRACING)
    for after in islice(_lines(log, log.writers[number], number + 1), _LONGEST_GRAPH):
        line = log.lines[after]
        if HEADER in line or _NODE.search(line) or (is_traced and line[:1].strip()):
            break
        if (_TRACED if is_traced else _SAID).match(line):
            return after, f"{text} {line.strip()}"
    return number, text


def _lines(log: LogLines, writer: Writer, begin: int, step: int = 1) -> Iterator[int]:
    """Yield the numbers of a writer's lines from one on, forwards or backwards."""
    stop = len(log.lines) if step > 0 else -1
    return (number for number in range(begin, stop, step) if log.writers[number] == writer)


def _chains(log: LogLines, writer: Writer, parts: Sequence[Part]) -> Iterator[Raised]:
    chain: Raised | None = None
    for part in parts:
        link = _link(log, writer, chain.end, part.begin) if chain is not None else ""
        if chain is None or not link:
            if chain is not None:
                yield replace(chain, shown=shown_of(log, chain))
            chain = Raised((part,), 0, writer)
            continue
        about = int(link) if link.isdecimal() else chain.about
        chain = replace(chain, parts=(*chain.parts, part), about=about, links=(*chain.links, link))
    if chain is not None:
        yield replace(chain, shown=shown_of(log, chain))


def _link(log: LogLines, writer: Writer, end: int, begin: int) -> str:
    """Return how one traceback follows from another: caused, handled, inner, a process's number; "" for not at all."""
    if begin - end > _GARBLED:
        return ""
    if "Original Traceback" in log.lines[begin]:
        return INNER
    between = itertools.takewhile(lambda number: number < begin, _lines(log, writer, end))
    return next(filter(None, (_said_link(log.lines[number]) for number in between)), "")


def _said_link(line: str) -> str:
    process = _PROCESS.match(line)
    if process is not None:
        return process[1]
    if _SIBLING.match(line):
        return SIBLING
    if _MEMBER.match(line):
        return INNER
    return CAUSED if _CAUSING in line else HANDLED if _HANDLING in line else ""


def frames_at(log: LogLines, position: int) -> tuple[Frame, ...]:
    """Return the frames of the exception that a line is of, innermost first; then those of what it is chained with."""
    found = next((each for each in raised_in(log) if each.begin <= position <= each.end), None)
    if found is None:
        return ()
    parts = sorted(found.parts, key=lambda part: not part.begin <= position <= part.end)
    return tuple(frame for part in parts for frame in frames_of(log, found, part))


def _without_header(log: LogLines) -> Iterator[Raised]:
    """Yield exceptions of logs that begin amid a traceback, syntax errors, and what was printed without one."""
    numbers = {
        number for word in ("Error", "Exception", "Interrupt") for number in islice(log.numbers_with(word), _MOST)
    }
    for number in sorted(numbers):
        line = log.lines[number]
        if _BARE.match(line) and not _IGNORED.match(log.lines[number - 1]):
            yield Raised((_ended(log, number, number, line),), 0, log.writers[number])
