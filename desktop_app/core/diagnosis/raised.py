"""An exception in a log as it was read: its tracebacks, how they are linked, and which of them says most."""

from __future__ import annotations

from dataclasses import dataclass, field

from desktop_app.api.kit.log_lines import Writer

CAUSED, HANDLED, INNER, SIBLING = "caused", "handled", "inner", "sibling"
"""How one traceback follows from another: raised from it, while it was handled, a copy of it, or beside it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One traceback from `begin` to `end`; `line` is the number of the line that names the exception, None: cut off."""

    begin: int
    end: int
    line: int | None
    type: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception with what led to it. `parts` stand as in the log; `shown` is the place of the one that says most.

    `about` is the number of the process that it came from, where the traceback names it.
    """

    parts: tuple[Part, ...]
    shown: int
    writer: Writer
    about: int | None = None
    links: tuple[str, ...] = field(default=())

    @property
    def part(self) -> Part:
        """The part that says most."""
        return self.parts[self.shown]

    @property
    def begin(self) -> int:
        """The number of its first line."""
        return self.parts[0].begin

    @property
    def end(self) -> int:
        """The number of its last line."""
        return self.parts[-1].end

    @property
    def aftermath(self) -> int:
        """The number of the first line of what was raised while the shown one was dealt with, or beyond its end."""
        after = (place for place, link in enumerate(self.links, 1) if place > self.shown and link == HANDLED)
        return next((self.parts[place].begin for place in after), self.end + 1)
