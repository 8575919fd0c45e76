"""Errors that a task means for the person."""

from __future__ import annotations

from typing import Any


class TaskError(Exception):
    """What went wrong, in a sentence, and what to do about it.

    `final` says that no other route may be tried after it. `ask` is what the person must decide before it can go on:
    an object with a `kind`.
    """

    def __init__(self, message: str, hint: str = "", *, final: bool = False, ask: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.final = final
        self.ask = ask
