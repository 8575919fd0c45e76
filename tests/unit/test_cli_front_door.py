"""The front door: help, version, wrong words, options before and after the verb, errors as lines, exit codes."""

from __future__ import annotations

import importlib
import json
import sys
import types
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app import __main__ as front_door
from desktop_app import __version__
from desktop_app.api import Diagnostic, OutsideError, Severity, UserError
from desktop_app.places import Places
from desktop_app.services.jobs import JobError


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Namespace], int]], None]:
    """Put a verb of the test's own behind the door as `doctor`."""

    def install(act: Callable[[Namespace], int]) -> None:
        module = types.ModuleType("desktop_app.cli.made_up", "A verb for a test.")
        module.configure = _no_options  # type: ignore[attr-defined]
        module.run = act  # type: ignore[attr-defined]
        monkeypatch.setattr(importlib, "import_module", lambda _name: module)

    return install


def _no_options(_parser: ArgumentParser) -> None:
    pass


def _raising(error: BaseException) -> Callable[[Namespace], int]:
    def act(_options: Namespace) -> int:
        raise error

    return act


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_names_every_verb(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert front_door.main([word]) == 0
    text = capsys.readouterr().out
    assert all(f"\n  {verb} " in text for verb in front_door.VERBS)


def _verbs_below(verb: str) -> list[str]:
    parser = ArgumentParser()
    importlib.import_module(f"desktop_app.cli.{front_door.VERBS[verb]}").configure(parser)
    found = [action for action in parser._actions if isinstance(action.choices, dict)]
    return [name for action in found for name in action.choices or ()]


@pytest.mark.parametrize("verb", front_door.VERBS)
def test_help_names_the_verbs_below_each_verb_in_their_order(verb: str) -> None:
    whole = front_door.HELP.replace("\n" + " " * 23, " ")
    (line,) = [each for each in whole.splitlines() if each.startswith(f"  {verb} ")]
    below = _verbs_below(verb)
    assert verb == "new" or ", ".join(below) in line


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert front_door.main(["--home", "/nowhere", "--version"]) == 0
    assert capsys.readouterr().out == f"rankzero {__version__}\n"


def test_a_wrong_verb_is_wrong_usage_and_the_right_one_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert front_door.main(["vlidate", "x.yml"]) == 2
    assert capsys.readouterr().err == "error: There is no verb “vlidate”. Did you mean “validate”?\n"


def test_a_wrong_option_is_wrong_usage_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert front_door.main(["run", "job.yml", "--bakend", "local"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["error: Unrecognized arguments: --bakend local. `rankzero run --help` shows what it takes."]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--home", "/h", "--json", "doctor"],
        ["doctor", "--home", "/h", "--json"],
        ["--home=/h", "doctor", "--json"],
    ],
)
def test_shared_options_stand_before_or_after_the_verb(
    arguments: list[str], verb: Callable[[Callable[[Namespace], int]], None]
) -> None:
    seen: list[Namespace] = []

    def act(options: Namespace) -> int:
        seen.append(options)
        return 0

    verb(act)
    assert front_door.main(arguments) == 0
    assert seen == [Namespace(home="/h", safe_mode=False, json=True)]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UserError("It is broken.", hint="Mend it."), 1, "error: It is broken. Mend it.\n"),
        (UserError("It is\nbroken."), 1, "error: It is broken.\n"),
        (OutsideError("The disk is full."), 3, "error: The disk is full.\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_errors_are_lines_and_exit_codes(
    error: BaseException,
    code: int,
    said: str,
    verb: Callable[[Callable[[Namespace], int]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    verb(_raising(error))
    assert front_door.main(["doctor"]) == code
    assert capsys.readouterr().err == said


def test_every_finding_of_a_job_error_has_its_line(
    verb: Callable[[Callable[[Namespace], int]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    findings = [
        Diagnostic(Severity.ERROR, "a", "No command.", "command"),
        Diagnostic(Severity.ERROR, "b", "Odd.", line=3),
    ]
    verb(_raising(JobError("It can't start.", findings)))
    assert front_door.main(["doctor"]) == 1
    assert capsys.readouterr().err == "error: command: No command.\nerror: line 3: Odd.\nerror: It can't start.\n"


def test_a_bug_is_reported_and_shows_no_traceback(
    places: Places, verb: Callable[[Callable[[Namespace], int]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    verb(_raising(ZeroDivisionError("division by zero")))
    assert front_door.main(["doctor"]) == 1
    said = capsys.readouterr().err
    (report,) = places.crashes.iterdir()
    assert said.startswith("error: Rank Zero made a mistake (ZeroDivisionError: division by zero).")
    assert str(report) in said
    assert len(said.splitlines()) == 1
    assert "Traceback" in report.read_text("utf-8")


def test_what_the_system_refuses_is_the_outside_world(
    places: Places, verb: Callable[[Callable[[Namespace], int]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    verb(_raising(OSError(13, "Permission denied")))
    assert front_door.main(["doctor"]) == 3
    assert capsys.readouterr().err.startswith("error: The system refused ([Errno 13] Permission denied).")
    assert len(list(places.crashes.iterdir())) == 1


def test_a_full_disk_is_no_bug_and_gets_no_report(
    places: Places, verb: Callable[[Callable[[Namespace], int]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    verb(_raising(OSError(28, "No space left on device")))
    assert front_door.main(["doctor"]) == 3
    said = "error: The system refused ([Errno 28] No space left on device). Free some space.\n"
    assert capsys.readouterr().err == said
    assert not places.crashes.exists()


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UserError("It is broken.", hint="Mend it."), 1, ("It is broken.", "Mend it.")),
        (OutsideError("The disk is full."), 3, ("The disk is full.", None)),
        (OSError(28, "No space"), 3, ("The system refused ([Errno 28] No space).", "Free some space.")),
    ],
)
def test_an_error_is_a_document_where_one_is_asked_for(
    error: Exception,
    code: int,
    said: tuple[str, str | None],
    verb: Callable[[Callable[[Namespace], int]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    verb(_raising(error))
    assert front_door.main(["doctor", "--json"]) == code
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"error": {"message": said[0], "hint": said[1], "diagnostics": []}}
    assert captured.err.startswith(f"error: {said[0]}")


def test_the_document_of_an_error_has_its_findings(
    verb: Callable[[Callable[[Namespace], int]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    finding = Diagnostic(Severity.ERROR, "open-quote", "Close the quote.", "command", 2, 7)
    verb(_raising(JobError("It can't start.", [finding], path=Path("a job.yml"))))
    assert front_door.main(["--json", "doctor"]) == 1
    captured = capsys.readouterr()
    (shape,) = json.loads(captured.out)["error"]["diagnostics"]
    assert (shape["severity"], shape["code"], shape["line"], shape["path"]) == ("error", "open-quote", 2, "command")
    assert captured.err == "error: a job.yml:2:7: Close the quote.\nerror: It can't start.\n"


def test_wrong_usage_is_a_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert front_door.main(["run", "--json", "--rank", "x"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["message"] == "Argument --rank: invalid int value: 'x'."


def test_ctrl_c_while_the_first_modules_are_imported_is_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "desktop_app.cli.dispatch", raising=False)

    class Pressed:
        @staticmethod
        def find_spec(name: str, *_rest: object) -> None:
            if name == "desktop_app.cli.dispatch":
                raise KeyboardInterrupt

    monkeypatch.setattr(sys, "meta_path", [Pressed, *sys.meta_path])
    assert front_door.main(["doctor"]) == 130
    assert capsys.readouterr().err == ""
