"""How a verb ends badly: a line on standard error for each thing at fault, and with `--json` a document as well."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop_app.api.errors import OutsideError, UserError
from desktop_app.cli import console

if TYPE_CHECKING:
    from desktop_app.api import Diagnostic

_NO_ROOM = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class UsageError(UserError):
    """Wrong usage of the command line."""

    exit_code = 2


class EndedError(UserError):
    """The program was asked to end (SIGTERM) and did, where something goes on without it."""

    exit_code = 143


def refused(error: UserError, as_json: bool) -> int:
    """Say what is at fault, one line per finding, and return the exit code for it."""
    from desktop_app.cli.words import place

    path: Path | None = getattr(error, "path", None)
    findings = tuple(getattr(error, "diagnostics", ()))
    for each in findings:
        where = place(path, each) if path else f"line {each.line}" if each.line else each.path
        console.error(f"{where}: {each.message}" if where else each.message)
    console.error(error.message, error.hint)
    _print(as_json, error.message, error.hint, findings, getattr(error, "ask", None))
    return error.exit_code


def broken(error: Exception, home: str | None, as_json: bool) -> int:
    """Write a report of what nobody expected, say where it lies, and return 3 if the system refused, 1 for a bug."""
    refusal = isinstance(error, OSError)
    what = str(error) if refusal else f"{type(error).__name__}: {error}".rstrip(": ")
    message = f"{'The system refused' if refusal else 'Rank Zero made a mistake'} ({what})."
    hint = "Free some space." if getattr(error, "errno", None) in _NO_ROOM and refusal else _reported(error, home)
    console.error(message, hint)
    _print(as_json, message, hint, ())
    return 3 if refusal else 1


def _reported(error: Exception, home: str | None) -> str:
    from desktop_app.places import find_places
    from desktop_app.services.crash_reports import write_report

    try:
        return f"The report lies in {write_report(find_places(home), error)}."
    except OSError as failure:
        return f"No report could be written ({failure})."


def _print(
    as_json: bool, message: str, hint: str, findings: Sequence[Diagnostic], ask: dict[str, Any] | None = None
) -> None:
    """Print the document where one is wanted; standard output itself may be what is broken."""
    try:
        if as_json:
            from desktop_app.api._records import to_json

            shape = {"message": message, "hint": hint or None, "diagnostics": [to_json(each) for each in findings]}
            console.document({"error": {**shape, "ask": ask} if ask else shape})
        console.flush()
    except (OSError, OutsideError):
        console.stop_output()
