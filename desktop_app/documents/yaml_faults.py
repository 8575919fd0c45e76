"""Says in one plain sentence what is wrong with a text that is no YAML, and where to look.

The reader often notices a fault lines after it was made: the place given is where a person has to mend.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ruamel.yaml.error import MarkedYAMLError

from desktop_app.documents.yaml_nodes import Fault


class _Found(NamedTuple):
    """What the reader said: marks as (line, column), from 0."""

    problem: str
    context: str
    at: tuple[int, int]
    begun: tuple[int, int]
    lines: list[str]

    def line(self, number: int) -> str:
        return self.lines[number] if 0 <= number < len(self.lines) else ""


def fault_of(error: MarkedYAMLError, text: str) -> Fault:
    """Return the reader's error in a person's words."""
    at = error.problem_mark or error.context_mark
    begun = error.context_mark or at
    found = _Found(
        str(error.problem or ""),
        str(error.context or ""),
        (at.line, at.column) if at else (0, 0),
        (begun.line, begun.column) if begun else (0, 0),
        text.splitlines(),
    )
    return next(each for rule in _RULES if (each := rule(found)))


def _conflict(found: _Found) -> Fault | None:
    """What Git leaves in a file that two branches changed."""
    marks = ("<<<<<<< ", ">>>>>>> ")
    begun = next((n for n, each in enumerate(found.lines) if each.startswith(marks)), None)
    if begun is None:
        return None
    message = "Keep one of the two versions here and remove the marks <<<<<<<, ======= and >>>>>>>: Git left them."
    return _line_from(found, (begun, 0), message)


def _tab(found: _Found) -> Fault | None:
    """A tab in the indentation is the cause wherever the reader stumbled, if it is near."""
    for number in (found.at[0], found.at[0] - 1):
        indent = re.match(r"[ \t]*", found.line(number))
        if indent and "\t" in indent[0]:
            message = "Indent this line with spaces: YAML does not allow tabs here."
            return Fault(message, number + 1, indent[0].index("\t") + 1, len(indent[0]) + 1)
    return None


def _open_quote(found: _Found) -> Fault | None:
    if "quoted scalar" not in found.context or "unexpected end" not in found.problem:
        return None
    quote = found.line(found.begun[0])[found.begun[1] : found.begun[1] + 1]
    return _line_from(found, found.begun, f"Close the quote {quote} that begins here.")


def _escape(found: _Found) -> Fault | None:
    named = re.search(r"unknown escape character '(.)'", found.problem)
    if named is None:
        return None
    message = f"Write \\\\{named[1]} for a backslash here, or put the text in single quotes."
    return _from(found, (found.at[0], max(0, found.at[1] - 1)), message, 2)


def _after_quote(found: _Found) -> Fault | None:
    line, column = found.at
    before = found.line(line)[:column].rstrip()
    if "expected <block end>" not in found.problem or "<scalar>" not in found.problem or before[-1:] not in ("'", '"'):
        return None
    quote = before[-1]
    double = "''" if quote == "'" else '\\"'
    message = f"The text in quotes ends before this: write {double} for a quote within it, or remove what follows."
    return _line_from(found, found.at, message)


def _open_bracket(found: _Found) -> Fault | None:
    if "flow sequence" in found.context or "flow mapping" in found.context:
        bracket, close, noun = ("[", "]", "list") if "sequence" in found.context else ("{", "}", "mapping")
        message = f"Close the {noun} that begins here with “{bracket}” by “{close}”, and part its items by commas."
        return _from(found, found.begun, message, 1)
    return None


def _reserved(found: _Found) -> Fault | None:
    named = re.search(r"found character '(.+)' that cannot start any token", found.problem)
    if named is None:
        return None
    return _from(found, found.at, f"Put this value in quotes: it can't begin with “{named[1]}”.", 1)


def _open_at_end(found: _Found) -> Fault | None:
    if "expected the node content" not in found.problem or "stream end" not in found.problem:
        return None
    return _from(found, found.at, "Close the “[” or “{” that is open: the text ends here.", 1)


def _stray_bracket(found: _Found) -> Fault | None:
    named = re.search(r"found '([\]},])'", found.problem)
    if "expected the node content" not in found.problem or named is None:
        return None
    return _from(found, found.at, f"Remove this “{named[1]}”, or put the value in quotes.", 1)


def _colon_in_value(found: _Found) -> Fault | None:
    """`a: b: c`, an indentation that does not belong, or a line above that is no `key: value`."""
    if "mapping values are not allowed" not in found.problem:
        return None
    line, column = found.at
    text = found.line(line)
    before = text[:column]
    spaced = re.search(r":\s+(?P<scheme>azureml|https?|file):$", f"{before}:") if text[column + 1 :].strip() else None
    if spaced and text[column] == ":":
        return _from(found, found.at, f"Remove the space after “{spaced['scheme']}:”: what follows belongs to it.", 1)
    if re.search(r":\s", before) and not re.match(r"\s*-?\s*['\"]", text):
        return _from(found, found.at, "Put this value in quotes: it holds a colon followed by a space.", 1)
    above = _above(found, line)
    indent = len(text) - len(text.lstrip())
    if above is not None and indent > _indent(found.line(above)) and ":" in found.line(above):
        message = "Indent this line like the line above it, or take the value off the line above."
        return _line_from(found, (line, indent), message)
    if above is not None:
        message = f"Write “key: value” here: there is no colon with a space after it in “{_short(found.line(above))}”."
        return _line_from(found, (above, _indent(found.line(above))), message)
    return None


def _no_colon(found: _Found) -> Fault | None:
    if "could not find expected ':'" not in found.problem:
        return None
    text = found.line(found.begun[0])
    message = f"Write “key: value” here: there is no colon with a space after it in “{_short(text)}”."
    return _line_from(found, found.begun, message)


def _list_in_value(found: _Found) -> Fault | None:
    if "sequence entries are not allowed" not in found.problem:
        return None
    return _from(found, found.at, "Begin the list on a line of its own, or put the value in quotes.", 1)


def _block_text(found: _Found) -> Fault | None:
    """`|x`, `>- x`: what follows the mark of a text over many lines must stand below it."""
    if "while scanning a block scalar" not in found.context:
        return None
    message = "Begin the text on the next line, indented: only + or - and a comment may follow “|” or “>”."
    return _line_from(found, found.at, message)


def _outdented(found: _Found) -> Fault | None:
    """A line further left than the first one ends the document, and so does one below a %-line without `---`."""
    if "expected '<document start>'" not in found.problem:
        return None
    first = next((n for n, each in enumerate(found.lines) if each.strip() and not _is_comment(each)), 0)
    if found.line(first).startswith("%"):
        return _line_from(found, (first, 0), "Write --- on a line of its own below this one, or remove it.")
    if _indent(found.line(first)) > found.at[1] and not found.line(first).startswith("---"):
        where = "the first line" if first == 0 else f"line {first + 1}"
        return _line_from(found, found.at, f"Indent this line like {where}: all keys must begin in one column.")
    return _line_from(found, found.at, "Write “key: value” here: this belongs to none of the lines above.")


def _tag(found: _Found) -> Fault | None:
    if "expected URI" not in found.problem and not re.search("scanning a tag|parsing a tag", found.context):
        return None
    return _line_from(found, found.begun, "Put this value in quotes: a “!” at its beginning makes it a tag.")


def _anchor(found: _Found) -> Fault | None:
    if "scanning an anchor" not in found.context and "scanning an alias" not in found.context:
        return None
    mark = found.line(found.begun[0])[found.begun[1] : found.begun[1] + 1]
    return _line_from(found, found.begun, f"Put this value in quotes: it can't begin with “{mark}”.")


def _misplaced_mark(found: _Found) -> Fault | None:
    """A line that begins with %, which only directives do; a dash in brackets; dots that end what has not begun."""
    line = found.line(found.at[0])
    if line.startswith("%") and "incompatible" not in found.problem:
        return _line_from(found, (found.at[0], 0), "Take the % off this line's beginning, or put the value in quotes.")
    if "expected the node content" not in found.problem:
        return None
    if "found '-'" in found.problem:
        return _from(found, found.at, "Take this dash away: a list in brackets parts its items by commas.", 1)
    if "document end" in found.problem:
        return _line_from(found, found.at, "Remove these dots: they end a document, and nothing stands above them.")
    return None


def _indentation(found: _Found) -> Fault | None:
    if "expected <block end>" not in found.problem:
        return None
    line = found.at[0]
    bracket = found.line(line)[found.at[1] : found.at[1] + 1]
    if bracket and bracket in "]})":
        return _from(found, found.at, f"Remove this “{bracket}”: nothing is open that it could close.", 1)
    if found.line(line).lstrip().startswith("- ") and "mapping" in found.context:
        return _line_from(found, found.at, "A list's item can't stand here among keys: indent it below its key.")
    if "sequence" in found.context or "collection" in found.context:
        return _line_from(found, found.at, "A key can't stand here among a list's items: mend the indentation.")
    return _line_from(found, found.at, "Mend this line's indentation: it fits none of the lines above.")


def _alias(found: _Found) -> Fault | None:
    named = re.search(r"undefined alias '?([^']+)'?", found.problem)
    if named is None:
        return None
    message = f"Put “*{named[1]}” in quotes: unquoted, the asterisk asks YAML for a value marked “&{named[1]}” above."
    if re.search(r"\W", named[1]):
        message = f"Put “*{named[1]}” in quotes: a value can't begin with an asterisk."
    return _from(found, found.at, message, len(named[1]) + 1)


def _anything(found: _Found) -> Fault:
    problem = found.problem or found.context or "it is damaged"
    return _line_from(found, found.at, f"This can't be read as YAML: {problem}.")


_RULES: tuple[Callable[[_Found], Fault | None], ...] = (
    _conflict,
    _tab, _open_quote, _escape, _after_quote, _open_bracket, _reserved, _open_at_end, _stray_bracket, _colon_in_value,
    _no_colon, _list_in_value, _block_text, _outdented, _tag, _anchor, _misplaced_mark,
    _indentation, _alias, _anything,
)  # fmt: skip


def _from(found: _Found, at: tuple[int, int], message: str, length: int) -> Fault:
    line, column = _inside(found, at)
    return Fault(message, line + 1, column + 1, column + 1 + length)


def _line_from(found: _Found, at: tuple[int, int], message: str) -> Fault:
    line, column = _inside(found, at)
    return Fault(message, line + 1, column + 1, max(len(found.line(line).rstrip()), column + 1) + 1)


def _inside(found: _Found, at: tuple[int, int]) -> tuple[int, int]:
    """Return a place that exists: the reader points after the last line where a text just ends."""
    if at[0] < len(found.lines) or not found.lines:
        return at
    return len(found.lines) - 1, len(found.lines[-1])


def _above(found: _Found, line: int) -> int | None:
    """Return the nearest line above that holds something."""
    return next(_filled(found, line), None)


def _filled(found: _Found, line: int) -> Iterator[int]:
    return (each for each in range(line - 1, -1, -1) if found.line(each).strip() and not _is_comment(found.line(each)))


def _is_comment(text: str) -> bool:
    return text.lstrip().startswith("#")


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _short(text: str) -> str:
    plain = text.strip()
    return plain if len(plain) <= 40 else f"{plain[:39]}…"
