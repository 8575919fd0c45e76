"""Runs one verb: its options, its errors as lines on standard error, its exit code."""

from __future__ import annotations

import importlib
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Sequence
from typing import NoReturn, Protocol, cast

from desktop_app.api.errors import UserError
from desktop_app.cli import console


class Verb(Protocol):
    """What a module of a verb has: a description, its options, and what it does."""

    __doc__: str | None

    def configure(self, parser: ArgumentParser) -> None:
        """Add the verb's options."""

    def run(self, options: Namespace) -> int:
        """Do it and return the exit code."""


class _Parser(ArgumentParser):
    """Says wrong usage in one line, and shows the usage only when it is asked for."""

    def error(self, message: str) -> NoReturn:
        console.error(f"{message[:1].upper()}{message[1:]}.", f"`{self.prog} --help` shows what it takes.")
        raise SystemExit(2)


def run_verb(name: str, module: str, arguments: Sequence[str]) -> int:
    """Return the exit code of the verb; a UserError is said and becomes its code, anything else is a bug."""
    console.use_utf8()
    options = Namespace(home=None, safe_mode=False, json=False)
    try:
        return _run(name, module, arguments, options)
    except UserError as error:
        return refused(error)
    except BrokenPipeError:
        console.stop_output()
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - the last resort: whatever gets here is a bug and is reported as one
        return broken(error, options.home)


def _run(name: str, module: str, arguments: Sequence[str], options: Namespace) -> int:
    verb = cast("Verb", importlib.import_module(f"desktop_app.cli.{module}"))
    parser = _Parser(prog=f"rankzero {name}", description=verb.__doc__, allow_abbrev=False)
    add_shared(parser)
    verb.configure(parser)
    code = verb.run(parser.parse_args(arguments, options))
    console.flush()
    return code


def add_shared(parser: ArgumentParser) -> None:
    """Add the options that every verb takes, before and after a second verb alike."""
    parser.add_argument("--home", metavar="DIR", default=SUPPRESS, help="keep all state in DIR")
    parser.add_argument("--safe-mode", action="store_true", default=SUPPRESS, help="only plugins that came along")
    parser.add_argument("--json", action="store_true", default=SUPPRESS, help="one JSON document on standard output")


def refused(error: UserError) -> int:
    """Say what is at fault, one line per finding, and return the exit code for it."""
    for line in error.details.splitlines() if getattr(error, "diagnostics", ()) else ():
        console.error(line)
    console.error(error.message, error.hint)
    return error.exit_code


def broken(error: Exception, home: str | None) -> int:
    """Write a report of what nobody expected, say where it lies, and return 3 if the system refused, 1 for a bug."""
    from desktop_app.places import find_places
    from desktop_app.services.crash_reports import write_report

    refusal = isinstance(error, OSError)
    what = str(error) if refusal else f"{type(error).__name__}: {error}".rstrip(": ")
    try:
        report = str(write_report(find_places(home), error))
    except OSError as failure:
        report = f"nowhere, as it can't be written ({failure})"
    who = "The system refused" if refusal else "Rank Zero made a mistake"
    console.error(f"{who} ({what}).", f"The report lies in {report}.")
    return 3 if refusal else 1
