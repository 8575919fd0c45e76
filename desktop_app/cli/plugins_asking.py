"""Showing what is about to be done to plugins, and asking whether it may be."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
import textwrap
from collections.abc import Iterator

from desktop_app.api import UserError
from desktop_app.cli import console
from desktop_app.cli.plugins_shapes import plan_shape
from desktop_app.cli.plugins_words import plan_lines
from desktop_app.cli.terminal_text import plain
from desktop_app.services.plugins.installing.models import Plan


class NotAgreedError(UserError):
    """A plan that nobody has agreed to; with `--json` it stands in the error's document as `ask`."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(
            "Nothing was done: whether this may be done was not said.", hint="Give --yes to agree to what stands above."
        )
        self.ask = {"kind": "plan", "plan": plan_shape(plan)}


def agreed(plan: Plan, verb: str, *, yes: bool) -> bool:
    """Show the plan and return whether it may be done. Raises NotAgreedError where nobody can be asked."""
    for line in plan_lines(plan, verb):
        console.note(line)
    for question in plan.questions:
        console.note("")
        for line in _wrapped(question):
            console.note(line)
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise NotAgreedError(plan)
    if _answer():
        return True
    console.note("Nothing was done.")
    return False


def _answer() -> bool:
    """Ask on the terminal; only a yes is one."""
    said = ""
    with _interruptible():
        try:
            sys.stderr.write("\nGo ahead? [y/N] ")
            sys.stderr.flush()
            said = sys.stdin.readline()
        finally:
            if not said.endswith("\n"):  # Ctrl+C and Ctrl+D leave the cursor behind the question
                sys.stderr.write("\n")
    return said.strip().casefold() in ("y", "yes")


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl+C end a wait for the keyboard: inside a loop it would only be noted for later."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _wrapped(text: str) -> list[str]:
    """Return a paragraph as lines that fit the terminal; whole where there is none."""
    if not sys.stderr.isatty():
        return [text]
    columns = min(shutil.get_terminal_size().columns, 100)
    return textwrap.wrap(plain(text), columns, break_on_hyphens=False, break_long_words=False) or [""]
