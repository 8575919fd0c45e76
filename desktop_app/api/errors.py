"""The one error type that means "tell the person"."""

from __future__ import annotations


class UserError(Exception):
    """The input or the job is at fault; shown where it happened, never as a traceback.

    `message` says what happened and to what, in one sentence; `hint` what to do next; `details` is
    text to fold out and copy. Anything else that is raised is a bug and goes to the crash report.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class OutsideError(UserError):
    """The outside world failed: a network, a service, a full disk, a missing tool."""

    exit_code = 3
