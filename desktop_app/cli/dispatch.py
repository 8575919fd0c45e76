"""Runs one verb: its options, its errors as lines on standard error, its exit code."""

from __future__ import annotations

import importlib
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Sequence
from typing import NoReturn, Protocol, cast

from desktop_app.api.errors import UserError
from desktop_app.cli import console
from desktop_app.cli.refusals import UsageError, broken, refused


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
        hint = f"`{self.prog} --help` shows what it takes."
        raise UsageError(f"{message[:1].upper()}{message[1:].rstrip('.')}.", hint=hint)


def run_verb(name: str, module: str, arguments: Sequence[str]) -> int:
    """Return the exit code of the verb; a UserError is said and becomes its code, anything else is a bug."""
    console.use_utf8()
    options = Namespace(home=None, safe_mode=False, json=False)
    as_json = "--json" in arguments  # wrong usage is found before all options are read
    try:
        return _run(name, module, arguments, options)
    except UserError as error:
        return refused(error, as_json)
    except BrokenPipeError:
        console.stop_output()
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort: whatever gets here is a bug and is reported as one
        return broken(error, options.home, as_json)


def _run(name: str, module: str, arguments: Sequence[str], options: Namespace) -> int:
    verb = cast("Verb", importlib.import_module(f"desktop_app.cli.{module}"))
    parser = _Parser(prog=f"rankzero {name}", description=verb.__doc__, allow_abbrev=False)
    add_shared(parser)
    verb.configure(parser)
    read = parser.parse_intermixed_args if getattr(verb, "INTERMIXED", False) else parser.parse_args
    try:
        code = verb.run(read(arguments, options))
    finally:
        if "plugins_asked" in options:
            importlib.import_module("desktop_app.cli.taking_part").say_absent(options)
    console.flush()
    return code


def add_shared(parser: ArgumentParser) -> None:
    """Add the options that every verb takes, before and after a second verb alike."""
    parser.add_argument("--home", metavar="DIR", default=SUPPRESS, help="keep all state in DIR")
    parser.add_argument("--safe-mode", action="store_true", default=SUPPRESS, help="only plugins that came along")
    parser.add_argument("--json", action="store_true", default=SUPPRESS, help="one JSON document on standard output")
